// SPDX-License-Identifier: MIT
#include "jobs/onboarding/diagnosis_job.hpp"

#include "daemon/base/log/line.hpp"
#include "jobs/onboarding/commands.hpp"
#include "jobs/onboarding/diagnosis_store.hpp"
#include "jobs/stripe/balance.hpp"
#include "jobs/stripe/error.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace paysync::onboarding {

namespace {

using namespace std::chrono_literals;

constexpr int kSuspectBatch = 50;
constexpr std::chrono::milliseconds kLongestPause = 60s;

/// What one endpoint says of an account: its answer, or the Request-Id of the refusal.
struct Testimony {
    std::optional<stripe::Reply> answer;
    std::string refusal;
};

/// Throws stripe::Error for everything that is no word about the account.
Task<Testimony> ask(Context& context, std::string path, std::string account) {
    Testimony testimony;
    try {
        testimony.answer =
            co_await context.stripe.get(path, account, stripe::Priority::background, context.stop);
    } catch (const stripe::Error& e) {
        if (!e.account_denied())
            throw;
        testimony.refusal = e.request_id();
    }
    co_return testimony;
}

}  // namespace

std::chrono::milliseconds DiagnosisJob::every() const {
    return std::min(kLongestPause, settings_.confirm_after / 4);
}

Task<void> DiagnosisJob::run(Context& context) {
    const std::chrono::duration<double> pause = settings_.confirm_after / 2;
    const auto suspects =
        co_await context.db.run(store::claim_suspicions, kSuspectBatch, pause.count());
    if (!suspects.empty()) {
        // The control: a key that does not work, or one of the other mode, says nothing about any
        // account.
        const auto control = co_await context.stripe.get(
            "/v1/balance", "", stripe::Priority::background, context.stop);
        if (stripe::parse_balance(control.body).livemode != settings_.livemode)
            throw std::runtime_error(
                "the Stripe key is of the other mode than stripe.livemode says; nothing is "
                "decided");
        for (const auto& account : suspects)
            co_await examine(context, account);
    }
    co_await decide(context);
}

Task<void> DiagnosisJob::examine(Context& context, std::string account_id) {
    std::string problem;
    try {
        const auto account = co_await ask(context, "/v1/accounts/" + account_id, "");
        const auto money = co_await ask(context, "/v1/balance", account_id);
        if (account.answer) {
            log_changes(co_await context.db.run(store::observe_account, account.answer->body,
                                                std::string("diagnosis"),
                                                account.answer->request_id));
            co_await context.db.run(store::acquit, account_id);
            log::about()
                .account(account_id)
                .info("account {}: is still ours; the suspicion was wrong", account_id);
        } else if (money.answer) {
            log::about()
                .account(account_id)
                .warn(
                    "account {}: Stripe refuses to show it ({}) but shows its balance; nothing is "
                    "decided",
                    account_id, account.refusal);
        } else {
            const std::chrono::duration<double> confirm = settings_.confirm_after;
            co_await context.db.run(store::agree, account_id, account.refusal, confirm.count());
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
    context.report.failed("account " + account_id + " could not be examined");
    log::about()
        .account(account_id)
        .warn("account {}: it could not be found out whether it is still ours: {}", account_id,
              problem);
}

Task<void> DiagnosisJob::decide(Context& context) {
    const std::chrono::duration<double> confirm = settings_.confirm_after;
    const auto verdicts =
        co_await context.db.run(store::disconnect_lost, confirm.count(), settings_.fuse);
    for (const auto& lost : verdicts.lost)
        log::event(log::kStageChanged)
            .company(lost.company)
            .account(lost.account_id)
            .warn(
                "company {}: account {} went {} -> disconnected (diagnosis): Stripe says, twice, "
                "that "
                "it is not ours any more",
                lost.company, lost.account_id, lost.from);
    if (!verdicts.fuse.passed && verdicts.fuse.changes > 0)
        log::event(log::kFuseBlown)
            .error(
                "onboarding.diagnosis: the fuse has blown: Stripe says of {} of {} accounts that "
                "they "
                "are not ours; nothing was written. Check the key and Stripe's status; if it is "
                "true: "
                "paysyncctl fuse clear",
                verdicts.fuse.changes, verdicts.fuse.accounts);
}

}  // namespace paysync::onboarding
