// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <coroutine>
#include <exception>
#include <functional>

namespace paysync {

/// Runs a blocking function on a thread of libuv's pool, so that the loop is not blocked:
///
///     std::string text;
///     Offload read(loop, [&text] { text = read_file("/etc/hosts"); });
///     co_await read;
///
/// The await throws the exception that the function threw. It cannot be cancelled, so the function
/// must end by itself. Until then the function has exclusive use of the variables that it captures
/// by reference. For SQL use db::Pool, which has connections of its own.
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
