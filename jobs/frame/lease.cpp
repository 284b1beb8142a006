// SPDX-License-Identifier: MIT
#include "jobs/frame/lease.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/task_group.hpp"

#include <spdlog/spdlog.h>

namespace paysync {

Task<void> LeaseKeeper::during(Task<void> work) {
    TaskGroup renewing(context_.loop);
    renewing.spawn(keep_renewing());
    std::exception_ptr error;
    try {
        co_await work;
    } catch (...) {
        error = std::current_exception();
    }
    finished_.request_stop();
    co_await renewing.join();
    if (context_.stop.stop_requested() && release_)
        co_await context_.db.run(release_, token_);
    if (error)
        std::rethrow_exception(error);
}

Task<void> LeaseKeeper::keep_renewing() {
    const auto seconds = std::chrono::duration<double>(context_.leases.duration).count();
    auto renewed_at = context_.clock.now();
    try {
        for (;;) {
            co_await context_.clock.sleep(context_.leases.renew, finished_.get_token());
            try {
                co_await context_.db.run(renew_, token_, seconds);
                renewed_at = context_.clock.now();
            } catch (const Cancelled&) {
                throw;
            } catch (const std::exception&) {
                // Whatever the reason: what counts is how long it lasts.
                if (context_.clock.now() - renewed_at + context_.leases.renew <
                    context_.leases.duration)
                    continue;
                spdlog::warn("leases could not be renewed in time; their work is given up");
                lost_.request_stop();
                break;
            }
        }
    } catch (const Cancelled&) {
    }
}

}  // namespace paysync
