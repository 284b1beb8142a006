// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_params.hpp"
#include "tests/stripe_sim/account_requirements.hpp"
#include "tests/stripe_sim/account_standing.hpp"
#include "tests/stripe_sim/capabilities.hpp"
#include "tests/stripe_sim/objects.hpp"
#include "tests/stripe_sim/thin_events.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {
namespace {

/// The old values of all differences: members of objects one by one, arrays as a whole.
Json differences(const Json& old, const Json& now) {
    Json out = Json::object();
    for (const auto& [key, value] : now.items()) {
        Json before = member(old, key.c_str());
        if (before == value) {
            continue;
        }
        out[key] = before.is_object() && value.is_object() ? differences(before, value) : before;
    }
    for (const auto& [key, value] : old.items()) {
        if (!now.contains(key)) {
            out[key] = value;
        }
    }
    return out;
}

}  // namespace

Account& World::make_account(const std::string& id) {
    auto& made = accounts_[id] = std::make_shared<Account>();
    made->id = id;
    return *made;
}

Account* World::access(const std::string& id) {
    auto guard = lock();
    auto found = accounts_.find(id);
    Account* present = found != accounts_.end() ? found->second.get() : make_generated(id);
    return present != nullptr && present->connected && !present->deleted ? present : nullptr;
}

Account& World::account(const std::string& id) {
    auto guard = lock();
    auto found = accounts_.find(id);
    Account* present = found != accounts_.end() ? found->second.get() : make_generated(id);
    if (present == nullptr) {
        throw resource_missing("account", id, "account");
    }
    return *present;
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
    Text text = account_objects_.text(id);
    if (!text) {
        throw resource_missing("account", id, "account");
    }
    return Json::parse(*text);
}

Json World::create_account(const Json& params, bool connected) {
    auto guard = lock();
    run_due();
    Json object = blank_account();
    std::string id = ids_.next("acct_1");
    object["id"] = id;
    object["created"] = now();
    object["default_currency"] = currency_of(text_of(params, "country", "US"));
    apply_kind(object, params);
    Json due = {"business_profile.mcc", "business_profile.url", "external_account",
                "representative.email", "tos_acceptance.date",  "tos_acceptance.ip"};
    object["requirements"] = object["future_requirements"] = blank_requirements();
    object["requirements"]["currently_due"] = object["requirements"]["eventually_due"] = due;
    object["requirements"]["past_due"] = due;
    object["external_accounts"]["url"] = "/v1/accounts/" + id + "/external_accounts";
    std::string kind = text_of(object["controller"]["stripe_dashboard"], "type");
    if (kind != "none" && !member(object["settings"]["dashboard"], "display_name").is_string()) {
        object["settings"]["dashboard"]["display_name"] =
            member(params.value("business_profile", Json::object()), "name");
    }
    Account fresh;
    fresh.id = id;
    apply_params(object, fresh, platform_->files, params, now());
    stripe_sim::settle(object, fresh.state);
    Account& made = make_account(id);
    made.connected = connected;
    made.state = fresh.state;
    add(account_objects_, object);
    std::vector<std::string> met = answered(object, params);
    if (!met.empty()) {
        // The account is new and not visible yet, so no event is recorded.
        Submission submission;
        submission.fields = met;
        made.connected = false;
        submit_fields(*this, id, submission);
        made.connected = connected;
    }
    emit_thin(*this, made, "v2.core.account.created");
    return account_json(id);
}

Json World::save_account(const std::string& id, const std::function<void(Json&)>& edit) {
    Account& changed = account(id);
    Record& record = *account_objects_.find(id);
    Json old = record.json();
    Json object = change(record, edit);
    Json previous = differences(old, object);
    if (previous.empty() || !changed.connected || changed.deleted) {
        return object;
    }
    emit(changed, "account.updated", *record.text, previous);
    for (const auto& [name, status] : object["capabilities"].items()) {
        std::string before = text_of(old["capabilities"], name.c_str(), "unrequested");
        if (before != status) {
            emit(changed, "capability.updated", dump(capability_json(object, changed.state, name)),
                 {{"status", before}});
        }
    }
    emit_changes(*this, changed, old, object);
    return object;
}

Json World::update_account(const std::string& id, const Json& params) {
    auto guard = lock();
    run_due();
    Account& holder = account(id);
    Json present = account_json(id);
    check_writable(present, holder.state, params);
    Json object = save_account(
        id, [&](Json& changed) { apply_params(changed, holder, platform_->files, params, now()); });
    std::vector<std::string> met = answered(object, params);
    if (met.empty()) {
        return object;
    }
    Submission submission;
    (review_seconds_ > 0 ? submission.reviewed : submission.fields) = met;
    submission.review_seconds = review_seconds_;
    submit_fields(*this, id, submission);
    return account_json(id);
}

Json World::delete_account(const std::string& id) {
    auto guard = lock();
    run_due();
    Account& gone = account(id);
    if (options_.livemode) {
        if (text_of(account_json(id), "type") == "standard") {
            throw invalid_request("You cannot delete a live account that has the full dashboard.");
        }
        check_empty(gone, "You cannot delete an account with a non-zero balance.");
    }
    gone.deleted = true;
    return {{"id", id}, {"object", "account"}, {"deleted", true}};
}

Json World::set_account(const std::string& id, const Json& patch) {
    auto guard = lock();
    run_due();
    Account& changed = account(id);
    if (patch.contains("rates")) {
        for (const auto& [currency, rate] : patch["rates"].items()) {
            changed.rates[currency] = rate.get<std::string>();
        }
    }
    Json reason = member(patch.value("requirements", Json::object()), "disabled_reason");
    if (reason.is_string()) {
        std::string text = reason.get<std::string>();
        changed.state.hold = text.starts_with("requirements.") ? "" : text;
    }
    changed.state.charges_off = !bool_of(patch, "charges_enabled", !changed.state.charges_off);
    changed.state.payouts_off = !bool_of(patch, "payouts_enabled", !changed.state.payouts_off);
    return save_account(id, [&](Json& object) {
        for (const auto& [key, value] : patch.items()) {
            if (key != "rates") {
                overlay(object[key], value);
            }
        }
    });
}

}  // namespace stripe_sim
