// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/stream_reader.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/reconciliation/balance_store.hpp"
#include "jobs/reconciliation/payouts_store.hpp"
#include "jobs/reconciliation/rereads_store.hpp"
#include "jobs/reconciliation/settings.hpp"
#include "jobs/reconciliation/stream_kind.hpp"
#include "jobs/reconciliation/walk.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/paged_list.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

namespace paysync::reconciliation {

namespace {

using Extra = StreamKind::Extra;
using ErrorKind = stripe::Error::Kind;

/// The most single objects, sessions and payouts that are asked for in one turn.
constexpr int kObjectsPerTurn = 20;

/// So many failures of Stripe in a row are not about single objects.
constexpr int kMostFailures = 5;

bool is_full(const auto& asked) {
    return static_cast<int>(asked.size()) == kObjectsPerTurn;
}

bool may_concern_one_object(const stripe::Error& error) {
    return error.kind() == ErrorKind::bad_request || error.kind() == ErrorKind::wrong_mode ||
           error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::server;
}

}  // namespace

StreamReader::StreamReader(Context& context, const Settings& settings, store::Turn turn,
                           Semaphore& page_slots, FairPlaces::Place& place, std::stop_token stop)
    : context_(context),
      settings_(settings),
      turn_(std::move(turn)),
      kind_(stream_kind(turn_.lease.stream)),
      page_slots_(page_slots),
      place_(place),
      stop_(std::move(stop)),
      account_(display_name(turn_.lease.account_id)) {}

Task<void> StreamReader::run() {
    const auto& slices = turn_.slices;
    // A balance proves only a ledger that is read from its newest end in this turn.
    const bool compares_balance = kind_.extra == Extra::compare_balance && slices.size() == 1 &&
                                  slices.front().cursor.empty();
    std::optional<stripe::Balance> before;
    std::string request_id;
    if (compares_balance)
        before = co_await read_balance(request_id);
    Walk walk(context_, settings_, turn_, page_slots_, stop_,
              [this](const store::StoredObjects& stored, const std::string& last_request) {
                  report(stored, last_request);
              });
    const bool finished = co_await walk.run();
    co_await reread_due_objects();
    if (finished && kind_.extra == Extra::match_by_session)
        co_await match_by_session();
    if (finished && kind_.extra == Extra::itemise_payouts)
        co_await itemise_payouts();
    if (finished && before) {
        // The same before and after: nothing moved while the ledger was read.
        const auto after = co_await read_balance(request_id);
        if (after == *before)
            co_await context_.db.run(store::store_balance, turn_.lease.account_id, after,
                                     request_id);
    }
    co_await context_.db.run(store::release_done, turn_.lease, more_due_);
}

Task<StreamReader::ObjectOutcome> StreamReader::run_isolated(std::string what, Task<void> work) {
    try {
        co_await std::move(work);
        failures_ = 0;
        co_return ObjectOutcome::read;
    } catch (const stripe::Error& error) {
        const bool failed = error.kind() == ErrorKind::server;
        if (!may_concern_one_object(error) || (failed && ++failures_ == kMostFailures))
            throw;
        log::about()
            .account(turn_.lease.account_id)
            .stripe_request(error.request_id())
            .warn("{} {}: {}; retried later, the other objects are read", account_, what,
                  error.what());
        context_.report.failed(what + ": " + error.what());
        co_return failed ? ObjectOutcome::failed : ObjectOutcome::refused;
    }
}

Task<stripe::Reply> StreamReader::get(std::string path_and_query) {
    auto reply = co_await context_.stripe.get(std::move(path_and_query), turn_.lease.account_id,
                                              stripe::Priority::background, stop_);
    place_.progressed();
    co_return reply;
}

Task<void> StreamReader::reread_due_objects() {
    const auto due =
        co_await context_.db.run(store::objects_to_reread, turn_.lease, kObjectsPerTurn);
    for (const auto& id : due) {
        const auto outcome = co_await run_isolated(kind_.object + (" " + id), reread(id));
        if (outcome != ObjectOutcome::read)
            co_await context_.db.run(store::store_refusal, turn_.lease, id,
                                     outcome == ObjectOutcome::refused);
    }
    more_due_ = more_due_ || is_full(due);
}

Task<void> StreamReader::reread(std::string id) {
    stripe::Form query;
    if (*kind_.expand != '\0')
        query.add("expand[]", kind_.expand);
    std::optional<stripe::Reply> reply;
    std::string request_id;
    store::ResponseInfo response;
    response.asked_at = std::chrono::steady_clock::now();
    try {
        reply = co_await get(stripe::query(kind_.path + ("/" + stripe::encode(id)), query));
    } catch (const stripe::Error& error) {
        if (error.kind() != ErrorKind::not_found)
            throw;
        request_id = error.request_id();
    }
    if (!reply) {
        log::about()
            .account(turn_.lease.account_id)
            .stripe_request(request_id)
            .warn(
                "{} {} {}: gone at Stripe (404); opened as a discrepancy, and marked as gone when "
                "a second 404 agrees [{}]",
                account_, kind_.object, id, request_id);
        co_await context_.db.run(store::store_not_found, turn_.lease, id, request_id);
        co_return;
    }
    response.stripe_request_id = reply->request_id;
    const auto stored =
        co_await context_.db.run(store::store_object, turn_.lease, id, reply->body, response);
    report(stored, reply->request_id);
}

Task<void> StreamReader::match_by_session() {
    const auto unmatched =
        co_await context_.db.run(store::unmatched_charges, turn_.lease.account_id, kObjectsPerTurn);
    int asked = 0;
    for (const auto& charge : unmatched)
        asked += co_await run_isolated("sessions of charge " + charge.charge_id,
                                       ask_for_sessions(charge)) == ObjectOutcome::read;
    more_due_ = more_due_ || (is_full(unmatched) && asked > 0);
}

Task<void> StreamReader::ask_for_sessions(store::UnmatchedCharge charge) {
    stripe::Form query;
    query.add("payment_intent", charge.payment_intent_id);
    const auto reply = co_await get(stripe::query("/v1/checkout/sessions", query));
    const auto stored =
        co_await context_.db.run(store::store_sessions, turn_.lease, charge.charge_id, reply.body);
    report(stored, reply.request_id);
}

Task<void> StreamReader::itemise_payouts() {
    const auto due = co_await context_.db.run(store::payouts_to_itemise, turn_.lease.account_id,
                                              kObjectsPerTurn);
    int itemised = 0;
    for (const auto& payout_id : due)
        itemised +=
            co_await run_isolated("payout " + payout_id, itemise(payout_id)) == ObjectOutcome::read;
    more_due_ = more_due_ || (is_full(due) && itemised > 0);
}

/// Always from the first page: the items of a completed payout do not change any more.
Task<void> StreamReader::itemise(std::string payout_id) {
    stripe::PagedList::Query query;
    query.path = "/v1/balance_transactions";
    query.filter.add("payout", payout_id);
    query.account = turn_.lease.account_id;
    query.limit = settings_.page_limit;
    stripe::PagedList items(context_.stripe, query, stripe::Priority::background, stop_);
    for (;;) {
        store::ResponseInfo response;
        response.asked_at = std::chrono::steady_clock::now();
        const auto page = co_await items.next();
        if (!page)
            co_return;
        response.stripe_request_id = page->reply.request_id;
        const bool last = !page->outline.has_more;
        const auto stored = co_await context_.db.run(store::store_payout_items, turn_.lease,
                                                     payout_id, page->reply.body, response, last);
        report(stored, response.stripe_request_id);
    }
}

Task<stripe::Balance> StreamReader::read_balance(std::string& stripe_request_id) {
    const auto reply = co_await get("/v1/balance");
    stripe_request_id = reply.request_id;
    co_return stripe::parse_balance(reply.body);
}

void StreamReader::report(const store::StoredObjects& stored,
                          const std::string& stripe_request_id) {
    place_.progressed();
    context_.report.did(stored.written);
    if (stored.refused > 0)
        context_.report.failed(
            std::string("objects cannot be read and are in quarantine: ") + kind_.stream,
            stored.refused);
    if (stored.written > 0)
        log::about()
            .account(turn_.lease.account_id)
            .stripe_request(stripe_request_id)
            .info("{} {}: {} of {} objects new or changed [{}]", account_, kind_.stream,
                  stored.written, stored.listed, stripe_request_id);
    if (stored.refused > 0)
        log::event(log::kQuarantined)
            .account(turn_.lease.account_id)
            .stripe_request(stripe_request_id)
            .warn("{} {}: {} of {} objects cannot be read; put into pay_private.quarantine [{}]",
                  account_, kind_.stream, stored.refused, stored.listed, stripe_request_id);
    for (const auto& request : stored.settled) {
        const auto words = fmt::format(
            "payment request {}: {}, was {}: {} of {} {} paid to {}{}", request.request_id,
            request.state, request.was, request.paid, request.amount, request.currency, account_,
            request.delivery_proven ? "; its delivery was in doubt and is proven by it" : "");
        auto line = log::about();
        line.account(turn_.lease.account_id).request(request.request_id);
        if (request.state == "paid")
            line.info("{}", words);
        else
            line.warn("{}", words);
    }
}

}  // namespace paysync::reconciliation
