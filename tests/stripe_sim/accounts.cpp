// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {
namespace {

const std::map<std::string, std::string>& currencies() {
    static const std::map<std::string, std::string> kByCountry = {
        {"US", "usd"}, {"GB", "gbp"}, {"CA", "cad"}, {"AU", "aud"}, {"JP", "jpy"}, {"CH", "chf"},
        {"PL", "pln"}, {"HU", "huf"}, {"SE", "sek"}, {"NO", "nok"}, {"DK", "dkk"}, {"MX", "mxn"},
        {"BR", "brl"}, {"NZ", "nzd"}, {"SG", "sgd"}, {"HK", "hkd"}, {"CZ", "czk"}, {"AE", "aed"}};
    return kByCountry;
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

void apply_type(Json& controller, const std::string& type) {
    if (type == "express" || type == "custom") {
        controller["fees"]["payer"] =
            type == "express" ? "application_express" : "application_custom";
        controller["losses"]["payments"] = "application";
        controller["stripe_dashboard"]["type"] = type == "express" ? "express" : "none";
        controller["requirement_collection"] = type == "express" ? "stripe" : "application";
    }
}

void apply_capabilities(Json& account, const Json& wanted) {
    for (const auto& [name, capability] : wanted.items()) {
        bool requested = bool_of(capability, "requested");
        if (!requested) {
            account["capabilities"].erase(name);
        } else if (!account["capabilities"].contains(name)) {
            account["capabilities"][name] =
                bool_of(account, "charges_enabled") ? "active" : "inactive";
        }
    }
}

}  // namespace

Account& World::make_account(const std::string& id) {
    auto& made = accounts_[id] = std::make_unique<Account>();
    made->id = id;
    return *made;
}

Account* World::access(const std::string& id) {
    auto guard = lock();
    auto found = accounts_.find(id);
    bool open = found != accounts_.end() && found->second->connected && !found->second->deleted;
    return open ? found->second.get() : nullptr;
}

Account& World::account(const std::string& id) {
    auto guard = lock();
    auto found = accounts_.find(id);
    if (found == accounts_.end()) {
        throw resource_missing("account", id, "account");
    }
    return *found->second;
}

void World::each_account(const std::function<void(Account&)>& visit) {
    auto guard = lock();
    account_objects_.each([&](Record& record) {
        Account& each = account(record.id);
        if (&each != platform_) {
            visit(each);
        }
    });
}

Json World::account_json(const std::string& id) {
    auto guard = lock();
    account(id);
    return account_objects_.find(id)->json();
}

Json World::create_account(const Json& params, bool connected) {
    auto guard = lock();
    run_due();
    std::string type = text_of(params, "type");
    if (!type.empty() && params.contains("controller")) {
        throw invalid_request(
            "You may not provide the `type` parameter and `controller` "
            "parameters simultaneously. They are mutually exclusive.");
    }
    Json object = blank_account();
    std::string id = ids_.next("acct_1");
    object["id"] = id;
    object["created"] = now();
    std::string country = text_of(params, "country", "US");
    auto currency = currencies().find(country);
    object["default_currency"] = currency == currencies().end() ? "eur" : currency->second;
    for (const char* name : {"country", "email", "business_type", "default_currency"}) {
        if (params.contains(name)) {
            object[name] = params[name];
        }
    }
    overlay(object["controller"], params.value("controller", Json::object()));
    apply_type(object["controller"], type);
    Json& controller = object["controller"];
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
    object["type"] = kind_of(controller);
    Json due = {"business_profile.mcc", "business_profile.url", "external_account",
                "representative.email", "tos_acceptance.date",  "tos_acceptance.ip"};
    object["requirements"] = object["future_requirements"] = blank_requirements();
    object["requirements"]["currently_due"] = object["requirements"]["eventually_due"] = due;
    object["requirements"]["past_due"] = due;
    object["requirements"]["disabled_reason"] = "requirements.past_due";
    object["external_accounts"]["url"] = "/v1/accounts/" + id + "/external_accounts";
    overlay(object["business_profile"], params.value("business_profile", Json::object()));
    overlay(object["settings"], params.value("settings", Json::object()));
    object["settings"]["dashboard"]["display_name"] = object["business_profile"]["name"];
    apply_capabilities(object, params.value("capabilities", Json::object()));
    apply_metadata(object, params);
    make_account(id).connected = connected;
    add(account_objects_, object);
    return object;
}

Json World::save_account(const std::string& id, const std::function<void(Json&)>& edit) {
    Account& changed = account(id);
    Record& record = *account_objects_.find(id);
    Json old = record.json();
    Json object = change(record, edit);
    Json previous = Json::object();
    for (const auto& [key, value] : object.items()) {
        if (member(old, key.c_str()) != value) {
            previous[key] = member(old, key.c_str());
        }
    }
    if (!previous.empty() && changed.connected) {
        emit(changed, "account.updated", *record.text, previous);
    }
    return object;
}

Json World::update_account(const std::string& id, const Json& params) {
    auto guard = lock();
    run_due();
    Json present = account_json(id);
    bool owned = text_of(present["controller"], "requirement_collection") != "application";
    if (owned && bool_of(present, "details_submitted") &&
        (params.contains("business_type") || params.contains("country"))) {
        throw invalid_request(
            "This application does not have the required permissions for this "
            "parameter on account '" +
                id + "'.",
            "", "oauth_not_supported");
    }
    return save_account(id, [&](Json& object) {
        for (const char* name : {"email", "business_type", "default_currency"}) {
            if (params.contains(name)) {
                object[name] = params[name];
            }
        }
        overlay(object["business_profile"], params.value("business_profile", Json::object()));
        overlay(object["settings"], params.value("settings", Json::object()));
        apply_capabilities(object, params.value("capabilities", Json::object()));
        apply_metadata(object, params);
    });
}

Json World::delete_account(const std::string& id) {
    auto guard = lock();
    run_due();
    Account& gone = account(id);
    if (options_.livemode) {
        if (text_of(account_json(id), "type") == "standard") {
            throw invalid_request("You cannot delete a live account that has the full dashboard.");
        }
        for (const auto& [currency, balance] : gone.balances) {
            if (balance.available != 0 || balance.pending != 0) {
                throw invalid_request("You cannot delete an account with a non-zero balance.");
            }
        }
    }
    gone.deleted = true;
    return {{"id", id}, {"object", "account"}, {"deleted", true}};
}

Json World::reject_account(const std::string& id, const Json& params) {
    auto guard = lock();
    run_due();
    Json present = account_json(id);
    if (text_of(present["controller"]["losses"], "payments") != "application") {
        throw invalid_request("You can only reject accounts whose losses your platform bears.");
    }
    std::string reason = text_of(params, "reason");
    std::string kind = reason.starts_with("fraud")    ? "platform_fraud"
                       : reason == "terms_of_service" ? "platform_terms_of_service"
                                                      : "platform_other";
    return save_account(id, [&](Json& object) {
        object["charges_enabled"] = object["payouts_enabled"] = false;
        object["requirements"]["disabled_reason"] = "rejected." + kind;
        for (auto& [name, status] : object["capabilities"].items()) {
            status = "inactive";
        }
    });
}

Json World::capabilities(const std::string& id) {
    auto guard = lock();
    Json object = account_json(id);
    Json out = Json::array();
    for (const auto& [name, status] : object["capabilities"].items()) {
        Json requirements = object["requirements"];
        requirements["disabled_reason"] =
            status == "active" ? Json() : Json("requirements.fields_needed");
        out.push_back({{"id", name},
                       {"object", "capability"},
                       {"account", id},
                       {"future_requirements", object["future_requirements"]},
                       {"requested", true},
                       {"requested_at", object["created"]},
                       {"requirements", requirements},
                       {"status", status}});
    }
    return out;
}

Json World::set_account(const std::string& id, const Json& patch) {
    auto guard = lock();
    run_due();
    if (patch.contains("rates")) {
        for (const auto& [currency, rate] : patch["rates"].items()) {
            account(id).rates[currency] = rate.get<std::string>();
        }
    }
    return save_account(id, [&](Json& object) {
        for (const auto& [key, value] : patch.items()) {
            if (key != "rates") {
                overlay(object[key], value);
            }
        }
    });
}

void World::deauthorize(const std::string& id) {
    auto guard = lock();
    run_due();
    Account& gone = account(id);
    Json application = {
        {"id", options_.client_id}, {"object", "application"}, {"name", "Platform"}};
    emit(gone, "account.application.deauthorized", dump(application));
    gone.connected = false;
}

void World::reconnect(const std::string& id) {
    auto guard = lock();
    account(id).connected = true;
}

}  // namespace stripe_sim
