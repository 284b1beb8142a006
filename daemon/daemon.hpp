// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

#include <stdexcept>

namespace paysync {

/// The process cannot run at all with this configuration or this database; restarting would not
/// help.
class Unusable final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Reads everything that the daemon would read, jobs' keys and secrets included, and starts
/// nothing. Throws config::Error or std::runtime_error.
void check(const config::Config& config);

/// Runs the daemon until SIGTERM or SIGINT: the work in hand is ended first; a second signal ends
/// the process at once. A database that is down is waited for. Throws Unusable when the schema does
/// not fit.
void run_daemon(const config::Config& config);

}  // namespace paysync
