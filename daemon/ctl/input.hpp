// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/cli/command_line.hpp"

#include <istream>
#include <stdexcept>
#include <string>
#include <vector>

/// Input of commands that needs more than an option of the parser.
namespace paysync::ctl {

/// Adds an option that takes a date or a time and stores it as moment_utc() returns it.
cli::Option add_moment(cli::Command& command, const std::string& name, std::string& value,
                       const std::string& help);

/// Adds an option or argument that takes a UUID, such as the id of a payment request.
cli::Option add_uuid(cli::Command& command, const std::string& name, std::string& value,
                     const std::string& help);

/// A line of standard input with an e-mail address, which may be a bad one.
struct AddressLine {
    int number;  ///< the first line is 1
    std::string address;
};

/// The error for a line whose address the database refused. The text has the line's number and not
/// the address, because standard error often goes to a log. `consequence` ends the sentence.
std::runtime_error bad_address(const AddressLine& line, const std::string& consequence);

/// E-mail addresses, one per line; blank lines are skipped. They are read from standard input and
/// not from arguments, because every user of the machine can see the arguments of a process.
/// Throws std::runtime_error when there is none.
std::vector<AddressLine> addresses_from(std::istream& in);

}  // namespace paysync::ctl
