// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"

namespace stripe_sim {

Json blank_payment_intent() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "payment_intent", "allowed_payment_method_types": null, "amount": 0,
        "amount_capturable": 0, "amount_details": {"tip": {}}, "amount_received": 0,
        "application": null, "application_fee_amount": null, "automatic_payment_methods": null,
        "canceled_at": null, "cancellation_reason": null, "capture_method": "automatic_async",
        "client_secret": "", "confirmation_method": "automatic", "created": 0,
        "currency": "usd", "customer": null, "customer_account": null, "description": null,
        "excluded_payment_method_types": null, "last_payment_error": null, "latest_charge": null,
        "livemode": false, "managed_payments": {"enabled": false}, "metadata": {},
        "next_action": null, "on_behalf_of": null, "payment_method": null,
        "payment_method_configuration_details": null, "payment_method_options": {},
        "payment_method_types": ["card"], "payment_record": null, "processing": null,
        "receipt_email": null, "review": null, "setup_future_usage": null, "shipping": null,
        "source": null, "statement_descriptor": null, "statement_descriptor_suffix": null,
        "status": "requires_payment_method", "transfer_data": null,
        "transfer_group": null})json");
    return kBlank;
}

Json blank_card() {
    static const Json kBlank = Json::parse(R"json({
        "amount_authorized": null, "authorization_code": null, "brand": "visa",
        "checks": {"address_line1_check": null, "address_postal_code_check": "pass",
            "cvc_check": "pass"},
        "country": "US", "electronic_commerce_indicator": null, "exp_month": 8,
        "exp_year": 2031, "extended_authorization": {"status": "disabled"},
        "fingerprint": "paysyncTestCard0", "funding": "credit",
        "incremental_authorization": {"status": "unavailable"}, "installments": null,
        "last4": "4242", "mandate": null, "multicapture": {"status": "unavailable"},
        "network": "visa", "network_token": {"used": false}, "network_transaction_id": null,
        "overcapture": {"maximum_amount_capturable": 0, "status": "unavailable"},
        "regulated_status": "unregulated", "three_d_secure": null, "transaction_link_id": null,
        "wallet": null})json");
    return kBlank;
}

Json blank_charge() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "charge", "amount": 0, "amount_captured": 0, "amount_refunded": 0,
        "application": null, "application_fee": null, "application_fee_amount": null,
        "balance_transaction": null,
        "billing_details": {"address": {"city": null, "country": null, "line1": null,
            "line2": null, "postal_code": null, "state": null}, "email": null, "name": null,
            "phone": null, "tax_id": null},
        "calculated_statement_descriptor": null, "captured": false, "created": 0,
        "currency": "usd", "customer": null, "description": null, "disputed": false,
        "failure_balance_transaction": null, "failure_code": null, "failure_message": null,
        "fraud_details": {}, "livemode": false, "metadata": {}, "on_behalf_of": null,
        "outcome": null, "paid": false, "payment_intent": null, "payment_method": null,
        "payment_method_details": null, "receipt_email": null, "receipt_number": null,
        "receipt_url": null, "refunded": false, "review": null, "shipping": null,
        "source": null, "source_transfer": null, "statement_descriptor": null,
        "statement_descriptor_suffix": null, "status": "succeeded", "transfer_data": null,
        "transfer_group": null})json");
    return kBlank;
}

Json blank_refund() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "refund", "amount": 0, "balance_transaction": null, "charge": null,
        "created": 0, "currency": "usd", "customer": null, "customer_account": null,
        "destination_details": {"card": {"reference_status": "pending",
            "reference_type": "acquirer_reference_number", "type": "refund"}, "type": "card"},
        "metadata": {}, "payment_intent": null, "payment_method": null, "reason": null,
        "receipt_number": null, "source_transfer_reversal": null, "status": "succeeded",
        "transfer_reversal": null})json");
    return kBlank;
}

Json blank_dispute() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "dispute", "amount": 0, "balance_transactions": [], "charge": "",
        "created": 0, "currency": "usd", "enhanced_eligibility_types": [], "evidence": {},
        "evidence_details": {"due_by": 0, "enhanced_eligibility": {}, "has_evidence": false,
            "past_due": false, "submission_count": 0, "submission_method": "not_submitted"},
        "intended_submission_method": null, "is_charge_refundable": false, "livemode": false,
        "metadata": {}, "network_reason_code": "10.4", "payment_intent": null,
        "payment_method_details": {"card": {"brand": "visa", "case_type": "chargeback",
            "network": "visa", "network_reason_code": "10.4"}, "type": "card"},
        "reason": "fraudulent", "status": "needs_response"})json");
    return kBlank;
}

Json blank_transaction() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "balance_transaction", "amount": 0, "available_on": 0,
        "balance_type": "payments", "created": 0, "currency": "usd", "description": null,
        "exchange_rate": null, "fee": 0, "fee_details": [], "net": 0, "reporting_category": "",
        "source": null, "status": "pending", "type": ""})json");
    return kBlank;
}

Json blank_payout() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "payout", "amount": 0, "application_fee": null,
        "application_fee_amount": null, "arrival_date": 0, "automatic": true,
        "balance_transaction": null, "created": 0, "currency": "usd",
        "description": "STRIPE PAYOUT", "destination": null,
        "failure_balance_transaction": null, "failure_code": null, "failure_message": null,
        "livemode": false, "metadata": {}, "method": "standard", "original_payout": null,
        "payout_method": null, "reconciliation_status": "in_progress", "reversed_by": null,
        "source_type": "card", "statement_descriptor": null, "status": "in_transit",
        "trace_id": {"status": "pending", "value": null}, "type": "bank_account"})json");
    return kBlank;
}

Json blank_application_fee() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "application_fee", "account": "", "amount": 0, "amount_refunded": 0,
        "application": "", "balance_transaction": null, "charge": "", "created": 0,
        "currency": "usd", "fee_source": {"charge": "", "type": "charge"}, "livemode": false,
        "originating_transaction": null, "refunded": false,
        "refunds": {"object": "list", "data": [], "has_more": false, "url": ""}})json");
    return kBlank;
}

Json blank_transfer() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "transfer", "amount": 0, "amount_reversed": 0,
        "balance_transaction": null, "created": 0, "currency": "usd", "description": null,
        "destination": null, "destination_payment": null, "livemode": false, "metadata": {},
        "reversals": {"object": "list", "data": [], "has_more": false, "url": ""},
        "reversed": false, "source_transaction": null, "source_type": "card",
        "transfer_group": null})json");
    return kBlank;
}

}  // namespace stripe_sim
