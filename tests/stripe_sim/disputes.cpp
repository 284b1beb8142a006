// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {
namespace {

constexpr int64_t kDisputeFee = 1500;
constexpr int64_t kResponseSeconds = 9 * 24 * 3600;

}  // namespace

Json World::open_dispute(const std::string& charge, const Json& params) {
    auto guard = lock();
    run_due();
    Account& seller = owner(&Account::charges, charge, "charge");
    Record& disputed = *seller.charges.find(charge);
    Json object = disputed.json();
    Json dispute = blank_dispute();
    std::string id = ids_.next("du_1");
    int64_t amount = int_of(params, "amount", int_of(object, "amount_captured"));
    dispute["id"] = id;
    dispute["amount"] = amount;
    dispute["charge"] = charge;
    dispute["created"] = now();
    dispute["currency"] = object["currency"];
    dispute["evidence_details"]["due_by"] = now() + kResponseSeconds;
    dispute["payment_intent"] = object["payment_intent"];
    dispute["reason"] = text_of(params, "reason", "fraudulent");
    dispute["status"] = text_of(params, "status", "needs_response");
    bool inquiry = text_of(dispute, "status").starts_with("warning_");
    dispute["is_charge_refundable"] = inquiry;
    if (!inquiry) {
        dispute["balance_transactions"].push_back(
            post(seller, {.type = "adjustment",
                          .category = "dispute",
                          .amount = -amount,
                          .currency = text_of(object, "currency"),
                          .source = id,
                          .description = "Chargeback withdrawal for " + charge,
                          .stripe_fee = kDisputeFee})
                .json());
    }
    Record& record =
        add(seller.disputes, dispute,
            {{"charge", charge}, {"payment_intent", text_of(object, "payment_intent")}});
    change(disputed, [](Json& changed) { changed["disputed"] = true; });
    emit(seller, "charge.dispute.created", *record.text);
    if (!inquiry) {
        emit(seller, "charge.dispute.funds_withdrawn", *record.text);
    }
    for (const Json& step : member(params, "then")) {
        schedule(now() + int_of(step, "after"),
                 [this, id, status = text_of(step, "status")] { update_dispute(id, status); });
    }
    return record.json();
}

Json World::update_dispute(const std::string& dispute, const std::string& status) {
    auto guard = lock();
    run_due();
    Account& seller = owner(&Account::disputes, dispute, "dispute");
    Record& record = *seller.disputes.find(dispute);
    Json object = record.json();
    bool withdrawn = object["balance_transactions"].size() == 1;
    Json moved;
    if (status == "won" && withdrawn) {
        moved = post(seller, {.type = "adjustment",
                              .category = "dispute_reversal",
                              .amount = int_of(object, "amount"),
                              .currency = text_of(object, "currency"),
                              .source = dispute,
                              .description = "Chargeback reversal for " + text_of(object, "charge"),
                              .available_on = now()})
                    .json();
    } else if (object["balance_transactions"].empty() && !status.starts_with("warning_") &&
               status != "prevented") {
        moved =
            post(seller, {.type = "adjustment",
                          .category = "dispute",
                          .amount = -int_of(object, "amount"),
                          .currency = text_of(object, "currency"),
                          .source = dispute,
                          .description = "Chargeback withdrawal for " + text_of(object, "charge"),
                          .stripe_fee = kDisputeFee})
                .json();
    }
    object = change(record, [&](Json& changed) {
        changed["status"] = status;
        if (!moved.is_null()) {
            changed["balance_transactions"].push_back(moved);
        }
    });
    bool closed =
        status == "won" || status == "lost" || status == "warning_closed" || status == "prevented";
    if (!moved.is_null()) {
        emit(seller,
             status == "won" ? "charge.dispute.funds_reinstated" : "charge.dispute.funds_withdrawn",
             *record.text);
    }
    emit(seller, closed ? "charge.dispute.closed" : "charge.dispute.updated", *record.text);
    return object;
}

}  // namespace stripe_sim
