// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

/// Lazy coroutines on the loop thread.
///
/// A Task starts when it is awaited, and resumes its awaiter when it ends. The resumption is a
/// symmetric transfer, so that a long chain of tasks does not use up the stack.
///
/// A started task always runs to its end. Cancellation is a Cancelled exception, thrown by the
/// operation that the task awaits; a frame is never destroyed while it is suspended. So destructors
/// and catch handlers work as in ordinary functions.
///
/// Two rules:
/// - Parameters are passed by value. The caller's temporaries may be gone when the task resumes.
/// - An expression with co_await contains no closure, no braces and no `?:`. g++ 12 destroys such
///   temporaries twice. tests/lint/check-awaits refuses them.
namespace paysync {

template <typename T>
class Task;

namespace detail {

class PromiseBase {
public:
    std::suspend_always initial_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { error_ = std::current_exception(); }
    void set_awaiter(std::coroutine_handle<> awaiter) noexcept { awaiter_ = awaiter; }

    struct FinalAwaiter {
        bool await_ready() const noexcept { return false; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
            return ended.promise().awaiter_;
        }
        void await_resume() const noexcept {}
    };
    FinalAwaiter final_suspend() const noexcept { return {}; }

protected:
    void rethrow() const {
        if (error_)
            std::rethrow_exception(error_);
    }

private:
    std::coroutine_handle<> awaiter_ = std::noop_coroutine();
    std::exception_ptr error_;
};

template <typename T>
class Promise final : public PromiseBase {
public:
    Task<T> get_return_object() noexcept;
    void return_value(T value) { value_.emplace(std::move(value)); }
    T result() {
        rethrow();
        return std::move(*value_);
    }

private:
    std::optional<T> value_;
};

template <>
class Promise<void> final : public PromiseBase {
public:
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void result() const { rethrow(); }
};

}  // namespace detail

/// A coroutine that returns a T or throws. Owned and awaited by exactly one coroutine, once:
///
///     Task<int> count(db::Pool& db) { co_return co_await db.run(store::count); }
///     …
///     const int rows = co_await count(db);
template <typename T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;

    explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~Task() {
        if (frame_)
            frame_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
        assert(frame_ && !frame_.done());
        frame_.promise().set_awaiter(awaiter);
        return frame_;
    }
    T await_resume() { return frame_.promise().result(); }

private:
    std::coroutine_handle<promise_type> frame_;
};

template <typename T>
Task<T> detail::Promise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}

inline Task<void> detail::Promise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace paysync
