// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/task.hpp"

#include <coroutine>
#include <exception>

namespace paysync {

/// Tasks that run side by side on the loop and end before their group does: spawn() some, then
/// `co_await join()`.
class TaskGroup {
public:
    explicit TaskGroup(Loop& loop) : loop_(loop) {}
    /// Every group is joined: a child may use its parent's variables until then.
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// Starts a child at once. Its exception comes out of join().
    void spawn(Task<void> child);

    /// Waits until fewer than `limit` children run; the way to bound what is in flight.
    Task<void> wait_below(int limit);

    /// Waits for all children, then throws the first exception that one of them ended with, if any.
    Task<void> join();

private:
    struct BelowLimit;

    Loop& loop_;
    int running_ = 0;
    int limit_ = 0;
    std::coroutine_handle<> waiter_;
    std::exception_ptr first_error_;
};

}  // namespace paysync
