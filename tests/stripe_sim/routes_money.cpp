// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/router.hpp"

#include <charconv>
#include <set>

namespace stripe_sim {
namespace {

constexpr int64_t kEventSeconds = 30 * 24 * 3600;

bool event_type_fits(std::string_view type, std::string_view pattern) {
    if (pattern.ends_with(".*")) {
        pattern.remove_suffix(1);
        return type.starts_with(pattern);
    }
    return pattern == "*" || type == pattern;
}

void event_filter(Context& context, Json& params, ListQuery& query) {
    std::vector<std::string> patterns;
    if (params.contains("type")) {
        patterns.push_back(text_of(params, "type"));
    }
    for (const Json& type : member(params, "types")) {
        patterns.push_back(type.get<std::string>());
    }
    if ((params.contains("type") && params.contains("types")) || patterns.size() > 20) {
        throw parameter_invalid("", "types", "You may pass either type or up to 20 types.");
    }
    for (const char* used : {"type", "types", "delivery_success"}) {
        params.erase(used);
    }
    int64_t oldest = context.world.now() - kEventSeconds;
    query.accept = [patterns, oldest](const Record& record) {
        bool fits = patterns.empty();
        for (const std::string& pattern : patterns) {
            fits = fits || event_type_fits(record.field("type"), pattern);
        }
        return fits && record.created >= oldest;
    };
}

void payout_filter(Context&, Json& params, ListQuery& query) {
    if (!params.contains("arrival_date")) {
        return;
    }
    TimeRange range = time_range(params["arrival_date"]);
    params.erase("arrival_date");
    query.accept = [range](const Record& record) {
        int64_t at = 0;
        std::string_view text = record.field("arrival_date");
        std::from_chars(text.data(), text.data() + text.size(), at);
        return at >= range.from && at <= range.to;
    };
}

void transaction_filter(Context& context, Json& params, ListQuery&) {
    std::string payout = text_of(params, "payout");
    if (payout.empty()) {
        return;
    }
    const Record* record = context.account.payouts.find(payout);
    if (record == nullptr) {
        throw invalid_request("No such payout: '" + payout + "'", "payout", "resource_missing");
    }
    Json object = record->json();
    if (!bool_of(object, "automatic")) {
        throw invalid_request(
            "Balance transaction history can only be filtered on automatic "
            "transfers, not manual.",
            "payout");
    }
    if (text_of(object, "reconciliation_status") != "completed") {
        throw invalid_request("The payout's reconciliation is not completed yet.", "payout",
                              "payout_reconciliation_not_ready");
    }
}

void add_refund_create(Router& router) {
    Schema schema(R"(charge str payment_intent str amount uint metadata map expand[] str
        reason duplicate|fraudulent|requested_by_customer refund_application_fee bool
        reverse_transfer bool)");
    router.add("POST", "/v1/refunds", [=](Context& context) {
        Json params = schema.check(context.params);
        Json refund = context.world.refund(context.account.id, params);
        const Record* record = context.account.refunds.find(text_of(refund, "id"));
        return object_reply(context, record->text, params);
    });
}

}  // namespace

void add_money_routes(Router& router) {
    std::string base = kListParameters;
    router.add_collection("/v1/charges", "charge", &Account::charges,
                          base + "customer str payment_intent str transfer_group str");
    router.add_collection("/v1/payment_intents", "payment_intent", &Account::payment_intents,
                          base + "customer str customer_account str");
    router.add_collection("/v1/refunds", "refund", &Account::refunds,
                          base + "charge str payment_intent str");
    router.add_collection("/v1/disputes", "dispute", &Account::disputes,
                          base + "charge str payment_intent str");
    router.add_collection("/v1/balance_transactions", "balance_transaction", &Account::transactions,
                          base + "currency str payout str source str type str", transaction_filter);
    router.add_collection(
        "/v1/payouts", "payout", &Account::payouts,
        base + "arrival_date time destination str status pending|in_transit|paid|failed|canceled",
        payout_filter);
    router.add_collection("/v1/application_fees", "application_fee", &Account::application_fees,
                          base + "charge str");
    router.add_collection("/v1/transfers", "transfer", &Account::transfers,
                          base + "destination str transfer_group str");
    router.add_collection("/v1/events", "event", &Account::events,
                          base + "type str types[] str delivery_success bool", event_filter);
    Schema none("expand[] str");
    router.add("GET", "/v1/balance", [=](Context& context) {
        none.check(context.params);
        return object_reply(context.world.balance(context.account.id));
    });
    add_refund_create(router);
}

}  // namespace stripe_sim
