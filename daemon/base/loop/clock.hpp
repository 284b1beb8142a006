// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/task.hpp"

#include <chrono>
#include <stop_token>

namespace paysync {

/// Time as the daemon sees it; tests put a hand-turned one in its place. Due times and leases are
/// not its business: the database's clock decides those.
class Clock {
public:
    virtual ~Clock() = default;

    /// Monotonic time, for intervals.
    virtual std::chrono::steady_clock::time_point now() const = 0;

    /// The time of day, for offsets to it alone.
    virtual std::chrono::system_clock::time_point wall() const = 0;

    /// Returns after `duration` of monotonic time; throws Cancelled when `stop` comes first.
    virtual Task<void> sleep(std::chrono::milliseconds duration, std::stop_token stop) = 0;
};

/// The machine's clock, on uv timers.
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
