// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

/// Lazy coroutines of the loop thread.
///
/// A Task starts when it is awaited and resumes its awaiter when it ends. A started task always
/// runs to its end: cancellation comes as a Cancelled exception out of what it awaits, never by
/// destroying the frame. Parameters are taken by value (a reference may outlive what it refers to),
/// and an awaiting expression holds no closure and no braced temporary: g++ 12 destroys those twice
/// (tests/lint/check-awaits).
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

/// A computation of the loop thread that yields a T or throws; owned by exactly one awaiter.
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
