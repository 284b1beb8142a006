// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/dispatch.hpp"

#include "daemon/base/loop/crash_point.hpp"
#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/sender.hpp"
#include "jobs/frame/retry_until_stored.hpp"
#include "jobs/payment_requests/link.hpp"
#include "jobs/payment_requests/queue_store.hpp"
#include "jobs/stripe/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace paysync::payment_requests {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The last check before sending failed: request, link, company or recipient changed meanwhile, or
/// the lease is lost.
class GateClosed final : public std::runtime_error {
public:
    GateClosed() : std::runtime_error("the request, its link or its company changed meanwhile") {}
};

/// An application's open transaction, or another daemon, holds the request.
class RequestLocked final : public std::runtime_error {
public:
    RequestLocked() : std::runtime_error("another transaction holds the payment request") {}
};

/// Most transactions that lock a request are short, so a locked one is asked for again at once.
constexpr milliseconds kLockPauses[] = {milliseconds(50), milliseconds(200), milliseconds(500)};

/// Marks the delivery as `committing` at its commit point.
class CommitToDatabase final : public mail::CommitPoint {
public:
    CommitToDatabase(Context& context, SharedWrites& writes, store::SendCommit commit)
        : context_(context), writes_(writes), commit_(std::move(commit)) {}

    Task<void> commit_send() override {
        crash_point("before-committing");
        auto promise = co_await writes_.commit_send.run(commit_);
        for (const auto pause : kLockPauses) {
            if (promise != store::Promise::busy)
                break;
            co_await context_.clock.sleep(pause, context_.stop);
            promise = co_await writes_.commit_send.run(commit_);
        }
        if (promise == store::Promise::busy)
            throw RequestLocked();
        if (promise == store::Promise::refused)
            throw GateClosed();
        crash_point("after-committing");
    }

private:
    Context& context_;
    SharedWrites& writes_;
    store::SendCommit commit_;
};

/// The next claim sees what has changed.
constexpr seconds kAfterChange(5);

}  // namespace

Dispatch::Dispatch(Context& context, const Settings& settings, const SenderProfile& profile,
                   SharedWrites& writes, Slots::Slot& slot, Delivery delivery, std::stop_token stop)
    : context_(context),
      settings_(settings),
      profile_(profile),
      writes_(writes),
      slot_(slot),
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
    // The hour is an upper bound: a change makes these deliveries due.
    if (!delivery_.company_enabled)
        return postponed("company_disabled", "The company is not enabled; its mails are held.",
                         hours(1));
    if (stage.empty())
        return failed("company_not_connected", "The company has no Stripe account.");
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
    std::optional<LinkRefused> refused;
    std::string waits;
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
        co_return postponed("gate_closed", e.what(), kAfterChange);
    } catch (const RequestLocked& e) {
        co_return postponed("request_locked", e.what(), kAfterChange);
    } catch (const LinkWaits& e) {
        waits = e.what();
    } catch (const LinkRefused& e) {
        refused = e;
    }
    if (refused)
        co_return co_await wait_for_link(*refused);
    co_await context_.db.run(store::note_link_problem, delivery_.request.request_id, waits);
    co_return postponed("paid_at_stripe", waits, seconds(60));
}

Task<store::Opening> Dispatch::open(store::NewAttempt opening) {
    auto answer = co_await retry_until_stored(context_, writes_.open_attempt, opening);
    for (const auto pause : kLockPauses) {
        if (!answer.busy)
            break;
        co_await context_.clock.sleep(pause, stop_);
        answer = co_await retry_until_stored(context_, writes_.open_attempt, opening);
    }
    co_return answer;
}

Task<Dispatch::Disposition> Dispatch::deliver(store::NewAttempt opening) {
    mail::Admission admission;
    try {
        if (!not_composed_)
            admission =
                co_await context_.mail.admit(delivery_.mail_account, delivery_.recipient, stop_);
    } catch (const mail::BadAddress&) {
        not_composed_ = std::current_exception();
    }
    if (!admission.permit) {
        opening.store_only = true;
        if (opening.link || opening.message)
            (void)co_await open(opening);
        if (not_composed_)
            std::rethrow_exception(not_composed_);
        co_return not_admitted(admission);
    }
    const auto answer = co_await open(opening);
    if (answer.busy)
        throw RequestLocked();
    const auto& attempt = answer.attempt;
    if (!attempt)
        throw GateClosed();
    crash_point("after-open-attempt");

    store::SendCommit commit;
    commit.delivery_id = delivery_.delivery_id;
    commit.request_id = delivery_.request.request_id;
    commit.attempt = attempt->number;
    commit.token = delivery_.token;
    CommitToDatabase commit_point(context_, writes_, commit);
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

log::Line Dispatch::line(log::Line begun) const {
    const auto& request = delivery_.request;
    return begun.request(request.request_id).company(request.company).account(request.account_id);
}

}  // namespace paysync::payment_requests
