// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/message.hpp"

#include <string>

/// What paysyncctl asks of the daemon that runs on this host, over D-Bus by its well-known name.
/// All throw bus::Error.
namespace paysync::cli {

/// Returns when the daemon works by its configuration as it is now; throws when it does not and
/// goes on as before.
void reload(const std::string& name);

/// Prints the daemon's version and state, and what its jobs do.
void show_live(const std::string& name);

/// Prints how much of the calls to Stripe is in use.
void show_budget(const std::string& name);

/// Prints the level when `level` is empty, and sets it else.
void log_level(const std::string& name, const std::string& level);

/// As sysexits.h has them: 78 for a configuration that was refused, 77 for who may not, 69 when
/// there is no bus or no daemon, else 1.
int exit_code(const bus::Error& error);

}  // namespace paysync::cli
