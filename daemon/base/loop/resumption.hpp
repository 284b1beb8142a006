// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/loop.hpp"

#include <coroutine>
#include <optional>
#include <stop_token>

namespace paysync {

/// What every cancellable awaitable is made of: resumes its coroutine once, by an event or by the
/// stop token, whichever comes first, and always from the loop's own stack.
class Resumption {
public:
    Resumption(Loop& loop, std::stop_token stop) : loop_(loop), stop_(std::move(stop)) {}
    virtual ~Resumption() = default;
    Resumption(const Resumption&) = delete;
    Resumption& operator=(const Resumption&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) {
        coroutine_ = coroutine;
        if (!stop_.stop_requested())
            start();
        on_stop_.emplace(stop_, OnStop{this});
    }

protected:
    /// Begins what is awaited. May call complete() at once.
    virtual void start() = 0;
    /// Ends what start() began, without an event; complete() follows by itself.
    virtual void abandon() noexcept = 0;

    /// The event has come: the coroutine goes on soon.
    void complete() {
        if (completed_)
            return;
        completed_ = true;
        loop_.resume_soon(coroutine_);
    }

    /// To be called first by await_resume(): throws Cancelled when the stop token came before the
    /// event.
    void throw_if_cancelled() {
        on_stop_.reset();
        if (cancelled_)
            throw Cancelled();
    }

    Loop& loop() noexcept { return loop_; }

private:
    struct OnStop {
        Resumption* self;
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
