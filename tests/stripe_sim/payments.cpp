// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/application_fees.hpp"
#include "tests/stripe_sim/currency.hpp"
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/payment_methods.hpp"
#include "tests/stripe_sim/transfers.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {
namespace {

Json outcome_of(const std::string& status, const std::string& code) {
    bool failed = status == "failed";
    return {{"advice_code", nullptr},
            {"network_advice_code", nullptr},
            {"network_decline_code", nullptr},
            {"network_status", failed ? "declined_by_network" : "approved_by_network"},
            {"reason", failed ? Json(code) : Json()},
            {"risk_level", "normal"},
            {"seller_message",
             failed ? "The bank did not return any further details." : "Payment complete."},
            {"type", failed ? "issuer_declined" : "authorized"}};
}

}  // namespace

Json World::make_intent(Account& account, const Json& base) {
    Json link = base.value("payment_link_object", Json::object());
    Json data = member(link, "payment_intent_data");
    Json intent = blank_payment_intent();
    std::string id = ids_.next("pi_3");
    intent["id"] = id;
    intent["amount"] = base["amount_total"];
    intent["application"] = &account == platform_ ? Json() : Json(options_.client_id);
    intent["application_fee_amount"] = member(link, "application_fee_amount");
    intent["client_secret"] = id + "_secret_" + ids_.next("", 24);
    intent["created"] = int_of(base, "intent_created", now());
    intent["currency"] = base["currency"];
    intent["on_behalf_of"] = member(link, "on_behalf_of");
    intent["transfer_data"] = member(link, "transfer_data");
    if (intent["transfer_data"].is_object() && intent["transfer_data"]["amount"].is_null()) {
        intent["transfer_data"].erase("amount");
    }
    if (data.is_object()) {
        for (const char* name :
             {"description", "metadata", "setup_future_usage", "statement_descriptor",
              "statement_descriptor_suffix", "transfer_group"}) {
            intent[name] = data[name];
        }
        intent["capture_method"] =
            text_of(data, "capture_method", text_of(intent, "capture_method"));
    }
    Record& record = add(account.payment_intents, intent);
    emit(account, "payment_intent.created", *record.text);
    return record.json();
}

Json World::attempt(Account& account, Record& intent, const PayInput& input, int64_t created) {
    Json pi = intent.json();
    bool ok = input.outcome == "ok" || input.outcome == "succeeded" || input.outcome == "delayed";
    std::string unnamed = input.outcome == "delayed" ? "us_bank_account" : "card";
    const PaymentMethod& method = payment_method(input.method.empty() ? unnamed : input.method);
    bool card = std::string_view(method.type) == "card";
    bool delayed = ok && method.delayed;
    Json charge = blank_charge();
    std::string id = ids_.next(card ? "ch_3" : "py_3");
    charge["id"] = id;
    charge["amount"] = pi["amount"];
    charge["application"] = pi["application"];
    charge["billing_details"]["email"] = text_or_null(input.email);
    charge["billing_details"]["name"] = text_or_null(input.name);
    charge["calculated_statement_descriptor"] = card ? Json("PAYSYNC TEST") : Json();
    charge["created"] = created;
    for (const char* name : {"currency", "description", "metadata", "on_behalf_of",
                             "statement_descriptor", "statement_descriptor_suffix",
                             "transfer_group", "transfer_data", "application_fee_amount"}) {
        charge[name] = pi[name];
    }
    if (charge["transfer_data"].is_object()) {
        charge["transfer_data"]["amount"] = member(charge["transfer_data"], "amount");
    }
    charge["payment_intent"] = intent.id;
    charge["payment_method"] = ids_.next("pm_1");
    charge["payment_method_details"] = payment_method_details(method, !ok, int_of(pi, "amount"));
    charge["receipt_url"] = public_url_ + "/receipts/" + id;
    charge["status"] = "pending";
    charge["captured"] = delayed;
    Record& record = add(account.charges, charge,
                         {{"payment_intent", intent.id},
                          {"customer", ""},
                          {"transfer_group", text_of(pi, "transfer_group")}});
    change(intent, [&](Json& changed) {
        changed["latest_charge"] = id;
        changed["payment_method"] = charge["payment_method"];
        changed["payment_method_types"] = {method.type};
        changed["receipt_email"] = nullptr;
        changed["status"] = "processing";
    });
    if (!ok) {
        fail(account, record, intent,
             input.outcome == "declined" ? "generic_decline" : input.outcome);
    } else if (delayed) {
        change(record, [&](Json& changed) {
            changed["outcome"] = outcome_of("pending", "");
            changed["amount_captured"] = changed["amount"];
        });
        emit(account, "charge.pending", *record.text);
        emit(account, "payment_intent.processing", *intent.text);
        if (input.settle_after > 0) {
            schedule(created + input.settle_after,
                     [this, id, outcome = input.settle_outcome] { settle(id, outcome); });
        }
    } else if (input.manual || text_of(pi, "capture_method") == "manual") {
        authorize(account, record, intent);
    } else {
        succeed(account, record, intent, int_of(charge, "amount"));
    }
    return record.json();
}

void World::succeed(Account& account, Record& charge, Record& intent, int64_t amount) {
    Json object = charge.json();
    bool destination = object["transfer_data"].is_object();
    bool card = charge.id.starts_with("ch_");
    Record& row = post(
        account, {.type = card ? "charge" : "payment",
                  .category = "charge",
                  .amount = amount,
                  .currency = text_of(object, "currency"),
                  .source = charge.id,
                  .description = text_of(object, "description"),
                  .stripe_fee = processing_fee(amount),
                  .application_fee = destination ? 0 : int_of(object, "application_fee_amount")});
    // The fee of a destination charge is taken from the destination account.
    std::string fee_id = destination ? "" : take_application_fee(*this, account, object);
    change(charge, [&](Json& changed) {
        changed["status"] = "succeeded";
        changed["paid"] = changed["captured"] = true;
        changed["amount_captured"] = amount;
        changed["application_fee"] = text_or_null(fee_id);
        changed["balance_transaction"] = row.id;
        changed["outcome"] = outcome_of("succeeded", "");
    });
    change(intent, [&](Json& changed) {
        changed["status"] = "succeeded";
        changed["amount_received"] = amount;
        changed["amount_capturable"] = 0;
    });
    transfer_charge(*this, charge);
    emit(account, bool_of(object, "paid") ? "charge.captured" : "charge.succeeded", *charge.text);
    emit(account, "payment_intent.succeeded", *intent.text);
}

void World::fail(Account& account, Record& charge, Record& intent, const std::string& code,
                 const std::string& row) {
    Json before = charge.json();
    std::string back;
    if (text_of(before, "status") == "succeeded") {
        back = post(account, {.type = row,
                              .category = "charge_failure",
                              .amount = -int_of(before, "amount_captured"),
                              .currency = text_of(before, "currency"),
                              .source = charge.id,
                              .description = "Payment reversal"})
                   .id;
    }
    Json object = change(charge, [&](Json& changed) {
        changed["status"] = "failed";
        changed["failure_balance_transaction"] = back.empty() ? Json() : Json(back);
        changed["paid"] = changed["captured"] = false;
        changed["amount_captured"] = 0;
        changed["failure_code"] = charge.id.starts_with("ch_") ? "card_declined" : code;
        changed["failure_message"] = "Your payment was declined.";
        changed["outcome"] = outcome_of("failed", code);
    });
    change(intent, [&](Json& changed) {
        changed["status"] = "requires_payment_method";
        changed["payment_method"] = nullptr;
        changed["last_payment_error"] = {{"charge", charge.id},
                                         {"code", object["failure_code"]},
                                         {"decline_code", code},
                                         {"message", "Your payment was declined."},
                                         {"type", "card_error"}};
    });
    emit(account, "charge.failed", *charge.text);
    emit(account, "payment_intent.payment_failed", *intent.text);
}

Json World::add_charges(const std::string& account, const Json& params) {
    auto guard = lock();
    run_due();
    Account& seller = this->account(account);
    int64_t created = int_of(params, "created", now());
    int64_t count = int_of(params, "count", 1);
    std::string currency =
        text_of(params, "currency", text_of(account_json(account), "default_currency"));
    Json data = {{"description", member(params, "description")},
                 {"metadata", params.value("metadata", Json::object())},
                 {"setup_future_usage", nullptr},
                 {"statement_descriptor", nullptr},
                 {"statement_descriptor_suffix", nullptr},
                 {"transfer_group", nullptr}};
    Json base = {{"amount_total", int_of(params, "amount", 1000)}, {"currency", currency}};
    base["payment_link_object"] = {
        {"payment_intent_data", data},
        {"application_fee_amount", member(params, "application_fee_amount")}};
    PayInput input;
    input.outcome = text_of(params, "outcome", "ok");
    input.email = text_of(params, "email", "buyer@example.com");
    input.name = text_of(params, "name");
    input.method = text_of(params, "method");
    input.settle_after = int_of(params, "settle_after");
    input.settle_outcome = text_of(params, "settle_outcome", "ok");
    input.manual = bool_of(params, "manual");
    Json ids = Json::array();
    int64_t acting = acting_at_;
    for (int64_t i = 0; i < count; ++i) {
        acting_at_ = created + i * int_of(params, "spacing");
        Json intent = make_intent(seller, base);
        std::string id = text_of(intent, "id");
        ids.push_back(attempt(seller, *seller.payment_intents.find(id), input, acting_at_)["id"]);
    }
    acting_at_ = acting;
    return ids;
}

}  // namespace stripe_sim
