// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/dispatch.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "daemon/base/mail/address.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/patiently.hpp"
#include "jobs/payment_requests/letter.hpp"
#include "jobs/payment_requests/link.hpp"
#include "jobs/payment_requests/queue_store.hpp"
#include "jobs/payment_requests/stationery_store.hpp"
#include "jobs/stripe/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <random>

namespace paysync::payment_requests {

namespace {

using namespace std::chrono_literals;

/// The request was closed, or the lease lost, while the mail was on its way: the dot must not go
/// out.
class GateClosed final : public std::runtime_error {
public:
    GateClosed() : std::runtime_error("the request was closed meanwhile") {}
};

/// Somebody has paid, or is paying, by the link already.
class AlreadyPaid final : public std::runtime_error {
public:
    AlreadyPaid() : std::runtime_error("Stripe says that the link was used to pay") {}
};

/// Writes the promise of the dot into the database.
class DurableMark final : public mail::BeforeDot {
public:
    DurableMark(Steps& steps, store::Promise promise)
        : steps_(steps), promise_(std::move(promise)) {}

    Task<void> commit() override {
        crash_point("before-committing");
        const bool open = co_await steps_.commit_attempt.run(promise_);
        if (!open)
            throw GateClosed();
        crash_point("after-committing");
    }

private:
    Steps& steps_;
    store::Promise promise_;
};

store::Answer answer_of(const mail::Outcome& outcome) {
    store::Answer answer;
    answer.outcome = mail::to_string(outcome.result);
    answer.code = outcome.code;
    answer.reply = outcome.reply.empty() ? outcome.problem : outcome.reply;
    return answer;
}

/// RFC 3463: bad destination mailbox address.
constexpr const char* kUnknownMailbox = "5.1.1";

/// A connection that broke says less about the next one than a server that puts a mail off.
constexpr std::chrono::milliseconds kFirstRetryOfConnection(30000);

/// Between nothing and all of `longest`, so that those who wait do not come back together.
double full_jitter(std::chrono::duration<double> longest) {
    thread_local std::mt19937_64 random{std::random_device()()};
    return std::uniform_real_distribution<double>(0, longest.count())(random);
}

}  // namespace

Dispatch::Dispatch(Context& context, const Settings& settings, const Sender& sender, Steps& steps,
                   Delivery delivery, std::stop_token stop)
    : context_(context),
      settings_(settings),
      sender_(sender),
      steps_(steps),
      delivery_(std::move(delivery)),
      stop_(std::move(stop)),
      what_(fmt::format("payment request {}: the {} to {}", delivery_.request.request_id,
                        to_string(delivery_.kind), mail::masked(delivery_.recipient))) {}

Dispatch::Verdict Dispatch::failed(std::string code, std::string text) {
    return Verdict{Verdict::Kind::failed, std::move(code), std::move(text), 0};
}

Dispatch::Verdict Dispatch::postponed(std::string code, std::string text,
                                      std::chrono::milliseconds delay) {
    return Verdict{Verdict::Kind::postponed, std::move(code), std::move(text),
                   std::chrono::duration<double>(delay).count()};
}

Task<void> Dispatch::run() {
    const auto verdict = co_await attempt();
    switch (verdict.kind) {
        case Verdict::Kind::delivered_or_recorded:
            break;
        case Verdict::Kind::failed:
            about(log::event(log::kMailFailed))
                .warn("{} failed: {}: {}", what_, verdict.code, verdict.text);
            co_await context_.db.run(store::fail, delivery_.delivery_id, delivery_.token,
                                     verdict.code, verdict.text);
            break;
        case Verdict::Kind::postponed:
            about().info("{} was put off by {:.0f} s: {}: {}", what_, verdict.delay_seconds,
                         verdict.code, verdict.text);
            co_await context_.db.run(store::postpone, delivery_.delivery_id, delivery_.token,
                                     verdict.delay_seconds, verdict.code, verdict.text);
            break;
    }
}

/// Why nothing can be done now. What waits for the company's stage is woken by its change.
Dispatch::Verdict Dispatch::refusal() const {
    const auto& stage = delivery_.request.stage;
    if (delivery_.suppressed)
        return failed("suppressed", "The recipient's address is on the suppression list.");
    if (stage.empty())
        return failed("company_not_connected", "The company has no Stripe account.");
    if (stage == "disconnected")
        return postponed("company_disconnected",
                         "The company is disconnected from Stripe; its mails are held.", 1h);
    if (stage != "completed" && !confirms(delivery_.kind))
        return postponed("company_not_ready", "The company's Stripe integration is " + stage + ".",
                         1h);
    return {};
}

/// The mail keeps its place, so nothing counts against it.
Dispatch::Verdict Dispatch::held(const mail::Admission& admission) {
    return postponed(admission.unusual ? "mail_account_paused" : "mail_paced", admission.reason,
                     admission.wait);
}

Task<Dispatch::Verdict> Dispatch::attempt() {
    const auto refused = refusal();
    if (refused.kind != Verdict::Kind::delivered_or_recorded)
        co_return refused;
    std::string lost;
    try {
        crash_point("after-claim");
        co_await look_at_link();
        auto opening = co_await prepare();
        co_return co_await deliver(std::move(opening));
    } catch (const mail::BadAddress& e) {
        co_return failed("bad_address", e.what());
    } catch (const std::invalid_argument& e) {
        co_return failed("bad_letter", e.what());
    } catch (const GateClosed& e) {
        co_return postponed("gate_closed", e.what(), 60s);
    } catch (const AlreadyPaid& e) {
        co_return postponed("paid_at_stripe", e.what(), 60s);
    } catch (const stripe::Error& e) {
        if (e.key_refused())
            throw;
        if (e.retryable())
            co_return postponed("stripe_unavailable", e.what(), 30s);
        if (!e.account_lost())
            co_return failed("stripe_refused", e.what());
        lost = e.what();
    }
    co_await context_.db.run(onboarding::store::suspect_one, delivery_.request.account_id,
                             std::string("a payment link was refused"));
    co_return postponed("stripe_account_unreachable", lost, 60s);
}

/// A link that has been out for a while may be paid, or switched off by its owner, before we hear
/// of it: Stripe is asked once more before somebody is written to.
Task<void> Dispatch::look_at_link() {
    auto& request = delivery_.request;
    if (confirms(delivery_.kind) || request.link_id.empty())
        co_return;
    const auto link = co_await read_link(context_, request, stop_);
    if (link.session_limit && link.completed_sessions >= *link.session_limit) {
        co_await context_.db.run(store::payment_seen, request.account_id);
        throw AlreadyPaid();
    }
    if (link.active)
        co_return;
    about().warn(
        "payment link {}: is off at Stripe and was not switched off by us; payment "
        "request {} gets another one",
        request.link_id, request.request_id);
    co_await context_.db.run(store::link_found_off, request.link_id);
    request.link_id.clear();
    delivery_.frozen = false;
}

/// After this the link exists at Stripe and the bytes are ready to be stored.
Task<store::Opening> Dispatch::prepare() {
    auto& request = delivery_.request;
    store::Opening opening;
    opening.delivery_id = delivery_.delivery_id;
    opening.request_id = request.request_id;
    opening.token = delivery_.token;
    if (request.link_id.empty() && !confirms(delivery_.kind)) {
        opening.link = co_await obtain_link(context_, steps_.begin_call, request, stop_);
        crash_point("after-link-post");
        request.link_id = opening.link->link_id;
        request.link_url = opening.link->url;
    }
    if (delivery_.frozen)
        co_return opening;
    Stationery stationery;
    if (!delivery_.plain)
        stationery = co_await context_.db.run(store::stationery_of, delivery_.kind, request);
    store::Letter letter;
    letter.message_id = message_id(delivery_, sender_.message_id_domain);
    letter.brand_version = request.brand_version;
    letter.mail_account = delivery_.mail_account;
    if (!confirms(delivery_.kind))
        letter.link_id = request.link_id;
    try {
        letter.bytes = compose(delivery_, stationery, sender_, std::time(nullptr));
    } catch (const std::invalid_argument&) {
        unusable_ = std::current_exception();
    }
    if (!unusable_)
        opening.letter = std::move(letter);
    opening.has_copies = delivery_.kind == Kind::request && !request.cc.empty();
    co_return opening;
}

Task<Dispatch::Verdict> Dispatch::deliver(store::Opening opening) {
    auto admission =
        co_await context_.mail.admit(delivery_.mail_account, delivery_.recipient, stop_);
    if (!admission.permit && !unusable_) {
        opening.hold = true;
        if (opening.link || opening.letter)
            (void)co_await patiently(context_, steps_.open_attempt, opening);
        co_return held(admission);
    }
    const auto attempt = co_await patiently(context_, steps_.open_attempt, opening);
    if (unusable_)
        std::rethrow_exception(unusable_);
    if (!attempt)
        throw GateClosed();
    crash_point("after-open-attempt");

    store::Promise promise;
    promise.delivery_id = delivery_.delivery_id;
    promise.attempt = attempt->number;
    promise.token = delivery_.token;
    DurableMark mark(steps_, promise);
    const auto& from = sender_.from_of(delivery_.mail_account);
    mail::Letter letter(from.address, delivery_.recipient,
                        opening.letter ? opening.letter->bytes : attempt->bytes);
    letter.account = delivery_.mail_account;
    letter.permit = std::move(admission.permit);
    mail::Outcome outcome;
    std::exception_ptr not_sent;
    try {
        outcome = co_await context_.mail.send(std::move(letter), mark, stop_);
    } catch (...) {
        not_sent = std::current_exception();
    }
    if (not_sent) {
        // Whatever was promised, no dot went out: say so before the promise looks like a doubt.
        outcome.result = mail::Result::not_sent;
        outcome.problem = "given up before the final dot";
        co_await patiently(context_, store::abandon_attempt, delivery_.delivery_id, attempt->number,
                           answer_of(outcome));
        std::rethrow_exception(not_sent);
    }
    crash_point("after-answer");
    co_await record(attempt->number, outcome);
    crash_point("after-record");
    co_return Verdict();
}

Task<void> Dispatch::record(int attempt, mail::Outcome outcome) {
    const auto answer = answer_of(outcome);
    const auto& id = delivery_.delivery_id;
    switch (outcome.result) {
        case mail::Result::accepted: {
            store::Acceptance acceptance;
            acceptance.delivery_id = id;
            acceptance.attempt = attempt;
            acceptance.answer = answer;
            co_await patiently(context_, steps_.record_sent, acceptance);
            about().info("{} was accepted: {}", what_, answer.reply);
            co_return;
        }
        case mail::Result::in_doubt:
            if (settings_.on_in_doubt == OnInDoubt::hold) {
                co_await patiently(context_, store::record_in_doubt, id, attempt, answer);
                about(log::event(log::kMailInDoubt))
                    .error(
                        "{} is in doubt: the server did not answer the final dot ({}); settle it "
                        "with "
                        "'paysyncctl mail resolve {}'",
                        what_, answer.reply, id);
            } else {
                const auto delay = backoff_seconds(settings_.first_retry);
                co_await patiently(context_, store::record_deferred, id, attempt, answer, delay,
                                   true);
                about(log::event(log::kMailInDoubt))
                    .warn("{} is in doubt ({}) and will be sent again (on_in_doubt: resend)", what_,
                          answer.reply);
            }
            co_return;
        case mail::Result::account_down:
        case mail::Result::throttled:
        case mail::Result::not_sent:
        case mail::Result::deferred:
            co_return co_await put_off(attempt, outcome);
        case mail::Result::refused:
            co_return co_await refuse(attempt, outcome, "mail_refused");
    }
}

/// What slows down an account or a domain uses up nothing of the mail's.
Task<void> Dispatch::put_off(int attempt, mail::Outcome outcome) {
    const bool ours = outcome.scope == mail::Scope::account;
    const bool counts =
        outcome.result == mail::Result::deferred || outcome.result == mail::Result::not_sent;
    const auto wait = std::chrono::duration<double>(outcome.wait).count();
    double delay = 0;  // until its account is taken up again, which is when it is claimed
    if (counts)
        delay = backoff_seconds(outcome.result == mail::Result::deferred
                                    ? settings_.first_retry
                                    : std::min(settings_.first_retry, kFirstRetryOfConnection));
    else if (!ours)
        delay = wait + full_jitter(std::chrono::duration<double>(wait));
    if (!ours && delivery_.age > settings_.give_up_after) {
        co_await refuse(attempt, outcome, "mail_given_up");
        co_return;
    }
    co_await patiently(context_, store::record_deferred, delivery_.delivery_id, attempt,
                       answer_of(outcome), delay, counts);
    about().info("{} was put off by {:.0f} s ({}): {}", what_, delay, to_string(outcome.result),
                 answer_of(outcome).reply);
}

Task<void> Dispatch::refuse(int attempt, mail::Outcome outcome, std::string reason_code) {
    const bool suppress =
        outcome.result == mail::Result::refused && outcome.status == kUnknownMailbox;
    co_await patiently(context_, store::record_refused, delivery_.delivery_id, attempt,
                       answer_of(outcome), reason_code, suppress);
    about(log::event(log::kMailFailed))
        .warn("{} failed: {}: {}", what_, reason_code, answer_of(outcome).reply);
}

log::Line Dispatch::about(log::Line line) const {
    const auto& request = delivery_.request;
    return line.request(request.request_id).company(request.company).account(request.account_id);
}

double Dispatch::backoff_seconds(std::chrono::milliseconds first) const {
    const auto doubled = first * (1 << std::min(delivery_.put_off, 16));
    return full_jitter(std::min(doubled, settings_.last_retry));
}

}  // namespace paysync::payment_requests
