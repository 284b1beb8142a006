// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <coroutine>
#include <utility>

namespace paysync {

/// Something that happens once: `co_await event` returns when, or after, signal() was called. One
/// waiter. signal() may be called inside callbacks of foreign libraries.
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
