// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace paysync::db {

/// A libpq connection string (keywords or URI) with more settings put over it, as keywords. All
/// session settings have to travel this way: libpqxx reconnects silently and forgets every SET.
/// Throws std::invalid_argument with libpq's message, which never repeats a password.
std::string conninfo(const std::string& dsn, const std::map<std::string, std::string>& settings);

}  // namespace paysync::db
