// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/task.hpp"

#include <coroutine>
#include <exception>

namespace paysync {

/// Runs several tasks concurrently on the loop and waits for them. So no task outlives the function
/// that started it:
///
///     TaskGroup group(loop);
///     for (const auto& account : accounts) {
///         co_await group.wait_below(8);       // at most 8 at a time
///         group.spawn(read(account));
///     }
///     co_await group.join();
///
/// Loop thread only. One coroutine calls wait_below(), join() and join_after().
class TaskGroup {
public:
    explicit TaskGroup(Loop& loop) : loop_(loop) {}
    /// Asserts that the group was joined: its tasks may use variables of the function around it.
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// Starts a task at once. If it throws, join() rethrows the exception; the other tasks go on.
    void spawn(Task<void> child);

    /// Waits until fewer than `limit` tasks are running.
    Task<void> wait_below(int limit);

    /// Waits for all tasks. Then rethrows the exception of the task that failed first, if one did.
    Task<void> join();

    /// Runs `work`, which spawns the tasks, and waits for all of them, also when it throws. Then
    /// rethrows the exception of `work` or, if it had none, the one that join() throws.
    Task<void> join_after(Task<void> work);

private:
    struct BelowLimit;

    Loop& loop_;
    int running_ = 0;
    int limit_ = 0;
    std::coroutine_handle<> waiter_;
    std::exception_ptr first_error_;
};

}  // namespace paysync
