// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/dispatch.hpp"

#include "daemon/loop/cancelled.hpp"
#include "daemon/loop/crash_point.hpp"
#include "daemon/mail/address.hpp"
#include "jobs/patiently.hpp"
#include "jobs/payment_requests/letter.hpp"
#include "jobs/payment_requests/link.hpp"
#include "jobs/stripe/error.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <ctime>
#include <random>

namespace paysync::payment_requests {

namespace {

using namespace std::chrono_literals;

/// The request was cancelled, or its lease lost, while the letter was on its way: the dot must not
/// go out.
class GateClosed final : public std::runtime_error {
public:
    GateClosed() : std::runtime_error("the request was closed meanwhile") {}
};

/// Writes the promise of the dot into the database.
class DurableMark final : public mail::BeforeDot {
public:
    DurableMark(Context& context, const store::Delivery& delivery, std::int64_t token)
        : context_(context), delivery_(delivery), token_(token) {}

    Task<void> commit() override {
        crash_point("before-committing");
        const bool open = co_await context_.db.run(store::commit_attempt, delivery_.delivery_id,
                                                   delivery_.attempt, token_);
        if (!open)
            throw GateClosed();
        crash_point("after-committing");
    }

private:
    Context& context_;
    const store::Delivery& delivery_;
    std::int64_t token_;
};

store::Answer answer_of(const mail::Outcome& outcome) {
    store::Answer answer;
    answer.outcome = mail::to_string(outcome.result);
    answer.code = outcome.code;
    answer.reply = outcome.reply.empty() ? outcome.problem : outcome.reply;
    return answer;
}

/// RFC 3463 status 5.1.1: bad destination mailbox address.
bool unknown_mailbox(const mail::Outcome& outcome) {
    return outcome.reply.find(" 5.1.1") != std::string::npos;
}

}  // namespace

Dispatch::Dispatch(Context& context, const Settings& settings, const Sender& sender,
                   store::Request request, std::int64_t token, std::stop_token stop)
    : context_(context),
      settings_(settings),
      sender_(sender),
      request_(std::move(request)),
      token_(token),
      stop_(std::move(stop)) {}

Dispatch::Verdict Dispatch::failed(std::string code, std::string text) {
    return Verdict{Verdict::Kind::failed, std::move(code), std::move(text), 0};
}

Dispatch::Verdict Dispatch::postponed(std::string code, std::string text,
                                      std::chrono::seconds delay) {
    return Verdict{Verdict::Kind::postponed, std::move(code), std::move(text),
                   static_cast<double>(delay.count())};
}

Task<void> Dispatch::run() {
    const auto verdict = co_await attempt();
    switch (verdict.kind) {
        case Verdict::Kind::delivered_or_recorded:
            break;
        case Verdict::Kind::failed:
            spdlog::warn("payment request {}: failed: {}: {}", request_.request_id, verdict.code,
                         verdict.text);
            co_await context_.db.run(store::fail, request_.request_id, token_, verdict.code,
                                     verdict.text);
            break;
        case Verdict::Kind::postponed:
            spdlog::info("payment request {}: put off by {:.0f} s: {}: {}", request_.request_id,
                         verdict.delay_seconds, verdict.code, verdict.text);
            co_await context_.db.run(store::postpone, request_.request_id, token_,
                                     verdict.delay_seconds, verdict.code, verdict.text);
            break;
    }
}

Dispatch::Verdict Dispatch::refusal() const {
    if (request_.suppressed)
        return failed("suppressed", "The recipient's address is on the suppression list.");
    if (request_.stage.empty() || request_.stage == "disconnected")
        return failed("company_not_connected", "The company has no connected Stripe account.");
    if (request_.stage != "completed")
        return postponed("company_not_ready",
                         "The company's Stripe integration is " + request_.stage + ".", 60s);
    return {};
}

Task<Dispatch::Verdict> Dispatch::attempt() {
    const auto refused = refusal();
    if (refused.kind != Verdict::Kind::delivered_or_recorded)
        co_return refused;
    try {
        co_await prepare();
        co_return co_await deliver();
    } catch (const mail::BadAddress& e) {
        co_return failed("bad_address", e.what());
    } catch (const std::invalid_argument& e) {
        co_return failed("bad_letter", e.what());
    } catch (const GateClosed& e) {
        co_return postponed("gate_closed", e.what(), 60s);
    } catch (const stripe::Error& e) {
        if (e.kind() == stripe::Error::Kind::authentication ||
            e.kind() == stripe::Error::Kind::permission)
            throw;
        if (e.kind() == stripe::Error::Kind::account_gone)
            co_return postponed("stripe_account_unreachable", e.what(), 60s);
        if (e.retryable())
            co_return postponed("stripe_unavailable", e.what(), 30s);
        co_return failed("stripe_refused", e.what());
    }
}

/// After this the link exists and the letter's bytes are in the database.
Task<void> Dispatch::prepare() {
    crash_point("after-claim");
    if (request_.link_id.empty()) {
        const auto link = co_await obtain_link(context_, request_, stop_);
        crash_point("after-link-post");
        request_.link_id = link.id;
        request_.link_url = link.url;
        const bool open =
            co_await patiently(context_, store::link_created, request_.request_id, token_,
                               request_.account_id, link.livemode, link.id, link.url);
        if (!open)
            throw GateClosed();
        crash_point("after-link");
    }
    if (request_.frozen)
        co_return;
    std::optional<store::File> file;
    if (request_.has_file)
        file = co_await context_.db.run(store::file_of, request_.request_id);
    const auto letter = compose(request_, request_.link_url, file, sender_, std::time(nullptr));
    co_await context_.db.run(store::freeze, request_.request_id, request_.to_email,
                             message_id(request_.request_id, sender_.message_id_domain),
                             request_.link_id, letter);
    crash_point("after-freeze");
}

Task<Dispatch::Verdict> Dispatch::deliver() {
    const auto delivery =
        co_await context_.db.run(store::begin_attempt, request_.request_id, token_);
    if (!delivery)
        throw GateClosed();
    crash_point("after-begin-attempt");

    mail::Outcome outcome;
    std::exception_ptr not_sent;
    DurableMark mark(context_, *delivery, token_);
    mail::Letter letter(sender_.from.address, request_.to_email, delivery->bytes);
    try {
        outcome = co_await context_.mail.send(std::move(letter), mark, stop_);
    } catch (...) {
        not_sent = std::current_exception();
    }
    if (not_sent) {
        // Whatever was promised, no dot went out: say so before the promise looks like a doubt.
        outcome.result = mail::Result::not_sent;
        outcome.problem = "given up before the final dot";
        co_await patiently(context_, store::abandon_attempt, delivery->delivery_id,
                           delivery->attempt, answer_of(outcome));
        std::rethrow_exception(not_sent);
    }
    crash_point("after-answer");
    co_await record(*delivery, outcome);
    crash_point("after-record");
    co_return Verdict();
}

Task<void> Dispatch::record(store::Delivery delivery, mail::Outcome outcome) {
    const auto answer = answer_of(outcome);
    const auto to = mail::masked(request_.to_email);
    switch (outcome.result) {
        case mail::Result::accepted:
            co_await patiently(context_, store::record_sent, delivery.delivery_id, delivery.attempt,
                               answer);
            spdlog::info("payment request {}: the mail to {} was accepted: {}", request_.request_id,
                         to, answer.reply);
            co_return;
        case mail::Result::in_doubt:
            if (settings_.on_in_doubt == OnInDoubt::hold) {
                co_await patiently(context_, store::record_in_doubt, delivery.delivery_id,
                                   delivery.attempt, answer);
                spdlog::error(
                    "payment request {}: the mail to {} is in doubt: the server did not answer "
                    "the final dot ({}); settle it with 'paysyncctl mail resolve {}'",
                    request_.request_id, to, answer.reply, request_.request_id);
            } else {
                co_await patiently(context_, store::record_deferred, delivery.delivery_id,
                                   delivery.attempt, answer, backoff_seconds(), true);
                spdlog::warn(
                    "payment request {}: the mail to {} is in doubt ({}) and will be sent again "
                    "(on_in_doubt: resend)",
                    request_.request_id, to, answer.reply);
            }
            co_return;
        case mail::Result::account_down:
            account_problem_ = answer.reply;
            co_await patiently(context_, store::record_deferred, delivery.delivery_id,
                               delivery.attempt, answer, 5.0, false);
            co_return;
        case mail::Result::throttled:
            account_problem_ = answer.reply;
            co_await patiently(context_, store::record_deferred, delivery.delivery_id,
                               delivery.attempt, answer, 30.0, false);
            co_return;
        case mail::Result::not_sent: {
            // An idle connection's old farewell (421) says nothing: at once again, on a new one.
            const double delay = outcome.code == 421 ? 0.0 : 30.0;
            co_await patiently(context_, store::record_deferred, delivery.delivery_id,
                               delivery.attempt, answer, delay, false);
            spdlog::info("payment request {}: the mail to {} was not sent ({}); again in {:.0f} s",
                         request_.request_id, to, answer.reply, delay);
            co_return;
        }
        case mail::Result::deferred:
            if (request_.attempts + 1 < settings_.max_attempts) {
                const auto delay = backoff_seconds();
                co_await patiently(context_, store::record_deferred, delivery.delivery_id,
                                   delivery.attempt, answer, delay, true);
                spdlog::info("payment request {}: the mail to {} was put off by {:.0f} s: {}",
                             request_.request_id, to, delay, answer.reply);
                co_return;
            }
            [[fallthrough]];
        case mail::Result::refused:
            co_await patiently(context_, store::record_refused, delivery.delivery_id,
                               delivery.attempt, answer, std::string("mail_refused"),
                               unknown_mailbox(outcome));
            spdlog::warn("payment request {}: failed: the mail to {} was refused: {}",
                         request_.request_id, to, answer.reply);
            co_return;
    }
}

/// Somewhere between half and all of a doubling delay, so that put-off letters do not
/// come back at once.
double Dispatch::backoff_seconds() const {
    const auto doubled = settings_.first_retry * (1 << std::min(request_.attempts, 16));
    const auto longest =
        std::chrono::duration<double>(std::min(doubled, settings_.last_retry)).count();
    thread_local std::mt19937_64 random{std::random_device()()};
    return std::uniform_real_distribution<double>(longest / 2, longest)(random);
}

}  // namespace paysync::payment_requests
