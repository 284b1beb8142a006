// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/task.hpp"

#include <chrono>
#include <stop_token>

namespace paysync {

/// The source of time inside the daemon. An interface, so that tests can replace it by FakeClock
/// and need not wait.
///
/// Used for pauses, timeouts and schedules only. Due times and leases are compared by PostgreSQL
/// with its own now(), because several daemons with different clocks may share a database.
class Clock {
public:
    virtual ~Clock() = default;

    /// Monotonic time, for measuring intervals. Changes of the system time do not affect it.
    virtual std::chrono::steady_clock::time_point now() const = 0;

    /// The system time. For schedules that name a time of day, and for timestamps in output; not
    /// for intervals, because the system time can jump.
    virtual std::chrono::system_clock::time_point wall() const = 0;

    /// Suspends the caller for `duration` of monotonic time. A duration of zero or less ends in the
    /// next iteration of the loop. Throws Cancelled if `stop` is triggered first.
    virtual Task<void> sleep(std::chrono::milliseconds duration, std::stop_token stop) = 0;
};

/// The clock of the machine. Sleeps are libuv timers with a resolution of 1 ms.
class LoopClock final : public Clock {
public:
    explicit LoopClock(Loop& loop) : loop_(loop) {}
    std::chrono::steady_clock::time_point now() const override;
    std::chrono::system_clock::time_point wall() const override;
    Task<void> sleep(std::chrono::milliseconds duration, std::stop_token stop) override;

private:
    Loop& loop_;
};

}  // namespace paysync
