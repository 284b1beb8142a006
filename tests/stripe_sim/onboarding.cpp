// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_params.hpp"
#include "tests/stripe_sim/account_requirements.hpp"
#include "tests/stripe_sim/world.hpp"

#include <algorithm>

namespace stripe_sim {
namespace {

constexpr const char* kDocument = "individual.verification.document";

/// Writes the owner's input into the v1 object.
void fill_in(Json& account, const Json& form) {
    Json& profile = account["business_profile"];
    for (const char* name : {"name", "url", "mcc", "product_description", "support_email",
                             "support_phone", "support_url"}) {
        std::string field = std::string("business_profile.") + name;
        std::string value = text_of(form, field.c_str(), text_of(form, name));
        if (!value.empty()) {
            profile[name] = value;
        }
    }
    if (!text_of(form, "business_type").empty()) {
        account["business_type"] = form["business_type"];
    }
}

/// The fields that Stripe reviews: the documents, or one that everybody has to give.
std::vector<std::string> documents(const std::vector<std::string>& fields) {
    std::vector<std::string> out;
    for (const std::string& field : fields) {
        if (field.find("verification.document") != std::string::npos) {
            out.push_back(field);
        }
    }
    return out.empty() ? std::vector<std::string>{kDocument} : out;
}

}  // namespace

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
        bool http =
            url.starts_with("https://") || (!options_.livemode && url.starts_with("http://"));
        if (!http && params.contains(name)) {
            throw invalid_request("Not a valid URL", name, "url_invalid");
        }
    }
    account->state.linked = true;
    Json options = params.value("collection_options", Json::object());
    std::string fields = text_of(options, "fields", text_of(params, "collect"));
    std::string token = ids_.next("", 24);
    OnboardingLink& link = onboarding_[token];
    link.account = id;
    link.refresh_url = text_of(params, "refresh_url");
    link.return_url = text_of(params, "return_url");
    link.expires_at = now() + options_.account_link_seconds;
    link.eventually = fields == "eventually_due";
    link.future = text_of(options, "future_requirements") == "include";
    return {{"object", "account_link"},
            {"created", now()},
            {"expires_at", link.expires_at},
            {"url", public_url() + "/onboard/" + token}};
}

std::vector<std::string> World::asked_fields(const OnboardingLink& link) {
    Json object = account_json(link.account);
    const char* list = link.eventually ? "eventually_due" : "currently_due";
    std::vector<std::string> out = listed(object["requirements"], list);
    if (link.future) {
        std::vector<std::string> more = listed(object["future_requirements"], list);
        out.insert(out.end(), more.begin(), more.end());
    }
    return out;
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
    if (!usable) {
        return {link.account, link.refresh_url, false, {}};
    }
    return {link.account, link.return_url, true, asked_fields(link)};
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
    Submission submission;
    submission.complete = text_of(form, "action", "submit") != "later";
    for (const std::string& field : asked_fields(link)) {
        if (submission.complete || !text_of(form, field.c_str()).empty()) {
            submission.fields.push_back(field);
        }
    }
    bool refused = text_of(form, "document") == "rejected";
    if (submission.complete && (review_seconds_ > 0 || refused)) {
        submission.reviewed = documents(submission.fields);
        submission.review_seconds = review_seconds_;
        submission.rejection = refused ? "verification_document_not_readable" : "";
    }
    save_account(link.account, [&](Json& object) {
        fill_in(object, form);
        const auto& met = submission.fields;
        if (std::find(met.begin(), met.end(), "external_account") != met.end()) {
            object["external_accounts"]["data"] = Json::array({bank_account(object)});
        }
    });
    submit_fields(*this, link.account, submission);
    return link.return_url;
}

void World::complete_onboarding(const std::string& id, int64_t review_seconds) {
    auto guard = lock();
    run_due();
    AccountState& state = account(id).state;
    if (!state.hold.starts_with("rejected.")) {
        state.hold.clear();
        state.charges_off = state.payouts_off = false;
    }
    Submission submission;
    submission.complete = submission.everything = true;
    if (review_seconds > 0) {
        submission.reviewed = {kDocument};
        submission.review_seconds = review_seconds;
    }
    submit_fields(*this, id, submission);
}

}  // namespace stripe_sim
