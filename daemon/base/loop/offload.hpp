// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <coroutine>
#include <exception>
#include <functional>

namespace paysync {

/// `Offload work(loop, f); co_await work;` calls the blocking function `f` on a thread of libuv's
/// pool and throws what it throws. Cannot be cancelled: `f` has to end by itself.
class [[nodiscard]] Offload {
public:
    Offload(Loop& loop, std::function<void()> function)
        : loop_(loop), function_(std::move(function)) {}
    Offload(const Offload&) = delete;
    Offload& operator=(const Offload&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> coroutine);
    void await_resume() const;

private:
    struct Request;
    Loop& loop_;
    std::function<void()> function_;
    std::coroutine_handle<> coroutine_;
    std::exception_ptr error_;
};

}  // namespace paysync
