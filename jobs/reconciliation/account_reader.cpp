// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/account_reader.hpp"

#include "daemon/loop/crash_point.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"
#include "jobs/stripe/json.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <stdexcept>
#include <utility>

namespace paysync::reconciliation {

namespace {

/// After this many pages a long first walk lets the other accounts go first.
constexpr int kPagesPerTurn = 50;
/// The most single charges, and the most sessions, that are asked for in one turn.
constexpr int kObjectsPerTurn = 20;

double seconds(std::chrono::milliseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

store::Pace pace_of(const Settings& settings) {
    store::Pace pace;
    pace.overlap = seconds(settings.overlap);
    pace.horizon = seconds(settings.horizon);
    // Due before the job's next pass, whose pause is varied at random, or it would miss it.
    pace.rest = seconds(settings.every) / 2;
    return pace;
}

AccountReader::AccountReader(Context& context, const Settings& settings, store::Turn turn,
                             std::stop_token stop)
    : context_(context), settings_(settings), turn_(std::move(turn)), stop_(std::move(stop)) {}

Task<void> AccountReader::run() {
    const bool finished = co_await walk();
    if (finished) {
        co_await check_again();
        co_await ask_sessions();
    }
    co_await context_.db.run(store::give_back, turn_.lease);
}

Task<stripe::Reply> AccountReader::get(std::string path_and_query) {
    co_return co_await context_.stripe.get(std::move(path_and_query), turn_.lease.account_id,
                                           stripe::Priority::background, stop_);
}

std::string AccountReader::list_path() const {
    stripe::Form query;
    query.add("created[gte]", turn_.from);
    query.add("limit", settings_.page_limit);
    query.add("expand[]", "data.balance_transaction");
    if (!turn_.cursor.empty())
        query.add("starting_after", turn_.cursor);
    return stripe::query("/v1/charges", query);
}

bool AccountReader::cursor_vanished(const stripe::Error& error) const {
    return !turn_.cursor.empty() &&
           (error.kind() == stripe::Error::Kind::not_found || error.code() == "resource_missing");
}

/// Whether the walk came to its end.
Task<bool> AccountReader::walk() {
    const auto pace = pace_of(settings_);
    for (int page = 0; page < kPagesPerTurn; ++page) {
        std::optional<stripe::Reply> reply;
        try {
            reply = co_await get(list_path());
        } catch (const stripe::Error& error) {
            if (!cursor_vanished(error))
                throw;
            spdlog::info("charges of {}: {} is gone at Stripe, the walk begins again [{}]",
                         turn_.lease.account_id, turn_.cursor, error.request_id());
        }
        if (!reply) {
            co_await context_.db.run(store::restart_walk, turn_.lease);
            turn_.cursor.clear();
            continue;
        }
        crash_point("before-charges-page");
        const auto stored = co_await store_page(std::move(*reply), pace);
        crash_point("after-charges-page");
        if (!stored.has_more)
            co_return true;
        turn_.cursor = stored.cursor;
    }
    co_return false;
}

Task<store::Stored> AccountReader::store_page(stripe::Reply reply, store::Pace pace) {
    try {
        const auto stored = co_await context_.db.run(store::store_page, turn_.lease, pace,
                                                     std::move(reply.body), reply.request_id);
        report(stored, reply.request_id);
        co_return stored;
    } catch (const stripe::FieldError& error) {
        throw std::runtime_error(fmt::format("a page of the list cannot be read: {} [{}]",
                                             error.what(), reply.request_id));
    }
}

Task<void> AccountReader::check_again() {
    const auto due =
        co_await context_.db.run(store::charges_to_check, turn_.lease.account_id, kObjectsPerTurn);
    for (const auto& charge_id : due)
        co_await check_one(charge_id);
}

Task<void> AccountReader::check_one(std::string charge_id) {
    stripe::Form query;
    query.add("expand[]", "balance_transaction");
    std::optional<stripe::Reply> reply;
    std::string request_id;
    try {
        reply = co_await get(stripe::query("/v1/charges/" + stripe::encode(charge_id), query));
    } catch (const stripe::Error& error) {
        if (error.kind() != stripe::Error::Kind::not_found)
            throw;
        request_id = error.request_id();
    }
    if (!reply) {
        spdlog::warn(
            "charge {} of {}: Stripe does not know it any more; it is a discrepancy and is "
            "asked for again later [{}]",
            charge_id, turn_.lease.account_id, request_id);
        co_await context_.db.run(store::charge_vanished, turn_.lease, charge_id, request_id);
        co_return;
    }
    const auto stored = co_await context_.db.run(store::store_charge, turn_.lease, charge_id,
                                                 reply->body, reply->request_id);
    report(stored, reply->request_id);
}

Task<void> AccountReader::ask_sessions() {
    const auto untied =
        co_await context_.db.run(store::untied_charges, turn_.lease.account_id, kObjectsPerTurn);
    for (const auto& charge : untied) {
        stripe::Form query;
        query.add("payment_intent", charge.payment_intent_id);
        const auto reply = co_await get(stripe::query("/v1/checkout/sessions", query));
        const auto stored = co_await context_.db.run(store::store_sessions, turn_.lease,
                                                     charge.charge_id, reply.body);
        report(stored, reply.request_id);
    }
}

void AccountReader::report(const store::Stored& stored,
                           const std::string& stripe_request_id) const {
    const auto& account = turn_.lease.account_id;
    if (stored.written > 0)
        spdlog::info("charges of {}: {} new or changed of {} read [{}]", account, stored.written,
                     stored.listed, stripe_request_id);
    if (stored.rejected > 0)
        spdlog::warn(
            "charges of {}: {} cannot be read and are in pay_private.quarantine, the others are "
            "stored [{}]",
            account, stored.rejected, stripe_request_id);
    for (const auto& request : stored.settled) {
        const auto level = request.state == "paid" && request.was == "open" ? spdlog::level::info
                                                                            : spdlog::level::warn;
        spdlog::log(
            level, "payment request {}: {}, was {}: {} of {} {} paid to {}{}", request.request_id,
            request.state, request.was, request.paid, request.amount, request.currency, account,
            request.delivery_proven ? "; its mail was in doubt and is now known as sent" : "");
    }
}

}  // namespace paysync::reconciliation
