// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_requirements.hpp"
#include "tests/stripe_sim/accounts_v2.hpp"
#include "tests/stripe_sim/wire_v2.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace stripe_sim {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& field) {
    return std::find(list.begin(), list.end(), field) != list.end();
}

// Not documented: how v2 names each requirement. These are the members that meet it.
std::string description_of(const std::string& field) {
    static const std::array<std::pair<const char*, const char*>, 11> kV1ToV2 = {
        {{"business_profile.mcc", "configuration.merchant.mcc"},
         {"business_profile.name", "defaults.profile.doing_business_as"},
         {"business_profile.product_description", "defaults.profile.product_description"},
         {"business_profile.url", "defaults.profile.business_url"},
         {"business_profile.", "configuration.merchant.support."},
         {"business_type", "identity.entity_type"},
         {"company.", "identity.business_details."},
         {"external_account", "default_payout_method"},
         {"individual.", "identity.individual."},
         {"representative.", "identity.individual."},
         {"tos_acceptance.", "identity.attestations.terms_of_service.account."}}};
    for (const auto& [v1, v2] : kV1ToV2) {
        if (field.starts_with(v1)) {
            return v2 + field.substr(std::string(v1).size());
        }
    }
    return field;
}

Json errors_of(const Json& requirements, const std::string& field) {
    Json out = Json::array();
    for (const Json& error : member(requirements, "errors")) {
        if (text_of(error, "requirement") == field) {
            out.push_back(
                {{"code", text_of(error, "code")}, {"description", text_of(error, "reason")}});
        }
    }
    return out;
}

Json impact_of(const Json& account, const AccountState& state, const std::string& field,
               const std::string& status) {
    Json restricted = Json::array();
    auto add = [&](const CapabilityName& v2) {
        Json entry = {{"capability", v2.name}, {"configuration", v2.configuration}};
        entry["deadline"]["status"] = status;
        restricted.push_back(entry);
    };
    for (const auto& [name, present] : account["capabilities"].items()) {
        if (restricts(state, field, name)) {
            add(v2_capability(name));
        }
    }
    if (restricts(state, field, "payouts")) {
        add({"merchant", "stripe_balance.payouts"});
    }
    return {{"restricts_capabilities", restricted}};
}

}  // namespace

Json requirements_v2(const Json& account, const AccountState& state, bool future) {
    const Json& lists = account[future ? "future_requirements" : "requirements"];
    std::vector<std::string> past = listed(lists, "past_due");
    std::vector<std::string> current = listed(lists, "currently_due");
    bool submitted = bool_of(account, "details_submitted");
    Json entries = Json::array();
    std::string soonest;
    auto add = [&](const std::string& field, const std::string& status, const char* actor) {
        Json entry = {{"awaiting_action_from", actor}, {"description", description_of(field)}};
        entry["errors"] = errors_of(lists, field);
        entry["impact"] = impact_of(account, state, field, status);
        entry["minimum_deadline"]["status"] = status;
        entry["reference"] = nullptr;
        entry["requested_reasons"] =
            Json::array({{{"code", submitted ? "routine_verification" : "routine_onboarding"}}});
        entries.push_back(entry);
        bool sooner = soonest.empty() || status == "past_due" ||
                      (status == "currently_due" && soonest == "eventually_due");
        soonest = sooner ? status : soonest;
    };
    std::vector<std::string> all = listed(lists, "eventually_due");
    for (const std::vector<std::string>& part : {current, past}) {
        std::copy_if(part.begin(), part.end(), std::back_inserter(all),
                     [&](const std::string& field) { return !contains(all, field); });
    }
    for (const std::string& field : all) {
        add(field,
            contains(past, field)      ? "past_due"
            : contains(current, field) ? "currently_due"
                                       : "eventually_due",
            "user");
    }
    for (const std::string& field : listed(lists, "pending_verification")) {
        add(field, state.blocking.contains(field) ? "past_due" : "currently_due", "stripe");
    }
    Json deadline;
    if (!soonest.empty()) {
        deadline = {{"status", soonest}};
        deadline["time"] = rfc3339_or_null(member(lists, "current_deadline"));
    }
    Json out = {{"alternatives", Json::array()}, {"entries", entries}};
    if (future) {
        out["minimum_transition_date"] = rfc3339_or_null(member(lists, "current_deadline"));
    }
    out["summary"]["minimum_deadline"] = deadline;
    return out;
}

}  // namespace stripe_sim
