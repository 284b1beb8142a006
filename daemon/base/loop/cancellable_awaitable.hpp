// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/loop.hpp"

#include <coroutine>
#include <optional>
#include <stop_token>

namespace paysync {

/// Base class of all awaitables that a stop token can cancel: a sleep, an HTTP transfer, a D-Bus
/// call.
///
/// An event and a stop request may come in any order, or both in the same iteration of the loop.
/// This class resumes the coroutine exactly once, for whichever comes first. It resumes from the
/// loop's own stack, never inside a callback of a foreign library, which may not be re-entered.
///
/// A derived class implements start() and abandon(), calls complete() when its event occurs, and
/// begins its await_resume() with throw_if_cancelled():
///
///     class Sleep final : public CancellableAwaitable {
///     public:
///         void await_resume() { throw_if_cancelled(); }
///     private:
///         void start() override { … timer calls complete() … }
///         void abandon() noexcept override { … stop the timer … }
///     };
///
/// Loop thread only, and so is the request_stop() of its token. The object lives in the frame of
/// the coroutine that awaits it.
class CancellableAwaitable {
public:
    CancellableAwaitable(Loop& loop, std::stop_token stop) : loop_(loop), stop_(std::move(stop)) {}
    virtual ~CancellableAwaitable() = default;
    CancellableAwaitable(const CancellableAwaitable&) = delete;
    CancellableAwaitable& operator=(const CancellableAwaitable&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) {
        coroutine_ = coroutine;
        if (!stop_.stop_requested())
            start();
        on_stop_.emplace(stop_, OnStop{this});
    }

protected:
    /// Starts the operation. May call complete() at once. Not called if a stop was requested
    /// before.
    virtual void start() = 0;
    /// Aborts the operation because a stop was requested. The base class calls complete()
    /// afterwards.
    virtual void abandon() noexcept = 0;

    /// The operation has ended: schedules the coroutine. Further calls have no effect.
    void complete() {
        if (completed_)
            return;
        completed_ = true;
        loop_.resume_soon(coroutine_);
    }

    /// Must be the first call of await_resume(). Throws Cancelled if a stop was requested before
    /// the operation ended.
    void throw_if_cancelled() {
        on_stop_.reset();
        if (cancelled_)
            throw Cancelled();
    }

    Loop& loop() noexcept { return loop_; }

private:
    struct OnStop {
        CancellableAwaitable* self;
        void operator()() const noexcept { self->cancel(); }
    };

    void cancel() noexcept {
        if (completed_)
            return;
        cancelled_ = true;
        abandon();
        complete();
    }

    Loop& loop_;
    std::stop_token stop_;
    std::coroutine_handle<> coroutine_;
    std::optional<std::stop_callback<OnStop>> on_stop_;
    bool completed_ = false;
    bool cancelled_ = false;
};

}  // namespace paysync
