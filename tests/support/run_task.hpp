// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/task.hpp"
#include "tests/support/fake_clock.hpp"

#include <uv.h>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace paysync {

/// Runs the loop until it has nothing to do without a timer or an external event.
inline void settle(Loop& loop) {
    do {
        uv_run(loop.uv(), UV_RUN_NOWAIT);
    } while (uv_loop_alive(loop.uv()) && uv_backend_timeout(loop.uv()) == 0);
}

namespace detail {

template <typename T>
Task<void> keep_result(Task<T> task, std::optional<T>* result) {
    result->emplace(co_await task);
}

/// Starts the task and calls `drive` until it has ended. Rethrows its exception.
template <typename Drive>
void run_to_end(Loop& loop, Task<void> task, const Drive& drive) {
    bool ended = false;
    std::exception_ptr error;
    loop.spawn(std::move(task), [&](std::exception_ptr problem) {
        error = problem;
        ended = true;
    });
    while (!ended)
        drive();
    settle(loop);
    if (error)
        std::rethrow_exception(error);
}

template <typename T, typename Drive>
T run_for_result(Loop& loop, Task<T> task, const Drive& drive) {
    if constexpr (std::is_void_v<T>) {
        run_to_end(loop, std::move(task), drive);
    } else {
        std::optional<T> result;
        run_to_end(loop, keep_result(std::move(task), &result), drive);
        return std::move(*result);
    }
}

}  // namespace detail

/// The task without its result.
template <typename T>
Task<void> discard(Task<T> task) {
    (void)co_await task;
}

/// Runs a task on the real loop; returns its result or rethrows its exception.
template <typename T>
T run_task(Loop& loop, Task<T> task) {
    return detail::run_for_result(loop, std::move(task), [&] { uv_run(loop.uv(), UV_RUN_ONCE); });
}

/// The same with a fake clock: whenever nothing else can run, advances it to the end of the next
/// sleep.
template <typename T>
T run_task(Loop& loop, FakeClock& clock, Task<T> task) {
    int turns = 0;
    return detail::run_for_result(loop, std::move(task), [&] {
        settle(loop);
        // A task that never waits would end the loop in the middle of a coroutine.
        if (++turns > 100000)
            std::terminate();
        clock.advance_to_next();
        settle(loop);
    });
}

}  // namespace paysync
