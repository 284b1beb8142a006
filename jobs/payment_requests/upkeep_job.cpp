// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/upkeep_job.hpp"

#include "daemon/base/db/pool.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/payment_requests/upkeep_store.hpp"

namespace paysync::payment_requests {

namespace {

/// Rows of one statement, and statements of one pass: what is left waits for the next one, so that
/// a retention which was shortened never makes a long transaction.
constexpr int kDeletedAtOnce = 2000;
constexpr int kDeletions = 50;

}  // namespace

Task<void> UpkeepJob::run(Context& context) {
    co_await context.db.run(store::write_deployment, settings_.deployment);
    co_await delete_old(context, store::delete_old_calls, settings_.keep.calls);
    co_await delete_old(context, store::delete_old_attempts, settings_.keep.attempts);
    co_await delete_old(context, store::delete_old_bytes, settings_.keep.messages);
}

Task<void> UpkeepJob::delete_old(Context& context, Delete function,
                                 std::chrono::milliseconds keep) {
    const std::chrono::duration<double> age = keep;
    for (int i = 0; i < kDeletions; ++i) {
        const int deleted = co_await context.db.run(function, age.count(), kDeletedAtOnce);
        context.report.did(deleted);
        if (deleted < kDeletedAtOnce)
            co_return;
    }
}

}  // namespace paysync::payment_requests
