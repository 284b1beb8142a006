// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <coroutine>
#include <utility>

namespace paysync {

/// An event that occurs once. `co_await event` suspends until signal() is called, and returns at
/// once if it already was.
///
/// At most one coroutine waits. The wait cannot be cancelled. Loop thread only. signal() may be
/// called inside a callback of a foreign library, because the waiter is resumed later, from the
/// loop's own stack. An Event is not reset; for repeated notifications see Wakeup.
class Event {
public:
    explicit Event(Loop& loop) : loop_(loop) {}
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void signal() {
        signalled_ = true;
        if (waiter_)
            loop_.resume_soon(std::exchange(waiter_, nullptr));
    }

    bool await_ready() const noexcept { return signalled_; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
    void await_resume() const noexcept {}

private:
    Loop& loop_;
    std::coroutine_handle<> waiter_;
    bool signalled_ = false;
};

}  // namespace paysync
