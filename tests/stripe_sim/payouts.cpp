// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/world.hpp"

#include <ctime>
#include <map>
#include <vector>

namespace stripe_sim {
namespace {

constexpr int64_t kDaySeconds = 24 * 3600;
constexpr int64_t kTransitSeconds = kDaySeconds;

/// Whether a schedule pays out on this day: weekly on Mondays, monthly on the first.
bool pays_out_on(const std::string& interval, int64_t time) {
    std::tm day{};
    auto seconds = static_cast<std::time_t>(time);
    ::gmtime_r(&seconds, &day);
    return interval == "daily" || (interval == "weekly" && day.tm_wday == 1) ||
           (interval == "monthly" && day.tm_mday == 1);
}

}  // namespace

void World::pay_out_daily(const std::string& id, bool on) {
    auto guard = lock();
    Account& seller = account(id);
    bool started = !seller.pays_out_daily && on;
    seller.pays_out_daily = on;
    if (started) {
        schedule_payout(seller);
    }
}

void World::schedule_payout(Account& seller) {
    int64_t midnight = (now() / kDaySeconds + 1) * kDaySeconds;
    schedule(midnight, [this, &seller] {
        if (!seller.pays_out_daily) {
            return;
        }
        // The next day is scheduled first, because a day without money throws.
        schedule_payout(seller);
        Json holder = account_json(seller.id);
        std::string interval =
            text_of(holder["settings"]["payouts"]["schedule"], "interval", "daily");
        if (bool_of(holder, "payouts_enabled") && pays_out_on(interval, now())) {
            for (const auto& [currency, balance] : std::map(seller.balances)) {
                if (balance.available > 0) {
                    make_payout(seller.id, {{"currency", currency}});
                }
            }
        }
    });
}

Json World::make_payout(const std::string& account, const Json& params) {
    auto guard = lock();
    run_due();
    Account& seller = this->account(account);
    Json holder = account_json(account);
    std::string currency = text_of(params, "currency", text_of(holder, "default_currency"));
    bool automatic = bool_of(params, "automatic", true);
    int64_t amount = int_of(params, "amount");
    std::vector<Record*> rows;
    if (automatic) {
        amount = 0;
        seller.transactions.each([&](Record& row) {
            if (row.field("payout").empty() && row.field("status") == "available" &&
                row.field("currency") == currency) {
                rows.push_back(&row);
                amount += std::stoll(std::string(row.field("net")));
            }
        });
    }
    if (amount <= 0 || amount > seller.balances[currency].available) {
        throw invalid_request("You have insufficient funds in your Stripe account.", "amount",
                              "balance_insufficient");
    }
    Json payout = blank_payout();
    std::string id = ids_.next("po_1");
    payout["id"] = id;
    payout["amount"] = amount;
    payout["arrival_date"] = now() + kTransitSeconds;
    payout["automatic"] = automatic;
    payout["created"] = now();
    payout["currency"] = currency;
    payout["destination"] = "ba_1" + account.substr(account.size() - 16);
    payout["reconciliation_status"] = automatic ? "in_progress" : "not_applicable";
    payout["statement_descriptor"] = member(params, "statement_descriptor");
    Record& out = post(seller, {.type = "payout",
                                .category = "payout",
                                .amount = -amount,
                                .currency = currency,
                                .source = id,
                                .description = "STRIPE PAYOUT"});
    payout["balance_transaction"] = out.id;
    if (!automatic) {
        // The next automatic payout is smaller by this amount.
        out.set_field("payout", "");
    }
    for (Record* row : rows) {
        row->set_field("payout", id);
    }
    Record& record =
        add(seller.payouts, payout,
            {{"status", "in_transit"}, {"destination", text_of(payout, "destination")}});
    record.set_field("arrival_date", std::to_string(int_of(payout, "arrival_date")));
    emit(seller, "payout.created", *record.text);
    if (text_of(params, "status") == "paid") {
        return update_payout(id, "paid");
    }
    schedule(now() + kTransitSeconds, [this, id, &seller] {
        if (seller.payouts.find(id)->field("status") == "in_transit") {
            update_payout(id, "paid");
        }
    });
    if (int_of(params, "fail_after") > 0) {
        std::string code = text_of(params, "failure_code", "account_closed");
        schedule(now() + int_of(params, "fail_after"),
                 [this, id, code] { update_payout(id, "failed", code); });
    }
    return record.json();
}

Json World::update_payout(const std::string& payout, const std::string& status,
                          const std::string& failure_code) {
    auto guard = lock();
    Account& seller = owner(&Account::payouts, payout, "payout");
    Record& record = *seller.payouts.find(payout);
    Json object = record.json();
    bool back = status == "failed" || status == "canceled";
    std::string back_row;
    if (back && object["failure_balance_transaction"].is_null()) {
        back_row = post(seller, {.type = status == "failed" ? "payout_failure" : "payout_cancel",
                                 .category = "payout_reversal",
                                 .amount = int_of(object, "amount"),
                                 .currency = text_of(object, "currency"),
                                 .source = payout,
                                 .description = "PAYOUT FAILURE",
                                 .available_on = now()})
                       .id;
    }
    object = change(record, [&](Json& changed) {
        changed["status"] = status;
        if (!back_row.empty()) {
            changed["failure_balance_transaction"] = back_row;
            changed["failure_code"] = status == "failed" ? Json(failure_code) : Json();
            changed["failure_message"] =
                status == "failed" ? Json("The bank account has been closed") : Json();
        }
        if (status == "paid" && bool_of(changed, "automatic")) {
            changed["reconciliation_status"] = "completed";
            changed["trace_id"] = {{"status", "supported"}, {"value", "FT" + payout.substr(3, 12)}};
        }
    });
    record.set_field("status", status);
    emit(seller, "payout." + status, *record.text);
    if (status == "paid" && bool_of(object, "automatic")) {
        emit(seller, "payout.reconciliation_completed", *record.text);
    }
    return object;
}

}  // namespace stripe_sim
