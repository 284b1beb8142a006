// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/currency.hpp"
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/world.hpp"

#include <cstdlib>

namespace stripe_sim {
namespace {

constexpr int64_t kPendingSeconds = 2 * 24 * 3600;

Json fee_detail(int64_t amount, const std::string& currency, const std::string& type,
                const Json& application) {
    return {{"amount", amount},
            {"application", application},
            {"currency", currency},
            {"description",
             type == "stripe_fee" ? "Stripe processing fees" : "paysync application fee"},
            {"type", type}};
}

}  // namespace

int64_t World::convert(Account& account, int64_t amount, const std::string& currency,
                       Json& object) {
    auto rate = account.rates.find(currency);
    if (rate == account.rates.end()) {
        object["currency"] = currency;
        return amount;
    }
    std::string into = text_of(account_json(account.id), "default_currency");
    object["currency"] = into;
    object["exchange_rate"] = Json::parse(rate->second);
    return convert_amount(amount, rate->second, currency_exponent(currency),
                          currency_exponent(into));
}

Record& World::post(Account& account, const LedgerEntry& entry) {
    auto guard = lock();
    Json row = blank_transaction();
    std::string id = ids_.next("txn_1");
    row["id"] = id;
    row["amount"] = convert(account, entry.amount, entry.currency, row);
    std::string currency = text_of(row, "currency");
    int64_t fee = 0;
    auto take = [&](int64_t amount, const char* type, const Json& application) {
        if (amount != 0) {
            Json scratch;
            int64_t converted = convert(account, amount, entry.currency, scratch);
            row["fee_details"].push_back(fee_detail(converted, currency, type, application));
            fee += converted;
        }
    };
    take(entry.application_fee, "application_fee", options_.client_id);
    take(entry.stripe_fee, "stripe_fee", nullptr);
    int64_t net = int_of(row, "amount") - fee;
    bool later = entry.available_on != 0 || entry.amount > 0;
    row["available_on"] = entry.available_on != 0 ? entry.available_on
                          : later                 ? now() + kPendingSeconds
                                                  : now();
    row["created"] = now();
    row["description"] = entry.description.empty() ? Json() : Json(entry.description);
    row["fee"] = fee;
    row["net"] = net;
    row["reporting_category"] = entry.category;
    row["source"] = entry.source;
    later = int_of(row, "available_on") > now();
    row["status"] = later ? "pending" : "available";
    row["type"] = entry.type;
    Record& record = add(account.transactions, row,
                         {{"type", entry.type},
                          {"currency", currency},
                          {"source", entry.source},
                          {"payout", entry.type == "payout" ? entry.source : ""},
                          {"net", std::to_string(net)},
                          {"status", text_of(row, "status")}});
    Account::Balance& balance = account.balances[currency];
    (later ? balance.pending : balance.available) += net;
    if (later) {
        schedule(int_of(row, "available_on"), [this, &account, id, net, currency] {
            Record& due = *account.transactions.find(id);
            change(due, [](Json& changed) { changed["status"] = "available"; });
            due.set_field("status", "available");
            account.balances[currency].pending -= net;
            account.balances[currency].available += net;
        });
    }
    return record;
}

Json World::balance(const std::string& account) {
    auto guard = lock();
    run_due();
    Account& owner = this->account(account);
    Json available = Json::array();
    Json pending = Json::array();
    auto entry = [](int64_t amount, const std::string& currency) {
        return Json{
            {"amount", amount}, {"currency", currency}, {"source_types", {{"card", amount}}}};
    };
    for (const auto& [currency, balance] : owner.balances) {
        available.push_back(entry(balance.available, currency));
        pending.push_back(entry(balance.pending, currency));
    }
    if (owner.balances.empty()) {
        std::string currency = text_of(account_json(account), "default_currency");
        available.push_back(entry(0, currency));
        pending.push_back(entry(0, currency));
    }
    Json out = {{"object", "balance"}, {"available", available}};
    if (&owner == platform_) {
        out["connect_reserved"] = Json::array();
        for (const Json& each : available) {
            out["connect_reserved"].push_back({{"amount", 0}, {"currency", each["currency"]}});
        }
    }
    out["livemode"] = options_.livemode;
    out["pending"] = pending;
    return out;
}

}  // namespace stripe_sim
