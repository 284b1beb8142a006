// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

#include <string>

namespace paysync {

/// Whether the limits on statements and locks hold; a migration takes the time that it takes.
enum class Patience { limited, unlimited };

/// The connection string of the section `database`, with the password and all session settings in
/// it; never to be logged. `program` is what PostgreSQL shows as application_name.
std::string conninfo_of(const config::Database& database, const std::string& program,
                        Patience patience = Patience::limited);

}  // namespace paysync
