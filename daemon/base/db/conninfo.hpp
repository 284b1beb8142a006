// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace paysync::db {

/// Returns the libpq connection string `dsn` (keywords or a URI) with `settings` added, in keyword
/// form. A setting overrides the same keyword of `dsn`.
///
///     conninfo("postgresql:///pay", {{"options", "-c statement_timeout=30s"}})
///     // dbname='pay' options='-c statement_timeout=30s'
///
/// Session settings must be part of the connection string. A SET would be lost, because libpqxx may
/// reconnect without notice. Throws std::invalid_argument with libpq's message, which contains no
/// password.
std::string conninfo(const std::string& dsn, const std::map<std::string, std::string>& settings);

}  // namespace paysync::db
