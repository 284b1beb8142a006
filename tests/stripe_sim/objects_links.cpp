// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"

namespace stripe_sim {

Json blank_payment_link() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "payment_link", "active": true,
        "after_completion": {"hosted_confirmation": {"custom_message": null},
            "type": "hosted_confirmation"},
        "allow_promotion_codes": false, "application": null, "application_fee_amount": null,
        "application_fee_percent": null, "automatic_tax": {"enabled": false, "liability": null},
        "billing_address_collection": "auto", "consent_collection": null, "currency": "usd",
        "custom_fields": [],
        "custom_text": {"after_submit": null, "shipping_address": null, "submit": null,
            "terms_of_service_acceptance": null},
        "customer_creation": "if_required", "inactive_message": null,
        "invoice_creation": {"enabled": false, "invoice_data": {"account_tax_ids": null,
            "custom_fields": null, "description": null, "footer": null, "issuer": null,
            "metadata": {}, "rendering_options": null}},
        "livemode": false, "managed_payments": {"enabled": false}, "metadata": {},
        "on_behalf_of": null, "payment_intent_data": null,
        "payment_method_collection": "always", "payment_method_options": null,
        "payment_method_types": null, "phone_number_collection": {"enabled": false},
        "restrictions": null, "shipping_address_collection": null, "shipping_options": [],
        "submit_type": "auto", "subscription_data": null,
        "tax_id_collection": {"enabled": false, "required": "never"}, "transfer_data": null,
        "url": ""})json");
    return kBlank;
}

Json blank_link_part(const std::string& name) {
    static const Json kParts = Json::parse(R"json({
        "consent_collection": {"payment_method_reuse_agreement": null, "promotions": null,
            "terms_of_service": null},
        "adjustable_quantity": {"enabled": false, "maximum": null, "minimum": null},
        "dropdown": {"default_value": null, "options": []},
        "numeric": {"default_value": null, "maximum_length": null, "minimum_length": null},
        "text": {"default_value": null, "maximum_length": null, "minimum_length": null},
        "business": {"enabled": false, "optional": false},
        "individual": {"enabled": false, "optional": false},
        "liability": {"type": "self"},
        "rendering_options": {"amount_tax_display": null, "template": null},
        "tax_id_collection": {"enabled": false, "required": "never"}})json");
    return kParts.value(name, Json());
}

Json blank_line_item() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "item", "adjustable_quantity": null, "amount_discount": 0,
        "amount_subtotal": 0, "amount_tax": 0, "amount_total": 0, "currency": "usd",
        "description": null, "metadata": null,
        "price": {"id": "", "object": "price", "active": false, "billing_scheme": "per_unit",
            "created": 0, "currency": "usd", "custom_unit_amount": null, "livemode": false,
            "lookup_key": null, "metadata": {}, "nickname": null, "product": "",
            "recurring": null, "tax_behavior": "unspecified", "tiers_mode": null,
            "transform_quantity": null, "type": "one_time", "unit_amount": 0,
            "unit_amount_decimal": "0"},
        "quantity": 1})json");
    return kBlank;
}

Json blank_session() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "checkout.session", "adaptive_pricing": null,
        "after_expiration": null, "allow_promotion_codes": false,
        "allowed_payment_method_types": null, "amount_subtotal": 0, "amount_total": 0,
        "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
        "billing_address_collection": "auto", "cancel_url": null, "client_reference_id": null,
        "client_secret": null, "collected_information": null, "consent": null,
        "consent_collection": null, "created": 0, "currency": "usd", "currency_conversion": null,
        "custom_fields": [],
        "custom_text": {"after_submit": null, "shipping_address": null, "submit": null,
            "terms_of_service_acceptance": null},
        "customer": null, "customer_account": null, "customer_creation": "if_required",
        "customer_details": null, "customer_email": null, "discounts": [], "expires_at": 0,
        "integration_identifier": null, "invoice": null,
        "invoice_creation": {"enabled": false, "invoice_data": {"account_tax_ids": null,
            "custom_fields": null, "description": null, "footer": null, "issuer": null,
            "metadata": {}, "rendering_options": null}},
        "livemode": false, "locale": "auto", "managed_payments": {"enabled": false},
        "metadata": {}, "mode": "payment", "origin_context": null, "payment_intent": null,
        "payment_link": null, "payment_method_collection": "if_required",
        "payment_method_configuration_details": null, "payment_method_options": {},
        "payment_method_types": ["card"], "payment_status": "unpaid", "permissions": null,
        "phone_number_collection": {"enabled": false}, "recovered_from": null,
        "saved_payment_method_options": null, "setup_intent": null,
        "shipping_address_collection": null, "shipping_cost": null, "shipping_options": [],
        "status": "open", "submit_type": "auto", "subscription": null, "success_url": null,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page", "url": null, "wallet_options": null})json");
    return kBlank;
}

}  // namespace stripe_sim
