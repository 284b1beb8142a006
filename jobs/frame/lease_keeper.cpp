// SPDX-License-Identifier: MIT
#include "jobs/frame/lease_keeper.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "jobs/frame/context.hpp"

#include <spdlog/spdlog.h>

namespace paysync {

LeaseKeeper::LeaseKeeper(Context& context, leases::LeasedTable table, std::int64_t token)
    : context_(context),
      table_(table),
      token_(token),
      pass_stopped_(context.stop, [this] { work_stop_.request_stop(); }) {}

Task<void> LeaseKeeper::during(Task<void> work) {
    TaskGroup renewing(context_.loop);
    renewing.spawn(keep_renewing());
    std::exception_ptr error;
    try {
        co_await work;
    } catch (...) {
        error = std::current_exception();
    }
    work_ended_.request_stop();
    co_await renewing.join();
    if (context_.stop.stop_requested() && table_.releasable)
        co_await context_.db.run(leases::release, table_, token_);
    if (error)
        std::rethrow_exception(error);
}

Task<void> LeaseKeeper::keep_renewing() {
    const auto seconds = std::chrono::duration<double>(context_.leases.duration).count();
    auto renewed_at = context_.clock.now();
    try {
        for (;;) {
            co_await context_.clock.sleep(context_.leases.renew, work_ended_.get_token());
            try {
                co_await context_.db.run(leases::renew, table_, token_, seconds);
                renewed_at = context_.clock.now();
            } catch (const Cancelled&) {
                throw;
            } catch (const std::exception&) {
                // The reason does not matter, only whether the next try is still within the lease.
                if (context_.clock.now() - renewed_at + context_.leases.renew <
                    context_.leases.duration)
                    continue;
                spdlog::warn("leases in {} could not be renewed in time; their work is stopped",
                             table_.name);
                work_stop_.request_stop();
                break;
            }
        }
    } catch (const Cancelled&) {
    }
}

}  // namespace paysync
