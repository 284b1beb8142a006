// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

#include <string>

namespace paysync {

/// Whether statements and waits for locks are bounded in time. A migration is not.
enum class Patience { limited, unlimited };

/// The connection string of the section `database`. It contains the password, so it must not be
/// logged, and all session settings: libpqxx reconnects by itself and would forget a SET.
/// `program` becomes the application_name.
std::string conninfo_of(const config::Database& database, const std::string& program,
                        Patience patience = Patience::limited);

}  // namespace paysync
