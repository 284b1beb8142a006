// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

#include <string>

namespace paysync {

/// The connection string of the section `database`, with the password and all session settings in
/// it; never to be logged. `program` is what PostgreSQL shows as application_name.
std::string conninfo_of(const config::Database& database, const std::string& program);

}  // namespace paysync
