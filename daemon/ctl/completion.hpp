// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace paysync::cli {

/// Every command with its options, a line each, as `command TAB option TAB choices`; a command
/// without options has a line of its own. Made from the parser, so it is what `--help` says.
std::string option_list(const CLI::App& app);

/// A script for bash that completes commands, options and choices.
std::string bash_completion(const CLI::App& app);

}  // namespace paysync::cli
