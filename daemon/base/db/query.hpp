// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace paysync::db {

class QueryBase;

/// Executes a query on a worker thread, then resumes its coroutine on the loop thread. Implemented
/// by Pool.
class Executor {
public:
    virtual ~Executor() = default;
    virtual void submit(QueryBase* query) = 0;
};

/// One call of a store function; the part that does not depend on the types of its result and
/// arguments. Lives in the frame of the coroutine that awaits it. The worker uses it between
/// submit() and the resumption, the loop thread before and after, so it needs no lock.
class QueryBase {
public:
    explicit QueryBase(Executor& executor) : executor_(executor) {}
    virtual ~QueryBase() = default;
    QueryBase(const QueryBase&) = delete;
    QueryBase& operator=(const QueryBase&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) {
        coroutine_ = coroutine;
        executor_.submit(this);
    }

    /// Worker: calls the function. May be called again, see Connection::run().
    virtual void execute(pqxx::work& tx) = 0;
    /// Worker: stores the exception that the await will throw.
    void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }
    std::coroutine_handle<> coroutine() const noexcept { return coroutine_; }

protected:
    void rethrow() const {
        if (error_)
            std::rethrow_exception(error_);
    }

private:
    Executor& executor_;
    std::coroutine_handle<> coroutine_;
    std::exception_ptr error_;
};

/// The awaitable that Pool::run() returns. Holds copies of the arguments, and then the result.
template <typename R, typename... P>
class [[nodiscard]] Query final : public QueryBase {
public:
    using Function = R (*)(pqxx::work&, P...);

    template <typename... A>
    Query(Executor& executor, Function function, A&&... args)
        : QueryBase(executor), function_(function), args_(std::forward<A>(args)...) {}

    R await_resume() {
        rethrow();
        if constexpr (!std::is_void_v<R>)
            return std::move(*result_);
    }

private:
    struct Nothing {};
    using Stored = std::conditional_t<std::is_void_v<R>, Nothing, R>;

    void execute(pqxx::work& tx) override {
        const auto call = [&](const auto&... args) { return function_(tx, args...); };
        if constexpr (std::is_void_v<R>)
            std::apply(call, args_);
        else
            result_.emplace(std::apply(call, args_));
    }

    Function function_;
    std::tuple<std::decay_t<P>...> args_;
    std::optional<Stored> result_;
};

}  // namespace paysync::db
