// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>

namespace sim_base {

/// Waits for SIGTERM or SIGINT. Create it before the first thread: threads inherit the blocked
/// signals, so that none of them receives one.
class StopSignals {
public:
    StopSignals();
    /// Returns when one of the signals has arrived.
    void wait() const;

private:
    sigset_t signals_;
};

}  // namespace sim_base
