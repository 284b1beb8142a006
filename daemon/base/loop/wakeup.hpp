// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"

#include <chrono>
#include <stop_token>

namespace paysync {

/// A sleep that somebody can cut short. Several notify() before the sleeper looks count as one.
class Wakeup {
public:
    /// Ends the current wait(), or the next one at once.
    void notify() noexcept;

    /// Returns after `duration`, or sooner when notified; throws Cancelled when `stop` comes first.
    /// One waiter at a time.
    Task<void> wait(Clock& clock, std::chrono::milliseconds duration, std::stop_token stop);

private:
    bool notified_ = false;
    std::stop_source sleeping_;
};

}  // namespace paysync
