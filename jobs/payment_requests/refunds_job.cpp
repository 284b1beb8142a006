// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/refunds_job.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/crash_point.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/frame/fair_places.hpp"
#include "jobs/frame/retry_until_stored.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/json.hpp"
#include "jobs/stripe/paged_list.hpp"
#include "jobs/stripe/refund.hpp"

#include <chrono>
#include <exception>
#include <vector>

namespace paysync::payment_requests {

namespace {

/// While refunds are under way and no other is due: how often the orders are asked again.
constexpr std::chrono::milliseconds kAskOrdersAgain(200);
constexpr const char* kRefundsPath = "/v1/refunds";
constexpr const char* kDisconnected = "company_disconnected";
constexpr const char* kOrderKey = "refund_order_id";

/// A call that is begun again after Stripe repeated an error under its key has another key. The
/// refund of an earlier one is searched for first, so none is made twice.
std::string refund_key(const store::RefundOrder& order) {
    const auto key = "paysync:" + order.id + ":refund";
    return order.ended_calls == 0 ? key : key + ":" + std::to_string(order.ended_calls);
}

/// Why an order waits, for programs.
std::string waits_code(const stripe::Error& error) {
    if (error.account_lost())
        return "stripe_account_unreachable";
    return error.key_refused() ? "stripe_key_refused" : "stripe_unavailable";
}

/// The order waits; the caller knows what the error says about the refund.
store::NoRefund waits_after(const stripe::Error& error) {
    store::NoRefund why;
    why.code = waits_code(error);
    why.words = error.what();
    why.may_exist = true;
    why.account_lost = error.account_lost();
    return why;
}

/// An answer that is not what Stripe documents.
store::NoRefund waits_after(const stripe::FieldError& error) {
    store::NoRefund why;
    why.code = "stripe_answer_unreadable";
    why.words = error.what();
    why.may_exist = true;
    return why;
}

std::string refund_form(const store::RefundOrder& order) {
    stripe::Form form;
    form.add("charge", order.charge_id);
    form.add("amount", order.amount);
    if (!order.reason.empty())
        form.add("reason", order.reason);
    if (order.with_application_fee)
        form.add("refund_application_fee", true);
    form.add(std::string("metadata[") + kOrderKey + "]", order.id);
    return form.encoded();
}

store::MadeRefund made_of(const stripe::Object& object) {
    const auto refund = stripe::read_refund(object);
    store::MadeRefund made;
    made.refund_id = refund.id;
    made.status = refund.status.value_or("");
    return made;
}

store::MadeRefund read_made(const std::string& body) {
    const stripe::Document document(body);
    return made_of(document.root());
}

/// The refund of an order among those of a page, by its metadata.
std::optional<store::MadeRefund> find_in_page(const std::string& body, const std::string& id) {
    const stripe::Document document(body);
    std::optional<store::MadeRefund> found;
    document.root("data", [&](const std::optional<stripe::Object>& refund, std::string_view) {
        if (!refund || found)
            return;
        const auto metadata = refund->opt_text_map("metadata");
        const auto order = metadata.find(kOrderKey);
        if (order != metadata.end() && order->second == id)
            found = made_of(*refund);
    });
    return found;
}

}  // namespace

/// State that the orders of a pass share.
struct RefundsJob::Pass {
    Pass(Context& context, int concurrency) : places(context.clock, concurrency) {}

    FairPlaces places;
    Wakeup one_ended;
    bool over = false;
};

Task<void> RefundsJob::run(Context& context) {
    Pass pass(context, settings_.concurrency);
    TaskGroup working(context.loop);
    co_await working.join_after(work(context, pass, working));
}

Task<void> RefundsJob::work(Context& context, Pass& pass, TaskGroup& working) {
    while (!context.stop.stop_requested() && !pass.over) {
        const int free = pass.places.free();
        std::vector<store::RefundOrder> orders;
        if (free > 0)
            orders = co_await context.db.run(store::claim_refund_orders, free, pass.places.busy());
        for (const auto& order : orders)
            working.spawn(one(context, pass, order));
        if (!orders.empty())
            continue;
        if (pass.places.taken() == 0)
            break;
        co_await pass.one_ended.wait(context.clock, kAskOrdersAgain, context.stop);
    }
}

/// An error that is no order's fault ends the pass.
Task<void> RefundsJob::one(Context& context, Pass& pass, store::RefundOrder order) {
    std::exception_ptr error;
    {
        const auto place = pass.places.take(order.company);
        try {
            co_await make(context, order);
        } catch (...) {
            error = std::current_exception();
        }
    }
    pass.one_ended.notify();
    if (error) {
        pass.over = true;
        std::rethrow_exception(error);
    }
}

Task<void> RefundsJob::make(Context& context, store::RefundOrder order) {
    std::optional<Answer> answer;
    try {
        answer = co_await attempt(context, order);
    } catch (const stripe::Error& e) {
        if (e.kind() == stripe::Error::Kind::authentication)
            throw;
        // Of the search: it says nothing about the refund.
        answer = waits_after(e);
    } catch (const stripe::FieldError& e) {
        answer = waits_after(e);
    }
    if (const auto* made = std::get_if<store::MadeRefund>(&*answer)) {
        crash_point("after-refund");
        co_await retry_until_stored(context, store::record_refund_made, order.id, *made);
        context.report.did();
        log::about()
            .company(order.company)
            .account(order.account_id)
            .info("refund {}: made: {} of charge {}", order.id, made->refund_id, order.charge_id);
        co_return;
    }
    const auto& why = std::get<store::NoRefund>(*answer);
    context.report.failed("a refund could not be made");
    log::about()
        .company(order.company)
        .account(order.account_id)
        .warn("refund {}: {}: {}; {}", order.id, why.code, why.words,
              why.is_final ? "nothing was given back" : "it is tried again");
    co_await retry_until_stored(context, store::record_no_refund, order.id, why);
    if (why.account_lost)
        co_await context.db.run(onboarding::store::suspect_account, order.account_id,
                                std::string("a refund was refused"));
}

Task<RefundsJob::Answer> RefundsJob::attempt(Context& context, store::RefundOrder order) {
    store::NoRefund why;
    if (order.is_lost && order.may_exist) {
        why.code = kDisconnected;
        why.words =
            "The Stripe account is disconnected, and an earlier call may have made the refund. "
            "When the account is connected again, Stripe is asked.";
        why.may_exist = true;
        co_return why;
    }
    if (order.may_exist) {
        auto found = co_await find(context, order);
        if (found)
            co_return std::move(*found);
    }
    why.is_final = true;
    if (order.is_lost) {
        why.code = kDisconnected;
        why.words = "The Stripe account of this payment is not connected any more.";
        co_return why;
    }
    if (order.is_old && order.attempt > 1) {
        why.code = "given_up";
        why.words = "Stripe made no refund in three days: " + order.last_words;
        co_return why;
    }
    co_return co_await post(context, order);
}

Task<std::optional<store::MadeRefund>> RefundsJob::find(Context& context,
                                                        store::RefundOrder order) {
    stripe::PagedList::Query query;
    query.path = kRefundsPath;
    query.account = order.account_id;
    query.filter.add("charge", order.charge_id);
    stripe::PagedList list(context.stripe, query, stripe::Priority::interactive, context.stop);
    while (const auto fetched = co_await list.next()) {
        const auto found = find_in_page(fetched->reply.body, order.id);
        if (found)
            co_return found;
    }
    co_return std::nullopt;
}

Task<RefundsJob::Answer> RefundsJob::post(Context& context, store::RefundOrder order) {
    stripe::NewCall wanted;
    wanted.key = refund_key(order);
    wanted.account = order.account_id;
    wanted.path = kRefundsPath;
    wanted.body = refund_form(order);
    wanted.purpose = "refund";
    wanted.subject = order.id;
    const auto call = co_await context.db.run(store::begin_refund, order.id, wanted);
    std::optional<store::NoRefund> why;
    try {
        const auto reply =
            co_await context.stripe.post(call.path, call.account, call.key, call.body,
                                         stripe::Priority::interactive, context.stop);
        auto made = read_made(reply.body);
        made.call = stripe::EndedCall{call.key, reply.status, made.refund_id, reply.request_id};
        co_return made;
    } catch (const stripe::Error& e) {
        if (e.kind() == stripe::Error::Kind::authentication)
            throw;
        why = waits_after(e);
        why->may_exist = e.may_have_acted();
        // What is temporary waits; a key without the right to refund is the operator's to mend.
        why->is_final = !why->may_exist && !e.retryable() && !e.key_refused() && !e.account_lost();
        if (why->is_final)
            why->code = e.code().empty() ? "stripe_refused" : e.code();
        if (why->is_final || e.replayed())
            why->call = stripe::EndedCall{call.key, e.status(), {}, e.request_id()};
    }
    co_return *why;
}

}  // namespace paysync::payment_requests
