// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"

#include <chrono>
#include <stop_token>

namespace paysync {

/// A sleep that notify() ends early. For loops that poll, and that should poll at once when they
/// are told about new work:
///
///     for (;;) {
///         co_await do_all_work();
///         co_await wakeup.wait(clock, 30s, stop);  // or until LISTEN reports something
///     }
///
/// A notification is not lost if nobody is waiting: it ends the next wait() at once. Several of
/// them count as one. Loop thread only.
class Wakeup {
public:
    /// Ends the current wait(), or else the next one.
    void notify() noexcept;

    /// Returns after `duration`, or earlier if notified. Throws Cancelled if `stop` is triggered
    /// first. One waiter at a time.
    Task<void> wait(Clock& clock, std::chrono::milliseconds duration, std::stop_token stop);

private:
    bool notified_ = false;
    std::stop_source sleeping_;
};

}  // namespace paysync
