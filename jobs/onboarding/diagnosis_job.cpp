// SPDX-License-Identifier: MIT
#include "jobs/onboarding/diagnosis_job.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/onboarding/diagnosis_store.hpp"
#include "jobs/onboarding/stage_log.hpp"
#include "jobs/stripe/balance.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace paysync::onboarding {

namespace {

constexpr int kSuspectsPerPass = 50;
constexpr std::chrono::milliseconds kLongestDiagnosisPause{60000};

/// An endpoint's word about an account: its answer, or the Request-Id of its refusal.
struct EndpointAnswer {
    std::optional<stripe::Reply> reply;
    std::string refusal;
};

/// Throws stripe::Error for errors that say nothing about the account.
Task<EndpointAnswer> ask_endpoint(Context& context, std::string path, std::string account) {
    EndpointAnswer answer;
    try {
        answer.reply =
            co_await context.stripe.get(path, account, stripe::Priority::background, context.stop);
    } catch (const stripe::Error& e) {
        if (!e.account_denied())
            throw;
        answer.refusal = e.request_id();
    }
    co_return answer;
}

}  // namespace

std::chrono::milliseconds DiagnosisJob::every() const {
    return std::min(kLongestDiagnosisPause, settings_.confirm_after / 4);
}

Task<void> DiagnosisJob::run(Context& context) {
    const std::chrono::duration<double> pause = settings_.confirm_after / 2;
    const auto suspects =
        co_await context.db.run(store::claim_suspicions, kSuspectsPerPass, pause.count());
    if (!suspects.empty()) {
        co_await check_key(context);
        for (const auto& account : suspects)
            co_await check_account(context, account);
    }
    co_await disconnect_confirmed(context);
}

Task<void> DiagnosisJob::check_key(Context& context) {
    const auto control =
        co_await context.stripe.get("/v1/balance", "", stripe::Priority::background, context.stop);
    if (stripe::parse_balance(control.body).livemode != settings_.livemode)
        throw std::runtime_error(
            "the mode of the Stripe key does not match stripe.livemode; nothing is decided");
}

Task<void> DiagnosisJob::check_account(Context& context, std::string account_id) {
    std::string problem;
    try {
        const auto account = co_await ask_endpoint(context, "/v1/accounts/" + account_id, "");
        const auto balance = co_await ask_endpoint(context, "/v1/balance", account_id);
        if (account.reply) {
            log_changes(co_await context.db.run(store::record_account, account.reply->body,
                                                std::string("diagnosis"),
                                                account.reply->request_id));
            co_await context.db.run(store::clear_suspicion, account_id);
            log::about()
                .account(account_id)
                .info("account {}: still connected; the suspicion was wrong", account_id);
        } else if (balance.reply) {
            log::about()
                .account(account_id)
                .warn(
                    "account {}: Stripe refuses to show the account ({}) but shows its balance; "
                    "nothing is decided",
                    account_id, account.refusal);
        } else {
            const std::chrono::duration<double> confirm = settings_.confirm_after;
            co_await context.db.run(store::confirm_suspicion, account_id, account.refusal,
                                    confirm.count());
        }
    } catch (const stripe::Error& e) {
        using Kind = stripe::Error::Kind;
        if (e.kind() == Kind::authentication || e.kind() == Kind::wrong_mode)
            throw;
        problem = e.what();
    }
    if (problem.empty()) {
        context.report.did();
        co_return;
    }
    context.report.failed("account " + account_id + " could not be checked");
    log::about()
        .account(account_id)
        .warn("account {}: not clear whether it is still connected: {}; retrying later", account_id,
              problem);
}

Task<void> DiagnosisJob::disconnect_confirmed(Context& context) {
    const std::chrono::duration<double> confirm = settings_.confirm_after;
    const auto result =
        co_await context.db.run(store::disconnect_lost_accounts, confirm.count(), settings_.fuse);
    for (const auto& lost : result.lost)
        log::event(log::kStageChanged)
            .company(lost.company)
            .account(lost.account_id)
            .warn(
                "company {}: account {}: stage {} -> disconnected (diagnosis): Stripe refused it "
                "twice, at least {} s apart",
                lost.company, lost.account_id, lost.from, confirm.count());
    if (!result.fuse.passed && result.fuse.changes > 0)
        log::event(log::kFuseBlown)
            .error(
                "onboarding.diagnosis: the fuse has blown: Stripe refuses {} of {} accounts; "
                "nothing was written. Check the key and Stripe's status; if the change is real, "
                "run: paysyncctl fuse clear",
                result.fuse.changes, result.fuse.accounts);
}

}  // namespace paysync::onboarding
