// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/world.hpp"

/// Authorisations that are captured later:
/// https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
namespace stripe_sim {
namespace {

/// The time in which a card's authorisation can be captured online.
constexpr int64_t kAuthorizationSeconds = 7 * 24 * 3600;

}  // namespace

void World::authorize(Account& account, Record& charge, Record& intent) {
    change(charge, [](Json& changed) {
        changed["status"] = "succeeded";
        changed["paid"] = true;
        changed["captured"] = false;
        changed["outcome"] = {{"advice_code", nullptr},
                              {"network_advice_code", nullptr},
                              {"network_decline_code", nullptr},
                              {"network_status", "approved_by_network"},
                              {"reason", nullptr},
                              {"risk_level", "normal"},
                              {"seller_message", "Payment complete."},
                              {"type", "authorized"}};
    });
    change(intent, [](Json& changed) {
        changed["status"] = "requires_capture";
        changed["amount_capturable"] = changed["amount"];
    });
    emit(account, "charge.succeeded", *charge.text);
    emit(account, "payment_intent.amount_capturable_updated", *intent.text);
    // Does nothing if it was captured or released meanwhile: release() throws then.
    schedule(now() + kAuthorizationSeconds, [this, id = charge.id] { release(id, true); });
}

Record& World::authorized(const std::string& charge) {
    Account& seller = owner(&Account::charges, charge, "charge");
    Record& record = *seller.charges.find(charge);
    Json object = record.json();
    if (bool_of(object, "captured")) {
        throw invalid_request("Charge " + charge + " has already been captured.", "charge",
                              "charge_already_captured");
    }
    if (bool_of(object, "refunded")) {
        throw invalid_request("Charge " + charge + " has been released.", "charge",
                              "charge_expired_for_capture");
    }
    if (text_of(object, "status") != "succeeded") {
        throw invalid_request("Charge " + charge + " is no authorisation.", "charge");
    }
    return record;
}

Json World::capture(const std::string& charge, int64_t amount) {
    auto guard = lock();
    run_due();
    Account& seller = owner(&Account::charges, charge, "charge");
    Record& record = authorized(charge);
    Json object = record.json();
    int64_t whole = int_of(object, "amount");
    amount = amount == 0 ? whole : amount;
    if (amount < 1 || amount > whole) {
        throw invalid_request("The amount must be at most the authorised one.", "amount");
    }
    std::string intent_id = text_of(object, "payment_intent");
    succeed(seller, record, *seller.payment_intents.find(intent_id), amount);
    if (amount < whole) {
        add_released(seller, record, whole - amount, false);
    }
    seller.sessions.each([&](Record& session) {
        if (session.field("payment_intent") == intent_id) {
            change(session, [](Json& changed) { changed["payment_status"] = "paid"; });
        }
    });
    return record.json();
}

Json World::release(const std::string& charge, bool expired) {
    auto guard = lock();
    run_due();
    Account& seller = owner(&Account::charges, charge, "charge");
    Record& record = authorized(charge);
    add_released(seller, record, int_of(record.json(), "amount"), expired);
    Record& intent = *seller.payment_intents.find(text_of(record.json(), "payment_intent"));
    change(intent, [&](Json& changed) {
        changed["status"] = "canceled";
        changed["amount_capturable"] = 0;
        changed["canceled_at"] = now();
        changed["cancellation_reason"] = expired ? "automatic" : "requested_by_customer";
    });
    if (expired) {
        emit(seller, "charge.expired", *record.text);
    }
    emit(seller, "payment_intent.canceled", *intent.text);
    return record.json();
}

}  // namespace stripe_sim
