// SPDX-License-Identifier: MIT
#include "jobs/onboarding/sweep_job.hpp"

#include "daemon/base/log/line.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/lease.hpp"
#include "jobs/onboarding/commands.hpp"
#include "jobs/stripe/form.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>

namespace paysync::onboarding {

namespace {

constexpr int kTakeOverBatch = 100;
constexpr int kExpectedBatch = 1000;

}  // namespace

struct SweepJob::Listed {
    /// Hashes of the ids, sorted by seal(): two ids of a hundred thousand share one less often than
    /// once in three thousand million sweeps.
    std::vector<std::size_t> hashes;
    int rejected = 0;

    void seal() { std::sort(hashes.begin(), hashes.end()); }
    bool has(const std::string& account) const {
        return std::binary_search(hashes.begin(), hashes.end(), std::hash<std::string>()(account));
    }
};

Task<void> SweepJob::run(Context& context) {
    const std::chrono::duration<double> lease = context.leases.duration;
    const auto token =
        co_await context.db.run(store::claim_sweep, lease.count(), context.daemon_id);
    if (token == 0)
        co_return;  // another daemon is at it
    LeaseKeeper keeper(context, store::renew_sweep_lease, store::release_sweep_lease, token);
    co_await keeper.during(sweep(context, token, keeper.work_stop()));
    co_await context.db.run(store::release_sweep_lease, token);
}

Task<void> SweepJob::sweep(Context& context, std::int64_t token, std::stop_token stop) {
    Listed listed;
    co_await read_all(context, token, listed, stop);
    const auto lost = co_await missing(context, listed);
    const auto judgement =
        co_await context.db.run(store::judge, token, static_cast<int>(lost.size()), settings_.fuse);
    if (!judgement.passed) {
        log::event(log::kFuseBlown)
            .error(
                "onboarding.sweep: the fuse has blown: {} of {} stages would change at once, {} of "
                "them "
                "because Stripe did not list the account; nothing was written. Check the key and "
                "Stripe's status; if it is true: paysyncctl fuse clear",
                judgement.changes, judgement.accounts, lost.size());
        context.report.failed("the fuse has blown", judgement.changes);
        co_return;
    }
    for (;;) {
        const auto taken = co_await context.db.run(store::take_over, token, kTakeOverBatch);
        log_changes(taken.changes);
        if (taken.done)
            break;
    }
    if (!lost.empty())
        co_await context.db.run(store::suspect, lost,
                                std::string("the list of accounts does not have it"));
    const int accounts = static_cast<int>(listed.hashes.size());
    co_await context.db.run(store::finish_sweep, token, accounts);
    context.report.did(accounts);
    if (listed.rejected > 0)
        context.report.failed("accounts that could not be understood", listed.rejected);
    if (listed.rejected > 0)
        spdlog::error(
            "onboarding.sweep: {} of {} accounts could not be understood; their stages stand still",
            listed.rejected, accounts);
    spdlog::debug("onboarding.sweep: {} accounts read, {} stages changed, {} missing", accounts,
                  judgement.changes, lost.size());
}

Task<void> SweepJob::read_all(Context& context, std::int64_t token, Listed& listed,
                              std::stop_token stop) {
    std::string cursor;
    for (;;) {
        stripe::Form query;
        query.add("limit", 100);
        if (!cursor.empty())
            query.add("starting_after", cursor);
        const auto reply = co_await context.stripe.get(stripe::query("/v1/accounts", query), "",
                                                       stripe::Priority::background, stop);
        const auto page =
            co_await context.db.run(store::keep_page, token, reply.body, reply.request_id);
        for (const auto& account : page.accounts)
            listed.hashes.push_back(std::hash<std::string>()(account));
        listed.rejected += page.rejected;
        if (!page.has_more || page.last_account.empty() || page.last_account == cursor)
            break;
        cursor = page.last_account;
    }
    listed.seal();
}

Task<std::vector<std::string>> SweepJob::missing(Context& context, const Listed& listed) {
    std::vector<std::string> lost;
    std::string after;
    for (;;) {
        const auto expected =
            co_await context.db.run(store::expected_accounts, after, kExpectedBatch);
        for (const auto& account : expected)
            if (!listed.has(account))
                lost.push_back(account);
        if (expected.empty())
            co_return lost;
        after = expected.back();
    }
}

}  // namespace paysync::onboarding
