// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_sessions.hpp"

#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/world.hpp"

#include <sstream>

namespace stripe_sim {
namespace {

constexpr int64_t kAccountSessionSeconds = 3600;

/// Each embedded component and its features.
constexpr const char* kComponents = R"(
    account_management: disable_stripe_user_authentication external_account_collection
    account_onboarding: disable_stripe_user_authentication external_account_collection
    balance_report:
    balances: disable_stripe_user_authentication edit_payout_schedule
        external_account_collection instant_payouts standard_payouts
    disputes_list: capture_payments destination_on_behalf_of_charge_management
        dispute_management refund_management smart_disputes_management
    documents:
    financial_account: disable_stripe_user_authentication external_account_collection send_money
        transfer_balance
    financial_account_transactions: card_spend_dispute_management
    instant_payouts_promotion: disable_stripe_user_authentication external_account_collection
        instant_payouts
    issuing_card: card_management card_spend_dispute_management cardholder_management
        spend_control_management
    issuing_cards_list: card_management card_spend_dispute_management cardholder_management
        disable_stripe_user_authentication spend_control_management
    notification_banner: disable_stripe_user_authentication external_account_collection
    payment_details: capture_payments destination_on_behalf_of_charge_management
        dispute_management refund_management smart_disputes_management
    payment_disputes: destination_on_behalf_of_charge_management dispute_management
        refund_management smart_disputes_management
    payment_method_settings: disable_stripe_user_authentication
    payments: capture_payments destination_on_behalf_of_charge_management dispute_management
        refund_management smart_disputes_management
    payout_details:
    payout_reconciliation_report:
    payouts: disable_stripe_user_authentication edit_payout_schedule external_account_collection
        instant_payouts standard_payouts
    payouts_list:
    reporting_chart:
    tax_registrations:
    tax_settings:
    terminal_hardware_orders:
    terminal_hardware_shop:)";

Json blank_components() {
    Json out = Json::object();
    std::istringstream words(kComponents);
    std::string component;
    for (std::string word; words >> word;) {
        if (word.ends_with(":")) {
            component = word.substr(0, word.size() - 1);
            out[component] = {{"enabled", false}, {"features", Json::object()}};
        } else {
            out[component]["features"][word] = false;
        }
    }
    return out;
}

bool truth(const Json& value, const std::string& name) {
    if (value != "true" && value != "false") {
        throw parameter_invalid("", name, "Invalid boolean: " + dump(value));
    }
    return value == "true";
}

void enable(Json& components, const Json& wanted) {
    for (const auto& [name, settings] : wanted.items()) {
        std::string path = "components[" + name + "]";
        if (!components.contains(name)) {
            throw parameter_unknown(path);
        }
        if (!settings.is_object() || !settings.contains("enabled")) {
            throw parameter_missing(path + "[enabled]");
        }
        Json& component = components[name];
        for (const auto& [key, value] : settings.items()) {
            if (key == "enabled") {
                component[key] = truth(value, path + "[enabled]");
                continue;
            }
            if (key != "features" || !value.is_object()) {
                throw parameter_unknown(path + "[" + key + "]");
            }
            for (const auto& [feature, on] : value.items()) {
                std::string param = path + "[features][" + feature + "]";
                if (!component["features"].contains(feature)) {
                    throw parameter_unknown(param);
                }
                component["features"][feature] = truth(on, param);
            }
        }
    }
}

}  // namespace

Json create_account_session(World& world, const Json& params) {
    std::string id = text_of(params, "account");
    Account* account = world.access(id);
    if (account == nullptr || account == &world.platform()) {
        throw resource_missing("account", id, "account");
    }
    Json components = blank_components();
    enable(components, params["components"]);
    account->state.linked = true;
    return {{"object", "account_session"},
            {"account", id},
            {"client_secret", world.ids().next("accs_secret__", 24)},
            {"components", components},
            {"expires_at", world.now() + kAccountSessionSeconds},
            {"livemode", world.options().livemode}};
}

Json World::create_login_link(const std::string& account) {
    auto guard = lock();
    Json object = account_json(account);
    if (text_of(object["controller"]["stripe_dashboard"], "type") != "express") {
        throw invalid_request(
            "Cannot create a login link for an account that does not have access to the Express "
            "Dashboard.",
            "account");
    }
    if (!bool_of(object, "details_submitted")) {
        throw invalid_request(
            "Cannot create a login link for an account that has not completed onboarding.",
            "account");
    }
    std::string token = ids_.next("", 24);
    login_links_[token] = account;
    return {{"object", "login_link"},
            {"created", now()},
            {"url", public_url() + "/express/dashboard/" + token}};
}

std::string World::open_login_link(const std::string& token) {
    auto guard = lock();
    auto found = login_links_.find(token);
    if (found == login_links_.end()) {
        throw resource_missing("login link", token, "");
    }
    std::string id = found->second;
    login_links_.erase(found);
    return id;
}

}  // namespace stripe_sim
