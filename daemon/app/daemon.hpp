// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

#include <filesystem>

namespace paysync {

/// Reads everything that the daemon would read, jobs' keys and secrets included, and starts
/// nothing. Throws config::Error or std::runtime_error.
void check(const config::Config& config);

/// Runs the daemon until SIGTERM or SIGINT: the work in hand is ended first; a second signal ends
/// the process at once. SIGHUP, and Reload by D-Bus, read `path` again. A database that is down is
/// waited for. Throws Unusable when the schema does not fit.
void run_daemon(const std::filesystem::path& path, const config::Config& config);

}  // namespace paysync
