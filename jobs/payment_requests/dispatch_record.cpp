// SPDX-License-Identifier: MIT
// The last step of a dispatch: what the mail server said is stored, whatever the database says.
#include "daemon/base/db/errors.hpp"
#include "daemon/base/mail/sender.hpp"
#include "jobs/frame/retry_until_stored.hpp"
#include "jobs/payment_requests/dispatch.hpp"
#include "jobs/payment_requests/queue_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace paysync::payment_requests {

namespace {

using std::chrono::milliseconds;

store::AttemptEnd end_of(const mail::SendResult& result) {
    store::AttemptEnd end;
    end.outcome = mail::to_string(result.rule->outcome);
    end.code = result.end.code;
    end.reply = result.reply.empty() ? result.problem : result.reply;
    end.reason_code = result.rule->reason_code;
    return end;
}

/// The reason of a delivery that waits for its next attempt.
constexpr const char* kDeferred = "mail_deferred";

/// A connection that broke says less about the next one than a server that defers a message.
constexpr milliseconds kFirstShortRetry(30000);

/// Between nothing and all of `longest`, so that deliveries which wait do not come back together.
double full_jitter(std::chrono::duration<double> longest) {
    thread_local std::mt19937_64 random{std::random_device()()};
    return std::uniform_real_distribution<double>(0, longest.count())(random);
}

}  // namespace

/// Calls `function` until it has stored what the mail server said. If the database refuses it, or a
/// row is locked, the slot is given back meanwhile.
template <typename... P>
Task<bool> Dispatch::keep(const mail::SendResult& heard,
                          bool (*function)(pqxx::work&, std::string, int, store::AttemptEnd, P...),
                          int attempt, store::AttemptEnd end, std::type_identity_t<P>... args) {
    const auto trouble = trouble_of(heard);
    const auto call = [this, function, attempt, end, args...] {
        return context_.db.run(function, delivery_.delivery_id, attempt, end, args...);
    };
    const bool stored = co_await keep_until_stored<bool>(context_, trouble, call);
    co_return stored;
}

StoreTrouble Dispatch::trouble_of(const mail::SendResult& heard) {
    const auto said = heard.reply.empty() ? heard.problem : heard.reply;
    StoreTrouble trouble;
    trouble.interrupted = [] {};  // the pool logs it, once for all
    trouble.refused = [this, said, told = false](const db::StatementError& error) mutable {
        slot_.release();
        if (error.sqlstate() != kLockNotAvailable && !std::exchange(told, true))
            line().error(
                "{}: the database does not take the mail server's answer ({}): {}; it is kept in "
                "memory and tried again",
                subject_, said, error.what());
    };
    trouble.lost = [this, said](const std::string& problem) {
        line(log::event(log::kMailInDoubt))
            .error(
                "{}: the daemon stops and could not store the mail server's answer ({}): {}; "
                "the delivery will be in doubt",
                subject_, said, problem);
    };
    return trouble;
}

Task<void> Dispatch::record(int attempt, mail::SendResult result) {
    switch (result.rule->delivery) {
        case mail::DeliveryEffect::sent:
            co_return co_await record_sent(attempt, result);
        case mail::DeliveryEffect::in_doubt:
            co_return co_await record_in_doubt(attempt, result);
        case mail::DeliveryEffect::deferred:
            co_return co_await record_deferred(attempt, result);
        case mail::DeliveryEffect::failed:
            co_return co_await record_failed(attempt, result, result.rule->reason_code);
        case mail::DeliveryEffect::ready:
        case mail::DeliveryEffect::reconnect:  // stays inside the sender
            co_await keep(result, store::record_ready, attempt, end_of(result));
            co_return;
    }
}

Task<void> Dispatch::record_sent(int attempt, mail::SendResult result) {
    store::SentAttempt sent;
    sent.delivery_id = delivery_.delivery_id;
    sent.attempt = attempt;
    sent.end = end_of(result);
    bool repeated = false;
    auto trouble = trouble_of(result);
    trouble.interrupted = [&repeated] { repeated = true; };
    const auto call = [this, sent] { return writes_.record_sent.run(sent); };
    const bool stored = co_await keep_until_stored<bool>(context_, trouble, call);
    if (stored || repeated)
        line().info("{}: accepted by the mail server: {}", subject_, sent.end.reply);
    else
        line().error(
            "{}: accepted by the mail server ({}), but its row was changed meanwhile: "
            "taken over by another daemon, or the database lost its last transactions",
            subject_, sent.end.reply);
}

Task<void> Dispatch::record_in_doubt(int attempt, mail::SendResult result) {
    auto end = end_of(result);
    const auto& id = delivery_.delivery_id;
    if (settings_.on_in_doubt == OnInDoubt::resend) {
        end.reason_code = kDeferred;
        co_await keep(result, store::record_deferred, attempt, end, delay_seconds(result),
                      result.rule->counts);
        line(log::event(log::kMailInDoubt))
            .warn(
                "{}: in doubt: the mail server did not confirm the message: {}; it is sent again "
                "(on_in_doubt: resend)",
                subject_, end.reply);
        co_return;
    }
    co_await keep(result, store::record_in_doubt, attempt, end);
    line(log::event(log::kMailInDoubt))
        .error(
            "{}: in doubt: the mail server did not confirm the message: {}; settle it with "
            "'paysyncctl mail resolve {} --sent' if the message arrived, else with '--resend'",
            subject_, end.reply, id);
}

Task<void> Dispatch::record_deferred(int attempt, mail::SendResult result) {
    if (result.rule->gives_up && delivery_.age > settings_.give_up_after) {
        co_await record_failed(attempt, result, "mail_given_up");
        co_return;
    }
    const auto end = end_of(result);
    const double delay = delay_seconds(result);
    co_await keep(result, store::record_deferred, attempt, end, delay, result.rule->counts);
    if (result.rule->next_attempt == mail::NextAttempt::after_account_pause)
        line().info("{}: deferred: {}: {}; next attempt after the pause of its mail account",
                    subject_, end.outcome, end.reply);
    else
        line().info("{}: deferred: {}: {}; next attempt in {:.0f} s", subject_, end.outcome,
                    end.reply, delay);
}

Task<void> Dispatch::record_failed(int attempt, mail::SendResult result, std::string reason_code) {
    auto end = end_of(result);
    end.reason_code = reason_code;
    co_await keep(result, store::record_failed, attempt, end, result.rule->suppresses);
    line(log::event(log::kMailFailed)).warn("{}: failed: {}: {}", subject_, reason_code, end.reply);
}

double Dispatch::delay_seconds(const mail::SendResult& result) const {
    const std::chrono::duration<double> pause(result.wait);
    switch (result.rule->next_attempt) {
        case mail::NextAttempt::none:
        case mail::NextAttempt::after_account_pause:
            return 0;  // no claim takes it while its account is paused
        case mail::NextAttempt::after_domain_pause:
            return pause.count() + full_jitter(pause);
        case mail::NextAttempt::after_short_back_off:
            return backoff_seconds(std::min(settings_.first_retry, kFirstShortRetry));
        case mail::NextAttempt::after_back_off:
            return backoff_seconds(settings_.first_retry);
    }
    return 0;
}

double Dispatch::backoff_seconds(milliseconds first) const {
    const auto doubled = first * (1 << std::min(delivery_.counted_attempts, 16));
    return full_jitter(std::min(doubled, settings_.last_retry));
}

}  // namespace paysync::payment_requests
