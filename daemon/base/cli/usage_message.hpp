// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/cli/command_line.hpp"

#include <string>

namespace CLI {
class ParseError;
}

namespace paysync::cli {

/// The text for a wrong command line, in two lines. CLI11 says only "A subcommand is required" for
/// a misspelt command, and does not say which command an error is about:
///
///     paysyncctl: there is no command 'stauts'; did you mean 'status'?
///     See 'paysyncctl --help'.
///
/// `program` is the one that threw `error` while it parsed. `nearest` may be empty.
std::string usage_message(const CLI::App& program, const CLI::ParseError& error,
                          const Nearest& nearest);

}  // namespace paysync::cli
