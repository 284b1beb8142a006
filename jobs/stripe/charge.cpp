// SPDX-License-Identifier: MIT
#include "jobs/stripe/charge.hpp"

#include "jobs/stripe/json.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace paysync::stripe {

namespace {

/// Payment methods whose details hold digits that a payer recognises. All use the same field names;
/// a field that a method does not have (a US bank debit has no country) is absent.
constexpr std::string_view kMethodsWithDigits[] = {
    "card",       "card_present", "interac_present", "us_bank_account",
    "sepa_debit", "bacs_debit",   "au_becs_debit",   "acss_debit"};

PaymentMethod read_method(const Object& object) {
    PaymentMethod method;
    method.type = object.text("type");
    if (std::find(std::begin(kMethodsWithDigits), std::end(kMethodsWithDigits), method.type) ==
        std::end(kMethodsWithDigits))
        return method;
    if (const auto details = object.opt_object(method.type)) {
        method.brand = details->opt_text("brand");
        if (!method.brand)
            method.brand = details->opt_text("bank_name");
        method.country = details->opt_text("country");
        method.last4 = details->opt_text("last4");
        if (const auto wallet = details->opt_object("wallet"))
            method.wallet = wallet->text("type");
    }
    return method;
}

}  // namespace

std::optional<std::string> Charge::request_id() const {
    const auto found = metadata.find("request_id");
    return found == metadata.end() ? std::nullopt : std::optional(found->second);
}

// In the order in which Stripe writes the fields: Object::find() continues where it last found one.
Charge read_charge(const Object& object) {
    Charge charge;
    charge.id = object.text("id");
    object.expect_type("charge");
    charge.amount = object.integer("amount");
    charge.amount_captured = object.integer("amount_captured");
    charge.amount_refunded = object.integer("amount_refunded");
    charge.application_fee = object.opt_reference("application_fee");
    charge.application_fee_amount = object.opt_integer("application_fee_amount");
    charge.balance_transaction_id = object.opt_reference("balance_transaction");
    if (const auto expanded = object.opt_expanded("balance_transaction"))
        charge.balance_transaction = read_balance_transaction(*expanded);
    if (const auto billing = object.opt_object("billing_details")) {
        charge.payer_email = billing->opt_text("email");
        charge.payer_name = billing->opt_text("name");
    }
    charge.captured = object.flag("captured");
    charge.created = object.integer("created");
    charge.currency = object.text("currency");
    charge.description = object.opt_text("description");
    charge.disputed = object.flag("disputed");
    charge.failure_code = object.opt_text("failure_code");
    charge.failure_message = object.opt_text("failure_message");
    charge.livemode = object.flag("livemode");
    charge.metadata = object.opt_text_map("metadata");
    if (const auto outcome = object.opt_object("outcome"))
        charge.outcome_type = outcome->opt_text("type");
    charge.paid = object.flag("paid");
    charge.payment_intent = object.opt_reference("payment_intent");
    if (const auto details = object.opt_object("payment_method_details"))
        charge.method = read_method(*details);
    charge.receipt_email = object.opt_text("receipt_email");
    charge.receipt_url = object.opt_text("receipt_url");
    charge.refunded = object.flag("refunded");
    charge.statement_descriptor = object.opt_text("statement_descriptor");
    charge.status = object.text("status");
    return charge;
}

}  // namespace paysync::stripe
