// SPDX-License-Identifier: MIT
#include "jobs/onboarding/hot_job.hpp"

#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/onboarding/commands.hpp"
#include "jobs/stripe/error.hpp"

namespace paysync::onboarding {

namespace {

constexpr int kHotBatch = 100;
constexpr int kInFlight = 4;

}  // namespace

Task<void> HotJob::run(Context& context) {
    const std::chrono::duration<double> fastest = settings_.hot_every;
    const std::chrono::duration<double> slowest = settings_.hot_slowest;
    const auto accounts =
        co_await context.db.run(store::claim_hot, kHotBatch, fastest.count(), slowest.count());
    TaskGroup reading(context.loop);
    for (const auto& account : accounts) {
        co_await reading.wait_below(kInFlight);
        reading.spawn(read(context, account));
    }
    co_await reading.join();
}

Task<void> HotJob::read(Context& context, std::string account_id) {
    bool gone = false;
    std::exception_ptr ours;
    try {
        const auto reply = co_await context.stripe.get("/v1/accounts/" + account_id, "",
                                                       stripe::Priority::interactive, context.stop);
        log_changes(co_await context.db.run(store::observe_account, reply.body, std::string("hot"),
                                            reply.request_id));
        context.report.did();
        co_return;
    } catch (const stripe::Error& e) {
        using Kind = stripe::Error::Kind;
        gone = e.account_denied();
        if (e.key_refused() || e.kind() == Kind::wrong_mode)
            ours = std::current_exception();  // it is not the account's fault
        else
            log::about()
                .account(account_id)
                .warn("account {}: could not be read: {}; {}", account_id, e.what(),
                      gone ? "it is looked into whether it is still ours" : "tried again soon");
    }
    context.report.failed("account " + account_id + " could not be read");
    co_await context.db.run(store::hot_read_failed, account_id);
    if (gone)
        co_await context.db.run(store::suspect_one, account_id, std::string("a read was refused"));
    if (ours)
        std::rethrow_exception(ours);
}

}  // namespace paysync::onboarding
