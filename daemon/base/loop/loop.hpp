// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>

struct uv_loop_s;

namespace paysync {

/// The one event loop. Everything but post() belongs to the thread that calls run().
class Loop {
public:
    Loop();
    /// Closes what the loop itself opened; a handle that somebody else left open ends the process
    /// with its list, because a leaked handle is a bug that hides until shutdown.
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs until no task and no active handle is left.
    void run();

    /// Calls `work` on the loop thread soon; the only function that any thread may call.
    void post(std::function<void()> work);

    /// Resumes a suspended coroutine from the loop's own stack: awaitables use it so that no
    /// coroutine ever runs inside a callback of a foreign library.
    void resume_soon(std::coroutine_handle<> coroutine);

    /// Starts a root task and keeps the loop running until it ends; `done` gets its exception, or
    /// null.
    void spawn(Task<void> task, std::function<void(std::exception_ptr)> done);

    /// Keeps run() from returning while work is out on another thread; each hold() needs its
    /// release().
    void hold();
    void release();

    uv_loop_s* uv() noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace paysync
