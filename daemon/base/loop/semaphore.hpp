// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"

#include <list>
#include <stop_token>

namespace paysync {

class Wakeup;

/// Bounds what is held at a time, first come, first served.
class Semaphore {
public:
    Semaphore(Clock& clock, int places) : clock_(clock), free_(places) {}
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    /// Returns when there is a place; release() is owed for it. Throws Cancelled when `stop` comes
    /// first, and then nothing is owed.
    Task<void> acquire(std::stop_token stop);
    void release(int places = 1) noexcept;

private:
    class Waiter;

    Clock& clock_;
    int free_;
    std::list<Wakeup*> waiting_;
};

}  // namespace paysync
