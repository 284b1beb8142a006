// SPDX-License-Identifier: MIT
#include "jobs/onboarding/active_onboarding_job.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/onboarding/integration_store.hpp"
#include "jobs/onboarding/stage_log.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"

namespace paysync::onboarding {

namespace {

constexpr int kActiveAccountsPerPass = 100;
constexpr int kReadsInFlight = 4;

}  // namespace

Task<void> ActiveOnboardingJob::run(Context& context) {
    const std::chrono::duration<double> fastest = settings_.hot_every;
    const std::chrono::duration<double> slowest = settings_.hot_slowest;
    const auto accounts = co_await context.db.run(
        store::claim_active_accounts, kActiveAccountsPerPass, fastest.count(), slowest.count());
    TaskGroup reading(context.loop);
    for (const auto& account : accounts) {
        co_await reading.wait_below(kReadsInFlight);
        reading.spawn(read(context, account));
    }
    co_await reading.join();
}

Task<void> ActiveOnboardingJob::read(Context& context, std::string account_id) {
    bool denied = false;
    std::exception_ptr problem_of_key;
    try {
        const auto reply = co_await context.stripe.get("/v1/accounts/" + account_id, "",
                                                       stripe::Priority::interactive, context.stop);
        log_changes(co_await context.db.run(store::record_account, reply.body, std::string("hot"),
                                            reply.request_id));
        context.report.did();
        co_return;
    } catch (const stripe::Error& e) {
        denied = e.account_denied();
        if (e.key_refused() || e.kind() == stripe::Error::Kind::wrong_mode)
            problem_of_key = std::current_exception();
        else
            log::about()
                .account(account_id)
                .warn("account {}: read failed: {}; {}", account_id, e.what(),
                      denied ? "the diagnosis checks whether it is still connected"
                             : "retrying soon");
    }
    context.report.failed("account " + account_id + " could not be read");
    co_await context.db.run(store::active_read_failed, account_id);
    if (denied)
        co_await context.db.run(store::suspect_account, account_id,
                                std::string("a read was refused"));
    if (problem_of_key)
        std::rethrow_exception(problem_of_key);
}

}  // namespace paysync::onboarding
