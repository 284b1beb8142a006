// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_params.hpp"

#include "tests/stripe_sim/account_requirements.hpp"
#include "tests/stripe_sim/capabilities.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/objects.hpp"

#include <cctype>
#include <sstream>

namespace stripe_sim {
namespace {

bool letters(const std::string& text, size_t count, int (*kind)(int)) {
    bool good = text.size() == count;
    for (char c : text) {
        good = good && kind(static_cast<unsigned char>(c)) != 0;
    }
    return good;
}

void check_color(const Json& branding, const char* name) {
    if (!branding.contains(name) || branding[name].is_null()) {
        return;
    }
    std::string color = text_of(branding, name);
    bool good = color.size() == 4 || color.size() == 7;
    for (size_t i = 0; i < color.size(); ++i) {
        good = good && (i == 0 ? color[i] == '#'
                               : std::isxdigit(static_cast<unsigned char>(color[i])) != 0);
    }
    if (!good) {
        throw invalid_request("Invalid hex color: " + color,
                              "settings[branding][" + std::string(name) + "]");
    }
}

void check_image(const Json& branding, const char* name, const char* purpose, const Account& holder,
                 const Collection& files) {
    std::string id = text_of(branding, name);
    if (id.empty()) {
        return;
    }
    std::string param = "settings[branding][" + std::string(name) + "]";
    Text file = files.text(id);
    file = file == nullptr ? holder.files.text(id) : file;
    if (file == nullptr) {
        throw invalid_request("No such file upload: '" + id + "'", param, "resource_missing");
    }
    if (text_of(Json::parse(*file), "purpose") != purpose) {
        throw invalid_request("The file '" + id + "' must have the purpose " + purpose + ".",
                              param);
    }
}

void check_values(const Json& params, const Account& holder, const Collection& files) {
    if (params.contains("country") && !letters(text_of(params, "country"), 2, std::isupper)) {
        throw invalid_request("Country '" + text_of(params, "country") +
                                  "' is unknown. Try using a 2-character alphanumeric country "
                                  "code instead, such as 'US', 'EG', or 'GB'.",
                              "country");
    }
    if (params.contains("default_currency") &&
        !letters(text_of(params, "default_currency"), 3, std::islower)) {
        throw invalid_request("Invalid currency: " + text_of(params, "default_currency"),
                              "default_currency");
    }
    std::string email = text_of(params, "email");
    size_t at = email.find('@');
    if (!email.empty() && (at == 0 || at == std::string::npos || at + 1 == email.size() ||
                           email.find(' ') != std::string::npos)) {
        throw invalid_request("Invalid email address: " + email, "email", "email_invalid");
    }
    Json branding = member(params.value("settings", Json::object()), "branding");
    if (branding.is_object()) {
        check_color(branding, "primary_color");
        check_color(branding, "secondary_color");
        check_image(branding, "icon", "business_icon", holder, files);
        check_image(branding, "logo", "business_logo", holder, files);
    }
    Json capabilities = params.value("capabilities", Json::object());
    for (const auto& [name, capability] : capabilities.items()) {
        if (!capability_exists(name)) {
            throw parameter_unknown("capabilities[" + name + "]");
        }
    }
}

/// Whether the parameters have a value for the requirement (`company.tax_id`).
bool answers(const Json& params, const std::string& field) {
    const Json* node = &params;
    std::istringstream parts(field);
    for (std::string part; std::getline(parts, part, '.');) {
        if (!node->is_object() || !node->contains(part)) {
            return false;
        }
        node = &(*node)[part];
    }
    return !node->is_null();
}

}  // namespace

void check_new_account(const Json& params) {
    std::string type = text_of(params, "type");
    if (!type.empty() && params.contains("controller")) {
        throw invalid_request(
            "You may not provide the `type` parameter and `controller` "
            "parameters simultaneously. They are mutually exclusive.");
    }
    Json account = blank_account();
    apply_kind(account, params);
    const Json& controller = account["controller"];
    if (text_of(controller["losses"], "payments") == "application" &&
        text_of(controller["fees"], "payer") == "account") {
        throw invalid_request(
            "When `controller[losses][payments]` is `application`, "
            "`controller[fees][payer]` must be `application`.",
            "controller[fees][payer]");
    }
    if (text_of(controller["stripe_dashboard"], "type") == "none" &&
        !params.contains("capabilities")) {
        throw invalid_request(
            "You must request at least one capability for accounts without a "
            "Stripe dashboard.",
            "capabilities");
    }
}

std::string kind_of(const Json& controller) {
    std::string dashboard = text_of(controller["stripe_dashboard"], "type");
    bool platform_liable = text_of(controller["losses"], "payments") == "application";
    bool platform_collects = text_of(controller, "requirement_collection") == "application";
    if (dashboard == "full" && !platform_liable && !platform_collects) {
        return "standard";
    }
    if (dashboard == "express" && platform_liable && !platform_collects) {
        return "express";
    }
    return dashboard == "none" && platform_liable && platform_collects ? "custom" : "none";
}

void apply_kind(Json& account, const Json& params) {
    Json& controller = account["controller"];
    overlay(controller, params.value("controller", Json::object()));
    std::string type = text_of(params, "type");
    if (type == "express" || type == "custom") {
        controller["fees"]["payer"] =
            type == "express" ? "application_express" : "application_custom";
        controller["losses"]["payments"] = "application";
        controller["stripe_dashboard"]["type"] = type == "express" ? "express" : "none";
        controller["requirement_collection"] = type == "express" ? "stripe" : "application";
    }
    account["type"] = kind_of(controller);
}

void check_writable(const Json& account, const AccountState& state, const Json& params) {
    bool collects = text_of(account["controller"], "requirement_collection") == "application";
    if (collects || (!state.linked && !bool_of(account, "details_submitted"))) {
        return;
    }
    for (const char* name : {"account_token", "business_type", "company", "country", "individual",
                             "tos_acceptance", "external_account", "default_currency"}) {
        if (params.contains(name)) {
            throw invalid_request(
                "This application does not have the required permissions for the parameter '" +
                    std::string(name) + "' on account '" + text_of(account, "id") + "'.",
                name, "oauth_not_supported");
        }
    }
}

void apply_params(Json& account, Account& holder, const Collection& files, const Json& params,
                  int64_t now) {
    check_values(params, holder, files);
    for (const char* name : {"country", "email", "business_type", "default_currency"}) {
        if (params.contains(name)) {
            account[name] = params[name];
        }
    }
    overlay(account["business_profile"], params.value("business_profile", Json::object()));
    overlay(account["settings"], params.value("settings", Json::object()));
    Json terms = params.value("tos_acceptance", Json::object());
    for (const char* name : {"ip", "user_agent"}) {
        if (terms.contains(name)) {
            account["tos_acceptance"][name] = terms[name];
        }
    }
    if (terms.contains("date")) {
        account["tos_acceptance"]["date"] = now;
    }
    if (params.contains("external_account")) {
        account["external_accounts"]["data"] = Json::array({bank_account(account)});
    }
    apply_metadata(account, params);
    request_capabilities(account, holder.state, params.value("capabilities", Json::object()), now);
}

std::vector<std::string> answered(const Json& account, const Json& params) {
    std::vector<std::string> out;
    for (const char* hash : {"requirements", "future_requirements"}) {
        for (const std::string& field : listed(account[hash], "eventually_due")) {
            if (answers(params, field)) {
                out.push_back(field);
            }
        }
    }
    return out;
}

std::string currency_of(const std::string& country) {
    static const std::map<std::string, std::string> kByCountry = {
        {"US", "usd"}, {"GB", "gbp"}, {"CA", "cad"}, {"AU", "aud"}, {"JP", "jpy"}, {"CH", "chf"},
        {"PL", "pln"}, {"HU", "huf"}, {"SE", "sek"}, {"NO", "nok"}, {"DK", "dkk"}, {"MX", "mxn"},
        {"BR", "brl"}, {"NZ", "nzd"}, {"SG", "sgd"}, {"HK", "hkd"}, {"CZ", "czk"}, {"AE", "aed"}};
    auto found = kByCountry.find(country);
    return found == kByCountry.end() ? "eur" : found->second;
}

Json bank_account(const Json& account) {
    std::string id = text_of(account, "id");
    Json out = {{"id", "ba_1" + id.substr(id.size() - 16)}, {"object", "bank_account"}};
    out["account"] = id;
    out["account_holder_name"] = nullptr;
    out["account_holder_type"] = nullptr;
    out["account_type"] = nullptr;
    out["available_payout_methods"] = {"standard"};
    out["bank_name"] = "STRIPE TEST BANK";
    out["country"] = account["country"];
    out["currency"] = account["default_currency"];
    out["default_for_currency"] = true;
    out["fingerprint"] = "paysyncTestBank0";
    out["future_requirements"] = out["requirements"] = {{"currently_due", Json::array()},
                                                        {"errors", Json::array()},
                                                        {"past_due", Json::array()},
                                                        {"pending_verification", Json::array()}};
    out["last4"] = "6789";
    out["metadata"] = Json::object();
    out["routing_number"] = "110000000";
    out["status"] = "new";
    return out;
}

}  // namespace stripe_sim
