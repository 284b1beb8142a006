// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"

#include <list>
#include <stop_token>

namespace paysync {

class Wakeup;

/// A counting semaphore for coroutines: bounds how many of them are in a section at a time. Waiters
/// are served in the order of their arrival.
///
///     Semaphore calls(clock, 8);          // at most 8 calls in flight
///     co_await calls.acquire(stop);
///     … co_await the call …
///     calls.release();
///
/// Loop thread only.
class Semaphore {
public:
    Semaphore(Clock& clock, int permits) : clock_(clock), free_(permits) {}
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    /// Takes one permit, and waits until one is free. The caller must release() it. Throws
    /// Cancelled if `stop` is triggered first; then no permit was taken.
    Task<void> acquire(std::stop_token stop);
    /// Gives permits back. A number greater than was acquired raises the limit.
    void release(int permits = 1) noexcept;

private:
    class Waiter;

    Clock& clock_;
    int free_;
    std::list<Wakeup*> waiting_;
};

}  // namespace paysync
