// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/errors.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"
#include "jobs/frame/context.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace paysync::payment_requests {

/// SQLSTATE: another transaction held a row for too long.
inline constexpr const char* kLockNotAvailable = "55P03";

/// What keep_until_stored() tells its caller.
struct StoreTrouble {
    /// The database refused the result, or a lock was held too long; the call is repeated.
    std::function<void(const db::StatementError& error)> refused;
    /// The database was lost: the call is repeated, and may have been committed already.
    std::function<void()> interrupted;
    /// The daemon stops and the result is not stored.
    std::function<void(const std::string& problem)> lost;
};

/// Repeats `call` until it has stored what a mail server said: that cannot be asked for again. The
/// reason of a failure does not matter (a lost database, a full disk, a lock, a constraint). The
/// pauses grow from 250 ms to 30 s.
///
/// When the daemon stops it tries for another five seconds. If that does not help it reports the
/// loss and throws Cancelled.
///
///     const auto call = [&] { return context.db.run(store_result, id, result); };
///     const bool changed = co_await keep_until_stored<bool>(context, trouble, call);
template <typename R, typename Call>
Task<R> keep_until_stored(Context& context, StoreTrouble trouble, Call call) {
    using std::chrono::milliseconds;
    constexpr milliseconds kFirstPause(250);
    constexpr milliseconds kLongestPause(30000);
    constexpr std::chrono::seconds kAfterStop(5);
    std::optional<std::chrono::steady_clock::time_point> stopped_at;
    for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
        std::string problem;
        try {
            co_return co_await call();
        } catch (const db::Unavailable& e) {
            trouble.interrupted();
            problem = e.what();
        } catch (const db::StatementError& e) {
            trouble.refused(e);
            problem = e.what();
        }
        if (!context.stop.stop_requested()) {
            try {
                co_await context.clock.sleep(pause, context.stop);
            } catch (const Cancelled&) {
            }
            continue;
        }
        if (!stopped_at)
            stopped_at = context.clock.now();
        if (context.clock.now() - *stopped_at >= kAfterStop) {
            trouble.lost(problem);
            throw Cancelled();
        }
        co_await context.clock.sleep(kFirstPause, std::stop_token());
    }
}

}  // namespace paysync::payment_requests
