// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>

namespace sim_base {

/// SIGTERM and SIGINT as something to wait for. Make it before the first thread: only then does no
/// thread take them.
class StopSignals {
public:
    StopSignals();
    /// Returns when one has come.
    void wait() const;

private:
    sigset_t signals_;
};

}  // namespace sim_base
