// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/ctl/display.hpp"

#include <string>
#include <vector>

/// Statements whose rows a command prints as they are. They are run in a transaction of their own.
/// Parameters are $1, $2 … of the statement. All throw db::Unavailable or db::StatementError.
///
/// Nothing here needs libpqxx. A command that runs several statements in one transaction uses
/// render_rows.hpp.
namespace paysync::ctl {

class Session;

using Parameters = std::vector<std::string>;

/// Prints the rows of a statement, again and again with --watch. Returns EXIT_SUCCESS.
int print_rows(Session& session, const Display& display, const std::string& sql,
               const Parameters& parameters = {});

/// The first column of the only row of a statement, as text; for a call of one function.
std::string value_of(Session& session, const std::string& sql, const Parameters& parameters = {});
/// The same for a function that yields a boolean.
bool is_true(Session& session, const std::string& sql, const Parameters& parameters = {});

}  // namespace paysync::ctl
