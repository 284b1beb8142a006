// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/cli/command_line.hpp"

#include <string>
#include <vector>

/// The output of `paysyncctl completion`. It is made from the parser's own description of its
/// options, so it offers exactly the options that the parser accepts.
namespace paysync::ctl {

/// Every command with its options, one per line: `command TAB option TAB choices`. A command
/// without options has a line of its own.
std::string option_list(const std::vector<cli::CommandDescription>& commands);

/// A bash script that completes commands, options and choices of `program`.
std::string bash_completion(const std::string& program,
                            const std::vector<cli::CommandDescription>& commands);

}  // namespace paysync::ctl
