// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/cli/command_line.hpp"

#include <istream>
#include <string>
#include <vector>

/// Input of commands that needs more than an option of the parser.
namespace paysync::ctl {

/// Adds an option that takes a date or a time and stores it as moment_utc() returns it.
cli::Option add_moment(cli::Command& command, const std::string& name, std::string& value,
                       const std::string& help);

/// E-mail addresses, one per line; blank lines are skipped. They are read from standard input and
/// not from arguments, because every user of the machine can see the arguments of a process.
/// Throws std::runtime_error when there is none.
std::vector<std::string> addresses_from(std::istream& in);

}  // namespace paysync::ctl
