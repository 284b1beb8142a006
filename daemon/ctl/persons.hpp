// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/ctl/rows.hpp"

#include <istream>
#include <string>

/// What concerns single persons. Their addresses are read from a stream, a line each, because
/// arguments are seen by everybody on the machine.
namespace paysync::cli {

/// The addresses that get no mails, the newest first.
void list_suppressed(const std::string& conninfo, int limit, Format format);

/// Lets addresses get no more mails; those that get none already stay as they are.
void suppress(const std::string& conninfo, std::istream& addresses, const std::string& reason);

/// Lets them get mails again.
void unsuppress(const std::string& conninfo, std::istream& addresses);

/// Takes persons' data out of all tables and prints what was changed.
void erase(const std::string& conninfo, std::istream& addresses, Format format);

}  // namespace paysync::cli
