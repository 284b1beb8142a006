// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {

Json World::create_account_link(const Json& params) {
    auto guard = lock();
    run_due();
    std::string id = text_of(params, "account");
    Account* account = access(id);
    if (account == nullptr || account == platform_) {
        throw resource_missing("account", id, "account");
    }
    Json object = account_json(id);
    bool collects = text_of(object["controller"], "requirement_collection") == "application";
    if (text_of(params, "type") == "account_update" && !collects) {
        throw invalid_request(
            "You cannot create `account_update` type Account Links for this "
            "account.",
            "type");
    }
    for (const char* name : {"refresh_url", "return_url"}) {
        std::string url = text_of(params, name);
        if (url.empty()) {
            throw parameter_missing(name);
        }
        bool http =
            url.starts_with("https://") || (!options_.livemode && url.starts_with("http://"));
        if (!http) {
            throw invalid_request("Not a valid URL", name, "url_invalid");
        }
    }
    std::string token = ids_.next("", 24);
    onboarding_[token] = {id, text_of(params, "refresh_url"), text_of(params, "return_url"),
                          now() + options_.account_link_seconds};
    return {{"object", "account_link"},
            {"created", now()},
            {"expires_at", now() + options_.account_link_seconds},
            {"url", public_url() + "/onboard/" + token}};
}

World::OnboardingVisit World::open_onboarding(const std::string& token) {
    auto guard = lock();
    run_due();
    auto found = onboarding_.find(token);
    if (found == onboarding_.end()) {
        throw resource_missing("account link", token, "");
    }
    OnboardingLink& link = found->second;
    bool usable = !link.opened && link.expires_at > now() && access(link.account) != nullptr;
    link.opened = true;
    return {link.account, usable ? link.return_url : link.refresh_url, usable};
}

std::string World::submit_onboarding(const std::string& token, const Json& form) {
    auto guard = lock();
    run_due();
    auto found = onboarding_.find(token);
    if (found == onboarding_.end() || !found->second.opened) {
        throw resource_missing("account link", token, "");
    }
    OnboardingLink& link = found->second;
    if (link.submitted || access(link.account) == nullptr) {
        return link.refresh_url;
    }
    link.submitted = true;
    if (text_of(form, "action") == "later") {
        return link.return_url;
    }
    save_account(link.account, [&](Json& object) {
        for (const char* name : {"name", "url"}) {
            if (!text_of(form, name).empty()) {
                object["business_profile"][name] = form[name];
            }
        }
    });
    complete_onboarding(link.account, review_seconds_);
    return link.return_url;
}

void World::complete_onboarding(const std::string& id, int64_t review_seconds) {
    auto guard = lock();
    run_due();
    save_account(id, [&](Json& object) {
        object["details_submitted"] = true;
        object["tos_acceptance"]["date"] = now();
        object["requirements"] = blank_requirements();
        if (object["capabilities"].empty()) {
            object["capabilities"] = {{"card_payments", "inactive"}, {"transfers", "inactive"}};
        }
        if (review_seconds > 0) {
            object["requirements"]["pending_verification"] = {"individual.verification.document"};
            object["requirements"]["disabled_reason"] = "requirements.pending_verification";
            for (auto& [name, status] : object["capabilities"].items()) {
                status = "pending";
            }
        }
    });
    if (review_seconds > 0) {
        schedule(now() + review_seconds, [this, id] { enable(id); });
    } else {
        enable(id);
    }
}

void World::enable(const std::string& id) {
    save_account(id, [&](Json& object) {
        std::string reason = text_of(object["requirements"], "disabled_reason");
        if (reason.starts_with("rejected.")) {
            return;
        }
        object["charges_enabled"] = object["payouts_enabled"] = true;
        object["requirements"] = blank_requirements();
        for (auto& [name, status] : object["capabilities"].items()) {
            status = "active";
        }
    });
}

}  // namespace stripe_sim
