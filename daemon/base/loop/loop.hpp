// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>

struct uv_loop_s;

namespace paysync {

/// The event loop of the daemon: a libuv loop that also resumes coroutines.
///
/// All coroutines, and all objects that hold a Loop&, run on the one thread that calls run(), so
/// they need no locks. Only post() may be called by other threads. Blocking work runs on other
/// threads: SQL in db::Pool, everything else in Offload.
///
///     Loop loop;
///     loop.spawn(main_task(loop), [](std::exception_ptr error) { … });
///     loop.run();  // returns when main_task has ended
class Loop {
public:
    Loop();
    /// Closes the loop's own handles. If other handles are still open, prints them to standard
    /// error and aborts: a leaked handle is a bug, and would otherwise stay unnoticed.
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs until all spawned tasks have ended, all holds are released, and no referenced libuv
    /// handle is active.
    void run();

    /// Queues `work` to be called on the loop thread. Thread-safe; the only function here that is.
    /// Functions that one thread posts are called in order. `work` must not throw.
    void post(std::function<void()> work);

    /// Resumes a suspended coroutine in the next iteration, from the loop's own stack. Awaitables
    /// use it instead of coroutine.resume(), so that no coroutine runs inside a callback of a
    /// foreign library: curl and sd-bus must not be re-entered from their callbacks.
    void resume_soon(std::coroutine_handle<> coroutine);

    /// Starts a task that no other task awaits, and keeps run() from returning until it ends. Then
    /// calls `done` with the exception that ended the task, or with null. `done` must not throw.
    /// Inside a task, use TaskGroup instead: it waits for its tasks and passes errors on.
    void spawn(Task<void> task, std::function<void(std::exception_ptr)> done);

    /// Keeps run() from returning while another thread works on something that will be posted back.
    /// Each hold() needs one release(). The calls are counted.
    void hold();
    void release();

    /// The libuv loop, for the classes that add handles to it. Owned by this object.
    uv_loop_s* uv() noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace paysync
