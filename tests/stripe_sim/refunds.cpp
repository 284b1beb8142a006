// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/application_fees.hpp"
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {

Json World::refund(const std::string& account, const Json& params) {
    auto guard = lock();
    run_due();
    std::string charge_id = text_of(params, "charge");
    if (charge_id.empty() && params.contains("payment_intent")) {
        std::string intent_id = text_of(params, "payment_intent");
        const Record* intent = this->account(account).payment_intents.find(intent_id);
        if (intent == nullptr) {
            throw resource_missing("payment_intent", intent_id, "payment_intent");
        }
        charge_id = text_of(intent->json(), "latest_charge");
    }
    if (charge_id.empty()) {
        throw invalid_request(
            "One of the following params should be provided for this request: "
            "payment_intent or charge.");
    }
    Account& seller =
        account.empty() ? owner(&Account::charges, charge_id, "charge") : this->account(account);
    Record* charge = seller.charges.find(charge_id);
    if (charge == nullptr) {
        throw resource_missing("charge", charge_id, "charge");
    }
    Json object = charge->json();
    // What a partial capture released counts as refunded, too.
    int64_t left = int_of(object, "amount") - int_of(object, "amount_refunded");
    int64_t amount = int_of(params, "amount", left);
    if (text_of(object, "status") != "succeeded" || !bool_of(object, "captured")) {
        throw invalid_request("Charge " + charge_id + " has not succeeded.", "charge",
                              "charge_not_refundable");
    }
    if (left == 0) {
        throw invalid_request("Charge " + charge_id + " has already been refunded.", "",
                              "charge_already_refunded");
    }
    if (amount < 1 || amount > left) {
        throw invalid_request("Refund amount is greater than unrefunded amount on charge.",
                              "amount");
    }
    Json refund = blank_refund();
    refund["id"] = ids_.next("re_3");
    refund["amount"] = amount;
    refund["charge"] = charge_id;
    refund["created"] = now();
    for (const char* name : {"currency", "payment_intent", "payment_method"}) {
        refund[name] = object[name];
    }
    refund["reason"] = member(params, "reason");
    // A refund to a bank account takes days.
    refund["status"] =
        text_of(params, "status", charge_id.starts_with("ch_") ? "succeeded" : "pending");
    apply_metadata(refund, params);
    bool card = charge_id.starts_with("ch_");
    refund["balance_transaction"] = post(seller, {.type = card ? "refund" : "payment_refund",
                                                  .category = "refund",
                                                  .amount = -amount,
                                                  .currency = text_of(object, "currency"),
                                                  .source = text_of(refund, "id"),
                                                  .description = "REFUND FOR CHARGE"})
                                        .id;
    Record& record =
        add(seller.refunds, refund,
            {{"charge", charge_id}, {"payment_intent", text_of(object, "payment_intent")}});
    change(*charge, [&](Json& changed) {
        changed["amount_refunded"] = int_of(changed, "amount_refunded") + amount;
        changed["refunded"] = changed["amount_refunded"] == changed["amount"];
    });
    emit(seller, "refund.created", *record.text);
    emit(seller, "charge.refunded", *charge->text);
    std::string fee = text_of(object, "application_fee");
    if (bool_of(params, "refund_application_fee") && !fee.empty()) {
        // The refunded share of the fee equals the refunded share of the charge.
        int64_t whole = int_of(object, "application_fee_amount");
        refund_application_fee(*this, fee, whole * amount / int_of(object, "amount"));
    }
    if (int_of(params, "settle_after") > 0) {
        schedule(now() + int_of(params, "settle_after"),
                 [this, id = record.id, status = text_of(params, "settle_status", "succeeded")] {
                     update_refund(id, status);
                 });
    }
    return record.json();
}

void World::add_released(Account& account, Record& charge, int64_t amount, bool expired) {
    Json object = charge.json();
    Json refund = blank_refund();
    refund["id"] = ids_.next("re_3");
    refund["amount"] = amount;
    refund["charge"] = charge.id;
    refund["created"] = now();
    for (const char* name : {"currency", "payment_intent", "payment_method"}) {
        refund[name] = object[name];
    }
    refund["reason"] = expired ? Json("expired_uncaptured_charge") : Json();
    Record& record =
        add(account.refunds, refund,
            {{"charge", charge.id}, {"payment_intent", text_of(object, "payment_intent")}});
    change(charge, [&](Json& changed) {
        changed["amount_refunded"] = int_of(changed, "amount_refunded") + amount;
        changed["refunded"] = changed["amount_refunded"] == changed["amount"];
    });
    emit(account, "refund.created", *record.text);
    emit(account, "charge.refunded", *charge.text);
}

Json World::update_refund(const std::string& refund, const std::string& status,
                          const std::string& failure_reason) {
    auto guard = lock();
    run_due();
    Account& seller = owner(&Account::refunds, refund, "refund");
    Record& record = *seller.refunds.find(refund);
    Json object = record.json();
    std::string present = text_of(object, "status");
    if (present == "failed" || present == "canceled" || object["balance_transaction"].is_null()) {
        throw invalid_request("Refund " + refund + " is already final.", "refund");
    }
    std::string back;
    if (status == "failed" || status == "canceled") {
        int64_t amount = int_of(object, "amount");
        back = post(seller, {.type = "refund_failure",
                             .category = "refund_failure",
                             .amount = amount,
                             .currency = text_of(object, "currency"),
                             .source = refund,
                             .description = "REFUND FAILURE",
                             .available_on = now()})
                   .id;
        Record& charge = *seller.charges.find(text_of(object, "charge"));
        change(charge, [&](Json& changed) {
            changed["amount_refunded"] = int_of(changed, "amount_refunded") - amount;
            changed["refunded"] = false;
        });
        emit(seller, "charge.updated", *charge.text);
    }
    object = change(record, [&](Json& changed) {
        changed["status"] = status;
        if (!back.empty()) {
            changed["failure_balance_transaction"] = back;
            changed["failure_reason"] = failure_reason;
        }
    });
    emit(seller, status == "failed" ? "refund.failed" : "refund.updated", *record.text);
    return object;
}

}  // namespace stripe_sim
