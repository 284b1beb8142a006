// SPDX-License-Identifier: MIT
#include "jobs/onboarding/sweep_job.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/frame/lease_keeper.hpp"
#include "jobs/onboarding/stage_log.hpp"
#include "jobs/onboarding/sweep_store.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/paged_list.hpp"

#include <algorithm>
#include <functional>

namespace paysync::onboarding {

namespace {

constexpr int kWrittenPerTransaction = 100;
constexpr int kExpectedPerQuery = 1000;

}  // namespace

/// The ids of the listed accounts, as hashes of eight bytes each. Two of a hundred thousand ids
/// have the same hash less often than once in three thousand million sweeps, so a missing account
/// does not hide behind a listed one.
struct SweepJob::ListedAccounts {
    std::vector<std::size_t> hashes;  ///< sorted by sort()
    int rejected = 0;

    void sort() { std::sort(hashes.begin(), hashes.end()); }
    bool has(const std::string& account) const {
        return std::binary_search(hashes.begin(), hashes.end(), std::hash<std::string>()(account));
    }
};

Task<void> SweepJob::run(Context& context) {
    const std::chrono::duration<double> lease = context.leases.duration;
    const auto token =
        co_await context.db.run(store::claim_sweep, lease.count(), context.daemon_id);
    if (token == 0)
        co_return;  // another daemon is sweeping
    LeaseKeeper keeper(context, store::kSweepLeases, token);
    co_await keeper.during(sweep(context, token, keeper.work_stop()));
    co_await context.db.run(leases::release, store::kSweepLeases, token);
}

Task<void> SweepJob::sweep(Context& context, std::int64_t token, std::stop_token stop) {
    ListedAccounts listed;
    co_await read_list(context, token, listed, stop);
    const auto lost = co_await find_missing(context, listed);
    const auto fuse = co_await context.db.run(store::evaluate_sweep, token,
                                              static_cast<int>(lost.size()), settings_.fuse);
    if (!fuse.passed) {
        log::event(log::kFuseBlown)
            .error(
                "onboarding.sweep: the fuse has blown: {} of {} stages would change at once, {} of "
                "them because Stripe did not list the account; nothing was written. Check the key "
                "and Stripe's status; if the changes are real, run: paysyncctl fuse clear",
                fuse.changes, fuse.accounts, lost.size());
        context.report.failed("the fuse has blown", fuse.changes);
        co_return;
    }
    for (;;) {
        const auto applied =
            co_await context.db.run(store::apply_differences, token, kWrittenPerTransaction);
        log_changes(applied.changes);
        if (applied.done)
            break;
    }
    if (!lost.empty())
        co_await context.db.run(store::suspect_accounts, lost,
                                std::string("the list of accounts does not have it"));
    const int accounts = static_cast<int>(listed.hashes.size());
    co_await context.db.run(store::finish_sweep, token, accounts);
    context.report.did(accounts);
    if (listed.rejected > 0)
        context.report.failed("accounts that could not be parsed", listed.rejected);
    if (listed.rejected > 0)
        log::about().job(name()).error(
            "onboarding.sweep: {} of {} accounts could not be parsed; their stages are not updated",
            listed.rejected, accounts);
    log::about().job(name()).debug(
        "onboarding.sweep: {} accounts read, {} stages changed, {} missing", accounts, fuse.changes,
        lost.size());
}

Task<void> SweepJob::read_list(Context& context, std::int64_t token, ListedAccounts& listed,
                               std::stop_token stop) {
    stripe::PagedList::Query query;
    query.path = "/v1/accounts";
    stripe::PagedList list(context.stripe, query, stripe::Priority::background, stop);
    while (const auto fetched = co_await list.next()) {
        const auto& reply = fetched->reply;
        const auto page =
            co_await context.db.run(store::store_differences, token, reply.body, reply.request_id);
        for (const auto& account : page.accounts)
            listed.hashes.push_back(std::hash<std::string>()(account));
        listed.rejected += page.rejected;
    }
    listed.sort();
}

Task<std::vector<std::string>> SweepJob::find_missing(Context& context,
                                                      const ListedAccounts& listed) {
    std::vector<std::string> lost;
    std::string after;
    for (;;) {
        const auto expected =
            co_await context.db.run(store::expected_accounts, after, kExpectedPerQuery);
        for (const auto& account : expected)
            if (!listed.has(account))
                lost.push_back(account);
        if (expected.empty())
            co_return lost;
        after = expected.back();
    }
}

}  // namespace paysync::onboarding
