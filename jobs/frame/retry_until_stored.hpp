// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/grouped.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"
#include "jobs/frame/context.hpp"

#include <chrono>
#include <type_traits>

namespace paysync {

namespace detail {

template <typename R, typename Call>
Task<R> retry_until_stored(Context& context, Call call) {
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

/// As `context.db.run(function, args…)`, but repeats the call every 500 ms until the result is
/// stored. For the outcome of something that happened outside and cannot be asked for again, such
/// as a mail server's answer to a complete message.
///
/// Waits for a lost database without limit. Throws Cancelled when the daemon stops, and
/// db::StatementError after 20 failures of the statement itself.
///     co_await retry_until_stored(context, store::finish_command, lease, result);
template <typename R, typename... P>
Task<R> retry_until_stored(Context& context, R (*function)(pqxx::work&, P...),
                           std::type_identity_t<P>... args) {
    return detail::retry_until_stored<R>(
        context, [&context, function, args...] { return context.db.run(function, args...); });
}

/// The same for a call that shares its transaction with others.
template <typename Item, typename Result>
Task<Result> retry_until_stored(Context& context, db::Grouped<Item, Result>& group,
                                std::type_identity_t<Item> item) {
    return detail::retry_until_stored<Result>(context, [&group, item] { return group.run(item); });
}

}  // namespace paysync
