// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/dispatch.hpp"

#include "daemon/base/loop/crash_point.hpp"
#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/sender.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/retry_until_stored.hpp"
#include "jobs/payment_requests/compose_message.hpp"
#include "jobs/payment_requests/link.hpp"
#include "jobs/payment_requests/mail_branding_store.hpp"
#include "jobs/payment_requests/queue_store.hpp"
#include "jobs/stripe/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <random>
#include <stdexcept>
#include <utility>

namespace paysync::payment_requests {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The last check before sending failed: the request is closed, or the lease lost.
class GateClosed final : public std::runtime_error {
public:
    GateClosed() : std::runtime_error("the request was closed meanwhile") {}
};

/// Somebody has paid, or is paying, by the link already.
class AlreadyPaid final : public std::runtime_error {
public:
    AlreadyPaid() : std::runtime_error("Stripe says that the link was used to pay") {}
};

/// Marks the delivery as `committing` at its commit point.
class CommitToDatabase final : public mail::CommitPoint {
public:
    CommitToDatabase(SharedWrites& writes, store::SendCommit commit)
        : writes_(writes), commit_(std::move(commit)) {}

    Task<void> commit_send() override {
        crash_point("before-committing");
        const bool open = co_await writes_.commit_send.run(commit_);
        if (!open)
            throw GateClosed();
        crash_point("after-committing");
    }

private:
    SharedWrites& writes_;
    store::SendCommit commit_;
};

store::AttemptEnd end_of(const mail::SendResult& result) {
    store::AttemptEnd end;
    end.outcome = mail::to_string(result.rule->outcome);
    end.code = result.code;
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

Dispatch::Dispatch(Context& context, const Settings& settings, const SenderProfile& profile,
                   SharedWrites& writes, Delivery delivery, std::stop_token stop)
    : context_(context),
      settings_(settings),
      profile_(profile),
      writes_(writes),
      delivery_(std::move(delivery)),
      stop_(std::move(stop)),
      subject_(fmt::format("payment request {}: {} to {}", delivery_.request.request_id,
                           to_string(delivery_.kind), mail::masked(delivery_.recipient))) {}

Dispatch::Disposition Dispatch::failed(std::string code, std::string text) {
    return Disposition{Disposition::Action::fail, std::move(code), std::move(text), 0};
}

Dispatch::Disposition Dispatch::postponed(std::string code, std::string text, milliseconds delay) {
    return Disposition{Disposition::Action::postpone, std::move(code), std::move(text),
                       std::chrono::duration<double>(delay).count()};
}

Dispatch::Disposition Dispatch::not_admitted(const mail::Admission& admission) {
    return postponed(admission.paused ? "mail_account_paused" : "mail_paced", admission.reason,
                     admission.wait);
}

Task<void> Dispatch::run() {
    const auto disposition = co_await attempt();
    switch (disposition.action) {
        case Disposition::Action::none:
            break;
        case Disposition::Action::fail:
            line(log::event(log::kMailFailed))
                .warn("{}: failed: {}: {}", subject_, disposition.code, disposition.text);
            co_await context_.db.run(store::fail_delivery, delivery_.delivery_id, delivery_.token,
                                     disposition.code, disposition.text);
            break;
        case Disposition::Action::postpone:
            line().info("{}: postponed: {}: {}; next attempt in {:.0f} s", subject_,
                        disposition.code, disposition.text, disposition.delay_seconds);
            co_await context_.db.run(store::postpone, delivery_.delivery_id, delivery_.token,
                                     disposition.delay_seconds, disposition.code, disposition.text);
            break;
    }
}

Dispatch::Disposition Dispatch::precondition() const {
    const auto& stage = delivery_.request.stage;
    if (delivery_.suppressed)
        return failed("suppressed", "The recipient's address is on the suppression list.");
    if (stage.empty())
        return failed("company_not_connected", "The company has no Stripe account.");
    // The hour is an upper bound: a change of the stage makes these deliveries due.
    if (stage == "disconnected")
        return postponed("company_disconnected",
                         "The company is disconnected from Stripe; its mails are held.", hours(1));
    if (!delivery_.request.mail_may_go && !confirms_payment(delivery_.kind))
        return postponed("payment_under_way",
                         "A payment is under way; mails that ask for money wait.", hours(1));
    if (stage != "completed" && !confirms_payment(delivery_.kind))
        return postponed("company_not_ready", "The company's Stripe integration is " + stage + ".",
                         hours(1));
    return {};
}

Task<Dispatch::Disposition> Dispatch::attempt() {
    const auto unmet = precondition();
    if (unmet.action != Disposition::Action::none)
        co_return unmet;
    std::string lost;
    try {
        crash_point("after-claim");
        co_await check_link();
        auto opening = co_await prepare();
        co_return co_await deliver(std::move(opening));
    } catch (const mail::BadAddress& e) {
        co_return failed("bad_address", e.what());
    } catch (const std::invalid_argument& e) {
        co_return failed("bad_letter", e.what());
    } catch (const GateClosed& e) {
        co_return postponed("gate_closed", e.what(), seconds(60));
    } catch (const AlreadyPaid& e) {
        co_return postponed("paid_at_stripe", e.what(), seconds(60));
    } catch (const stripe::Error& e) {
        if (e.key_refused())
            throw;
        if (e.retryable())
            co_return postponed("stripe_unavailable", e.what(), seconds(30));
        if (!e.account_lost())
            co_return failed("stripe_refused", e.what());
        lost = e.what();
    }
    co_await context_.db.run(onboarding::store::suspect_account, delivery_.request.account_id,
                             std::string("a payment link was refused"));
    co_return postponed("stripe_account_unreachable", lost, seconds(60));
}

/// A link that exists already may have been paid, or deactivated by its owner, before
/// reconciliation has seen it. So Stripe is asked once more before somebody is written to.
Task<void> Dispatch::check_link() {
    auto& request = delivery_.request;
    if (confirms_payment(delivery_.kind) || request.link_id.empty())
        co_return;
    const auto link = co_await read_link(context_, request, stop_);
    if (link.session_limit && link.completed_sessions >= *link.session_limit) {
        co_await context_.db.run(store::make_streams_due, request.account_id);
        throw AlreadyPaid();
    }
    if (link.active)
        co_return;
    line().warn(
        "payment request {}: link {} was deactivated at Stripe, not by paysync; it gets "
        "another link",
        request.request_id, request.link_id);
    co_await context_.db.run(store::record_link_lost, request.link_id);
    request.link_id.clear();
    delivery_.frozen = false;
}

Task<store::NewAttempt> Dispatch::prepare() {
    auto& request = delivery_.request;
    store::NewAttempt opening;
    opening.delivery_id = delivery_.delivery_id;
    opening.request_id = request.request_id;
    opening.token = delivery_.token;
    if (request.link_id.empty() && !confirms_payment(delivery_.kind)) {
        opening.link = co_await obtain_link(context_, writes_.begin_call, request, stop_);
        crash_point("after-link-post");
        request.link_id = opening.link->link_id;
        request.link_url = opening.link->url;
    }
    if (delivery_.frozen)
        co_return opening;
    MailBranding branding;
    if (!delivery_.plain)
        branding = co_await context_.db.run(store::read_mail_branding, delivery_.kind, request);
    store::FrozenMessage message;
    message.message_id = message_id(delivery_, profile_.message_id_domain);
    message.brand_version = request.brand_version;
    message.mail_account = delivery_.mail_account;
    if (!confirms_payment(delivery_.kind))
        message.link_id = request.link_id;
    try {
        message.bytes = compose_bytes(delivery_, branding, profile_, std::time(nullptr));
    } catch (const std::invalid_argument&) {
        not_composed_ = std::current_exception();
    }
    if (!not_composed_)
        opening.message = std::move(message);
    opening.has_copies = delivery_.kind == DeliveryKind::request && !request.cc.empty();
    co_return opening;
}

Task<Dispatch::Disposition> Dispatch::deliver(store::NewAttempt opening) {
    auto admission =
        co_await context_.mail.admit(delivery_.mail_account, delivery_.recipient, stop_);
    if (!admission.permit && !not_composed_) {
        opening.store_only = true;
        if (opening.link || opening.message)
            (void)co_await retry_until_stored(context_, writes_.open_attempt, opening);
        co_return not_admitted(admission);
    }
    const auto attempt = co_await retry_until_stored(context_, writes_.open_attempt, opening);
    if (not_composed_)
        std::rethrow_exception(not_composed_);
    if (!attempt)
        throw GateClosed();
    crash_point("after-open-attempt");

    store::SendCommit commit;
    commit.delivery_id = delivery_.delivery_id;
    commit.attempt = attempt->number;
    commit.token = delivery_.token;
    CommitToDatabase commit_point(writes_, commit);
    const auto& from = profile_.from_of(delivery_.mail_account);
    mail::OutgoingMessage message(from.address, delivery_.recipient,
                                  opening.message ? opening.message->bytes : attempt->bytes);
    // The result if send() throws: then no message went out, whatever was committed.
    mail::TransactionEnd given_up;
    given_up.by = mail::EndedBy::us;
    mail::SendResult result(given_up);
    result.problem = "given up before the message was complete";
    std::exception_ptr not_sent;
    try {
        result = co_await context_.mail.send(std::move(admission.permit), std::move(message),
                                             commit_point, stop_);
    } catch (...) {
        not_sent = std::current_exception();
    }
    if (!not_sent)
        crash_point("after-answer");
    co_await record(attempt->number, result);
    if (not_sent)
        std::rethrow_exception(not_sent);
    crash_point("after-record");
    co_return Disposition();
}

Task<void> Dispatch::record(int attempt, mail::SendResult result) {
    const auto end = end_of(result);
    switch (result.rule->delivery) {
        case mail::DeliveryEffect::sent: {
            store::SentAttempt sent;
            sent.delivery_id = delivery_.delivery_id;
            sent.attempt = attempt;
            sent.end = end;
            co_await retry_until_stored(context_, writes_.record_sent, sent);
            line().info("{}: accepted by the mail server: {}", subject_, end.reply);
            co_return;
        }
        case mail::DeliveryEffect::in_doubt:
            co_return co_await record_in_doubt(attempt, result);
        case mail::DeliveryEffect::deferred:
            co_return co_await record_deferred(attempt, result);
        case mail::DeliveryEffect::failed:
            co_return co_await record_failed(attempt, result, result.rule->reason_code);
        case mail::DeliveryEffect::ready:
        case mail::DeliveryEffect::reconnect:  // stays inside the sender
            co_await retry_until_stored(context_, store::record_ready, delivery_.delivery_id,
                                        attempt, end);
            co_return;
    }
}

Task<void> Dispatch::record_in_doubt(int attempt, mail::SendResult result) {
    auto end = end_of(result);
    const auto& id = delivery_.delivery_id;
    if (settings_.on_in_doubt == OnInDoubt::resend) {
        end.reason_code = kDeferred;
        co_await retry_until_stored(context_, store::record_deferred, id, attempt, end,
                                    delay_seconds(result), result.rule->counts);
        line(log::event(log::kMailInDoubt))
            .warn(
                "{}: in doubt: the mail server did not confirm the message: {}; it is sent again "
                "(on_in_doubt: resend)",
                subject_, end.reply);
        co_return;
    }
    co_await retry_until_stored(context_, store::record_in_doubt, id, attempt, end);
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
    co_await retry_until_stored(context_, store::record_deferred, delivery_.delivery_id, attempt,
                                end, delay, result.rule->counts);
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
    co_await retry_until_stored(context_, store::record_failed, delivery_.delivery_id, attempt, end,
                                result.rule->suppresses);
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

log::Line Dispatch::line(log::Line begun) const {
    const auto& request = delivery_.request;
    return begun.request(request.request_id).company(request.company).account(request.account_id);
}

}  // namespace paysync::payment_requests
