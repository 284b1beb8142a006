// SPDX-License-Identifier: MIT
#include "jobs/onboarding/poll_jobs.hpp"

#include "daemon/loop/task_group.hpp"
#include "jobs/onboarding/commands.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"

#include <spdlog/spdlog.h>

namespace paysync::onboarding {

namespace {

constexpr int kHotBatch = 100;
constexpr int kHotInFlight = 4;

}  // namespace

Task<void> SweepJob::run(Context& context) {
    std::string cursor;
    int accounts = 0;
    int changes = 0;
    int rejected = 0;
    for (;;) {
        stripe::Form query;
        query.add("limit", 100);
        if (!cursor.empty())
            query.add("starting_after", cursor);
        const auto reply = co_await context.stripe.get(stripe::query("/v1/accounts", query), "",
                                                       stripe::Priority::background, context.stop);
        const auto observed = co_await context.db.run(store::observe_page, reply.body,
                                                      std::string("sweep"), reply.request_id);
        log_changes(observed);
        accounts += observed.accounts;
        changes += static_cast<int>(observed.changes.size());
        rejected += observed.rejected;
        if (!observed.has_more || observed.last_account.empty() || observed.last_account == cursor)
            break;
        cursor = observed.last_account;
    }
    if (rejected > 0)
        spdlog::error(
            "onboarding.sweep: {} of {} accounts could not be understood; their stages stand still",
            rejected, accounts + rejected);
    spdlog::debug("onboarding.sweep: {} accounts read, {} stages changed", accounts, changes);
}

Task<void> HotJob::run(Context& context) {
    const auto seconds = std::chrono::duration<double>(settings_.hot_every).count();
    const auto accounts = co_await context.db.run(store::claim_hot, kHotBatch, seconds);
    TaskGroup reading(context.loop);
    for (const auto& account : accounts) {
        co_await reading.wait_below(kHotInFlight);
        reading.spawn(read(context, account));
    }
    co_await reading.join();
}

Task<void> HotJob::read(Context& context, std::string account_id) {
    try {
        const auto reply = co_await context.stripe.get("/v1/accounts/" + account_id, "",
                                                       stripe::Priority::interactive, context.stop);
        log_changes(co_await context.db.run(store::observe_account, reply.body, std::string("hot"),
                                            reply.request_id));
    } catch (const stripe::Error& e) {
        if (e.kind() == stripe::Error::Kind::authentication ||
            e.kind() == stripe::Error::Kind::permission)
            throw;
        spdlog::warn("account {}: could not be read: {}; tried again soon", account_id, e.what());
    }
}

}  // namespace paysync::onboarding
