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

/// Takes a query to a worker thread and resumes its coroutine on the loop thread afterwards.
class Executor {
public:
    virtual ~Executor() = default;
    virtual void submit(QueryBase* query) = 0;
};

/// One call of a store function on its way through a worker; lives in the frame of the coroutine
/// that awaits it.
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

    /// On the worker: call the function; may be called again after a lost connection.
    virtual void execute(pqxx::work& tx) = 0;
    /// On the worker: the transaction failed for good.
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
