// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"

namespace stripe_sim {

Json blank_account() {
    static const Json kBlank = Json::parse(R"json({
        "id": "", "object": "account",
        "business_profile": {"annual_revenue": null, "estimated_worker_count": null, "mcc": null,
            "minority_owned_business_designation": null, "name": null,
            "product_description": null, "specified_commercial_transactions_act_url": null,
            "support_address": null, "support_email": null, "support_phone": null,
            "support_url": null, "url": null},
        "business_type": null, "capabilities": {}, "charges_enabled": false,
        "controller": {"fees": {"payer": "account"}, "is_controller": true,
            "losses": {"payments": "stripe"}, "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "full"}, "type": "application"},
        "country": "US", "created": 0, "default_currency": "usd", "details_submitted": false,
        "email": null,
        "external_accounts": {"object": "list", "data": [], "has_more": false, "url": ""},
        "future_requirements": {}, "metadata": {}, "payouts_enabled": false, "requirements": {},
        "settings": {
            "bacs_debit_payments": {"display_name": null, "service_user_number": null},
            "branding": {"icon": null, "logo": null, "primary_color": null,
                "secondary_color": null},
            "card_issuing": {"tos_acceptance": {"date": null, "ip": null}},
            "card_payments": {"decline_on": {"avs_failure": false, "cvc_failure": false},
                "statement_descriptor_prefix": null, "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null},
            "dashboard": {"display_name": null, "timezone": "Etc/UTC"},
            "invoices": {"default_account_tax_ids": null, "hosted_payment_method_save": null},
            "payments": {"statement_descriptor": null, "statement_descriptor_kana": null,
                "statement_descriptor_kanji": null, "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null},
            "payouts": {"debit_negative_balances": true,
                "schedule": {"delay_days": 2, "interval": "daily"}, "statement_descriptor": null},
            "sepa_debit_payments": {}},
        "tos_acceptance": {"date": null, "ip": null, "user_agent": null},
        "type": "none"})json");
    return kBlank;
}

Json blank_requirements() {
    static const Json kBlank = Json::parse(R"json({
        "alternatives": [], "current_deadline": null, "currently_due": [],
        "disabled_reason": null, "errors": [], "eventually_due": [], "past_due": [],
        "pending_verification": []})json");
    return kBlank;
}

void apply_metadata(Json& object, const Json& params) {
    if (!params.contains("metadata")) {
        return;
    }
    if (params["metadata"].is_null()) {
        object["metadata"] = Json::object();
        return;
    }
    for (const auto& [key, value] : params["metadata"].items()) {
        if (value.get<std::string>().empty()) {
            object["metadata"].erase(key);
        } else {
            object["metadata"][key] = value;
        }
    }
}

}  // namespace stripe_sim
