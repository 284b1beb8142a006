// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/accounts_v2.hpp"

#include "tests/stripe_sim/account_requirements.hpp"
#include "tests/stripe_sim/wire_v2.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {
namespace {

constexpr const char* kAchV1 = "us_bank_account_ach_payments";
constexpr const char* kAchV2 = "ach_debit_payments";

Json detail(const char* code, const char* resolution) {
    return Json::array({{{"code", code}, {"resolution", resolution}}});
}

/// A status with its details, as every v2 capability has them.
Json capability_v2(const std::string& status, const AccountState& state) {
    Json out = {{"status", status}, {"status_details", Json::array()}};
    if (status == "active") {
        return out;
    }
    if (status == "pending") {
        out["status_details"] = detail("requirements_pending_verification", "no_resolution");
        return out;
    }
    bool rejected = state.hold.starts_with("rejected.");
    out["status"] = rejected ? "rejected" : "restricted";
    if (rejected) {
        std::string code = "rejected_" + state.hold.substr(9);
        out["status_details"] = detail(code.c_str(), "contact_stripe");
    } else if (state.hold.empty()) {
        out["status_details"] = detail("requirements_past_due", "provide_info");
    } else {
        out["status_details"] = detail("restricted_other", "contact_stripe");
    }
    return out;
}

Json payouts_v2(const Json& account, const AccountState& state) {
    std::string status = "inactive";
    if (bool_of(account, "payouts_enabled")) {
        status = "active";
    } else if (text_of(account["requirements"], "disabled_reason") ==
               "requirements.pending_verification") {
        status = "pending";
    }
    return capability_v2(status, state);
}

Json merchant(const Json& account, const AccountState& state) {
    Json capabilities = Json::object();
    for (const auto& [name, status] : account["capabilities"].items()) {
        CapabilityName v2 = v2_capability(name);
        if (v2.configuration == "merchant") {
            capabilities[v2.name] = capability_v2(status.get<std::string>(), state);
        }
    }
    capabilities["stripe_balance"]["payouts"] = payouts_v2(account, state);
    const Json& profile = account["business_profile"];
    const Json& settings = account["settings"];
    Json out = {{"applied", true}, {"branding", member(settings, "branding")}};
    out["capabilities"] = capabilities;
    out["card_payments"]["decline_on"] = member(member(settings, "card_payments"), "decline_on");
    out["mcc"] = member(profile, "mcc");
    out["statement_descriptor"] = {
        {"descriptor", member(member(settings, "payments"), "statement_descriptor")},
        {"prefix", member(member(settings, "card_payments"), "statement_descriptor_prefix")}};
    out["support"] = {{"address", member(profile, "support_address")},
                      {"email", member(profile, "support_email")},
                      {"phone", member(profile, "support_phone")},
                      {"url", member(profile, "support_url")}};
    return out;
}

Json recipient(const Json& account, const AccountState& state) {
    Json balance = {{"payouts", payouts_v2(account, state)}};
    std::string transfers = text_of(account["capabilities"], "transfers");
    if (!transfers.empty()) {
        balance["stripe_transfers"] = capability_v2(transfers, state);
    }
    Json out = {{"applied", true}};
    out["capabilities"]["stripe_balance"] = balance;
    return out;
}

Json customer(const AccountState& state) {
    Json out = {{"applied", true},     {"automatic_indirect_tax", nullptr},
                {"billing", nullptr},  {"capabilities", Json::object()},
                {"shipping", nullptr}, {"test_clock", nullptr}};
    overlay(out, state.v2.value("customer", Json::object()));
    return out;
}

Json defaults(const Json& account, const AccountState& state) {
    const Json& controller = account["controller"];
    const Json& profile = account["business_profile"];
    std::string payer = text_of(member(controller, "fees"), "payer", "account");
    Json out = {{"currency", account["default_currency"]}};
    out["locales"] = state.v2.value("locales", Json());
    out["profile"] = {{"business_url", member(profile, "url")},
                      {"doing_business_as", member(profile, "name")},
                      {"product_description", member(profile, "product_description")}};
    out["responsibilities"] = {
        {"fees_collector", payer == "account" ? "stripe" : payer},
        {"losses_collector", text_of(member(controller, "losses"), "payments", "stripe")},
        {"requirements_collector", text_of(controller, "requirement_collection", "stripe")}};
    return out;
}

Json identity(const Json& account, const AccountState& state) {
    const Json& terms = account["tos_acceptance"];
    Json stored = state.v2.value("identity", Json::object());
    Json out = {{"attestations", Json::object()}};
    if (!member(terms, "date").is_null()) {
        out["attestations"]["terms_of_service"]["account"] = {
            {"date", rfc3339_or_null(terms["date"])},
            {"ip", member(terms, "ip")},
            {"user_agent", member(terms, "user_agent")}};
    }
    out["business_details"] = member(stored, "business_details");
    out["country"] = account["country"];
    out["entity_type"] = member(account, "business_type");
    out["individual"] = member(stored, "individual");
    return out;
}

}  // namespace

CapabilityName v2_capability(const std::string& v1_name) {
    if (v1_name == "transfers") {
        return {"recipient", "stripe_balance.stripe_transfers"};
    }
    return {"merchant", v1_name == kAchV1 ? kAchV2 : v1_name};
}

std::string v1_capability(const std::string& merchant_name) {
    return merchant_name == kAchV2 ? kAchV1 : merchant_name;
}

std::set<std::string> configurations_of(const Json& account, const AccountState& state) {
    if (!state.configurations.empty()) {
        return state.configurations;
    }
    std::set<std::string> out = {"merchant"};
    if (account["capabilities"].contains("transfers")) {
        out.insert("recipient");
    }
    return out;
}

// Not documented: whether a closed account keeps more than this, and how v2 writes the country.
Json account_v2(World& world, const std::string& id, const std::set<std::string>& include) {
    const AccountState& state = world.account(id).state;
    Json account = world.account_json(id);
    auto shown = [&](const std::string& section) {
        return include.contains(section) && !state.closed;
    };
    std::set<std::string> applied = configurations_of(account, state);
    Json configuration;
    for (const char* name : {"customer", "merchant", "recipient"}) {
        if (!shown(std::string("configuration.") + name)) {
            continue;
        }
        if (configuration.is_null()) {
            configuration = {{"customer", nullptr}, {"merchant", nullptr}, {"recipient", nullptr}};
        }
        if (applied.contains(name)) {
            std::string kind = name;
            configuration[kind] = kind == "customer"   ? customer(state)
                                  : kind == "merchant" ? merchant(account, state)
                                                       : recipient(account, state);
        }
    }
    Json out = {{"id", id}, {"object", "v2.core.account"}};
    out["applied_configurations"] = state.closed ? Json::array() : Json(applied);
    out["closed"] = state.closed;
    out["configuration"] = configuration;
    out["contact_email"] = member(account, "email");
    out["contact_phone"] = state.v2.value("contact_phone", Json());
    out["created"] = rfc3339(int_of(account, "created"));
    out["dashboard"] = member(member(account["controller"], "stripe_dashboard"), "type");
    out["defaults"] = shown("defaults") ? defaults(account, state) : Json();
    out["display_name"] = member(member(account["settings"], "dashboard"), "display_name");
    out["future_requirements"] =
        shown("future_requirements") ? requirements_v2(account, state, true) : Json();
    out["identity"] = shown("identity") ? identity(account, state) : Json();
    out["livemode"] = world.options().livemode;
    out["metadata"] = account["metadata"];
    out["requirements"] = shown("requirements") ? requirements_v2(account, state, false) : Json();
    return out;
}

}  // namespace stripe_sim
