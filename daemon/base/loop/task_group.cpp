// SPDX-License-Identifier: MIT
#include "daemon/base/loop/task_group.hpp"

#include <cassert>
#include <utility>

namespace paysync {

struct TaskGroup::BelowLimit {
    TaskGroup& group;
    bool await_ready() const noexcept { return group.running_ < group.limit_; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { group.waiter_ = waiter; }
    void await_resume() const noexcept {}
};

TaskGroup::~TaskGroup() {
    assert(running_ == 0 && !waiter_);
}

void TaskGroup::spawn(Task<void> child) {
    ++running_;
    loop_.spawn(std::move(child), [this](std::exception_ptr error) {
        if (error && !first_error_)
            first_error_ = error;
        if (--running_ < limit_ && waiter_)
            loop_.resume_soon(std::exchange(waiter_, nullptr));
    });
}

Task<void> TaskGroup::wait_below(int limit) {
    limit_ = limit;
    BelowLimit below{*this};
    co_await below;
}

Task<void> TaskGroup::join() {
    co_await wait_below(1);
    if (const auto error = std::exchange(first_error_, nullptr))
        std::rethrow_exception(error);
}

Task<void> TaskGroup::join_after(Task<void> work) {
    std::exception_ptr error;
    try {
        co_await std::move(work);
    } catch (...) {
        error = std::current_exception();
    }
    co_await wait_below(1);
    const auto of_task = std::exchange(first_error_, nullptr);
    if (error || of_task)
        std::rethrow_exception(error ? error : of_task);
}

}  // namespace paysync
