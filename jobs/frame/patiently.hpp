// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/grouped.hpp"
#include "jobs/frame/context.hpp"

#include <chrono>
#include <type_traits>

namespace paysync {

namespace detail {

template <typename R, typename Call>
Task<R> patiently(Context& context, Call call) {
    constexpr int kTries = 20;
    for (int failures = 0;;) {
        try {
            co_return co_await call();
        } catch (const db::Unavailable&) {
        } catch (const db::StatementError&) {
            if (++failures == kTries)
                throw;
        }
        co_await context.clock.sleep(std::chrono::milliseconds(500), context.stop);
    }
}

}  // namespace detail

/// As `context.db.run()`, but waits for a lost database to come back, until the daemon stops. For
/// what must not be forgotten: the answer of a server to something that was done once.
template <typename R, typename... P>
Task<R> patiently(Context& context, R (*function)(pqxx::work&, P...),
                  std::type_identity_t<P>... args) {
    return detail::patiently<R>(
        context, [&context, function, args...] { return context.db.run(function, args...); });
}

/// The same for calls that share transactions.
template <typename Item, typename Result>
Task<Result> patiently(Context& context, db::Grouped<Item, Result>& group,
                       std::type_identity_t<Item> item) {
    return detail::patiently<Result>(context, [&group, item] { return group.run(item); });
}

}  // namespace paysync
