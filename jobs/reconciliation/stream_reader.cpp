// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/stream_reader.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "jobs/reconciliation/balance_store.hpp"
#include "jobs/reconciliation/payouts_store.hpp"
#include "jobs/reconciliation/rereads_store.hpp"
#include "jobs/reconciliation/sessions_store.hpp"
#include "jobs/reconciliation/walk.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>
#include <utility>

namespace paysync::reconciliation {

namespace {

/// The most single objects, sessions and payouts that are asked for in one turn.
constexpr int kObjectsPerTurn = 20;

/// So many that Stripe fails to give one after the other are no matter of single objects.
constexpr int kMostFailures = 5;

bool is_full(const auto& asked) {
    return static_cast<int>(asked.size()) == kObjectsPerTurn;
}

using ErrorKind = stripe::Error::Kind;

/// Whether this may be about the object that was asked for, and nothing else.
bool may_be_of_the_object(const stripe::Error& error) {
    return error.kind() == ErrorKind::bad_request || error.kind() == ErrorKind::wrong_mode ||
           error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::server;
}

}  // namespace

StreamReader::StreamReader(Context& context, const Settings& settings, store::Turn turn,
                           Semaphore& in_hand, std::stop_token stop)
    : context_(context),
      settings_(settings),
      turn_(std::move(turn)),
      kind_(kind_of(turn_.lease.stream)),
      in_hand_(in_hand),
      stop_(std::move(stop)) {}

Task<void> StreamReader::run() {
    const auto& slices = turn_.slices;
    const bool whole_ledger =
        turn_.lease.stream == kLedger && slices.size() == 1 && slices.front().cursor.empty();
    std::optional<stripe::Balance> before;
    std::string request_id;
    if (whole_ledger)
        before = co_await read_balance(request_id);
    Walk walk(
        context_, settings_, turn_, in_hand_, stop_,
        [this](const store::Stored& stored, const std::string& read) { report(stored, read); });
    const bool finished = co_await walk.run();
    co_await check_again();
    if (finished && turn_.lease.stream == kCharges)
        co_await ask_sessions();
    if (finished && turn_.lease.stream == kPayouts)
        co_await itemise_payouts();
    if (finished && before) {
        // The same before and after: nothing moved while the ledger was read.
        const auto after = co_await read_balance(request_id);
        if (after == *before)
            co_await context_.db.run(store::save_balance, turn_.lease.account_id, after,
                                     request_id);
    }
    co_await context_.db.run(store::give_back, turn_.lease, more_);
}

Task<StreamReader::Outcome> StreamReader::spare_the_others(std::string what, Task<void> work) {
    try {
        co_await std::move(work);
        failures_ = 0;
        co_return Outcome::done;
    } catch (const stripe::Error& error) {
        const bool failed = error.kind() == ErrorKind::server;
        if (!may_be_of_the_object(error) || (failed && ++failures_ == kMostFailures))
            throw;
        log::about()
            .account(turn_.lease.account_id)
            .stripe_request(error.request_id())
            .warn("{} of {}: {}; the others go on, and it is asked for again later", what,
                  name_of(turn_.lease.account_id), error.what());
        context_.report.failed(what + ": " + error.what());
        co_return failed ? Outcome::failed : Outcome::refused;
    }
}

Task<stripe::Reply> StreamReader::get(std::string path_and_query) {
    co_return co_await context_.stripe.get(std::move(path_and_query), turn_.lease.account_id,
                                           stripe::Priority::background, stop_);
}

Task<void> StreamReader::check_again() {
    const auto due =
        co_await context_.db.run(store::objects_to_check, turn_.lease, kObjectsPerTurn);
    for (const auto& id : due) {
        const auto outcome = co_await spare_the_others(kind_.object + (" " + id), check_one(id));
        if (outcome != Outcome::done)
            co_await context_.db.run(store::object_not_given, turn_.lease, id,
                                     outcome == Outcome::refused);
    }
    more_ = more_ || is_full(due);
}

Task<void> StreamReader::check_one(std::string id) {
    stripe::Form query;
    if (kind_.expand != nullptr)
        query.add("expand[]", kind_.expand);
    std::optional<stripe::Reply> reply;
    std::string request_id;
    store::Answer answer;
    answer.asked = std::chrono::steady_clock::now();
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
                "{} {} of {}: Stripe does not know it any more; it is a discrepancy and is asked "
                "for "
                "again later [{}]",
                kind_.object, id, name_of(turn_.lease.account_id), request_id);
        co_await context_.db.run(store::object_vanished, turn_.lease, id, request_id);
        co_return;
    }
    answer.stripe_request_id = reply->request_id;
    const auto stored =
        co_await context_.db.run(store::store_object, turn_.lease, id, reply->body, answer);
    report(stored, reply->request_id);
}

Task<void> StreamReader::ask_sessions() {
    const auto untied =
        co_await context_.db.run(store::untied_charges, turn_.lease.account_id, kObjectsPerTurn);
    int asked = 0;
    for (const auto& charge : untied)
        asked += co_await spare_the_others("sessions of charge " + charge.charge_id,
                                           ask_session(charge)) == Outcome::done;
    more_ = more_ || (is_full(untied) && asked > 0);
}

Task<void> StreamReader::ask_session(store::Untied charge) {
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
            co_await spare_the_others("payout " + payout_id, itemise(payout_id)) == Outcome::done;
    more_ = more_ || (is_full(due) && itemised > 0);
}

/// From its beginning each time: the list of what is in a payout does not change any more.
Task<void> StreamReader::itemise(std::string payout_id) {
    std::string cursor;
    for (;;) {
        stripe::Form query;
        query.add("payout", payout_id);
        query.add("limit", settings_.page_limit);
        if (!cursor.empty())
            query.add("starting_after", cursor);
        store::Answer answer;
        answer.asked = std::chrono::steady_clock::now();
        const auto reply = co_await get(stripe::query("/v1/balance_transactions", query));
        answer.stripe_request_id = reply.request_id;
        const auto stored = co_await context_.db.run(store::store_items, turn_.lease, payout_id,
                                                     reply.body, answer);
        report(stored, reply.request_id);
        if (!stored.has_more)
            co_return;
        cursor = stored.cursor;
    }
}

Task<stripe::Balance> StreamReader::read_balance(std::string& stripe_request_id) {
    const auto reply = co_await get("/v1/balance");
    stripe_request_id = reply.request_id;
    co_return stripe::parse_balance(reply.body);
}

void StreamReader::report(const store::Stored& stored, const std::string& stripe_request_id) const {
    const auto account = name_of(turn_.lease.account_id);
    context_.report.did(stored.written);
    if (stored.rejected > 0)
        context_.report.failed(
            std::string("objects cannot be read and are in quarantine: ") + kind_.stream,
            stored.rejected);
    if (stored.written > 0)
        log::about()
            .account(turn_.lease.account_id)
            .stripe_request(stripe_request_id)
            .info("{} of {}: {} new or changed of {} read [{}]", kind_.stream, account,
                  stored.written, stored.listed, stripe_request_id);
    if (stored.rejected > 0)
        log::event(log::kQuarantined)
            .account(turn_.lease.account_id)
            .stripe_request(stripe_request_id)
            .warn(
                "{} of {}: {} cannot be read and are in pay_private.quarantine, the others are "
                "stored "
                "[{}]",
                kind_.stream, account, stored.rejected, stripe_request_id);
    for (const auto& request : stored.settled) {
        const auto level = request.state == "paid" ? spdlog::level::info : spdlog::level::warn;
        spdlog::log(
            level, "payment request {}: {}, was {}: {} of {} {} paid to {}{}", request.request_id,
            request.state, request.was, request.paid, request.amount, request.currency, account,
            request.delivery_proven ? "; its mail was in doubt and is now known as sent" : "");
    }
}

}  // namespace paysync::reconciliation
