// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

#include <filesystem>

namespace paysync {

/// Reads everything that the daemon would read: the keys of all jobs, schedules, secrets,
/// templates. Starts nothing and connects to nothing. Throws config::Error or std::runtime_error.
void check(const config::Config& config);

/// Runs the daemon until SIGTERM or SIGINT, and then until its work in hand is finished; a second
/// signal ends the process at once.
///
/// SIGHUP, and Reload over D-Bus, read `path` again. While the database does not answer, the daemon
/// waits for it. Throws Unusable when the schema does not fit this version, and whatever else keeps
/// an engine from running.
void run_daemon(const std::filesystem::path& path, const config::Config& config);

}  // namespace paysync
