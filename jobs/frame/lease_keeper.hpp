// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "jobs/frame/lease_store.hpp"

#include <cstdint>
#include <functional>
#include <stop_token>

namespace paysync {

struct Context;

/// Keeps the leases of one claim alive while the claimed rows are worked on, and tells the work to
/// stop when that fails.
///
/// Why: work on a row takes as long as Stripe or a mail server takes, possibly longer than a lease.
/// Without renewal another daemon would claim the row and do the same work a second time. Writes
/// check the lease token anyway (see lease_store.hpp), so a lost lease never doubles a write; the
/// keeper only avoids useless work.
///
///     LeaseKeeper keeper(context, store::kCommandLeases, token);
///     co_await keeper.during(work(keeper.work_stop()));
class LeaseKeeper {
public:
    LeaseKeeper(Context& context, leases::LeasedTable table, std::int64_t token);

    /// The stop token for the work: triggered when the pass is stopped, or when the leases could
    /// not be renewed in time.
    std::stop_token work_stop() const noexcept { return work_stop_.get_token(); }

    /// Runs the work and renews the leases every `leases.renew` meanwhile. Throws what the work
    /// throws. If the daemon is stopping, the leases that are left are released.
    Task<void> during(Task<void> work);

private:
    Task<void> keep_renewing();

    Context& context_;
    leases::LeasedTable table_;
    std::int64_t token_;
    std::stop_source work_stop_;
    std::stop_source work_ended_;
    std::stop_callback<std::function<void()>> pass_stopped_;
};

}  // namespace paysync
