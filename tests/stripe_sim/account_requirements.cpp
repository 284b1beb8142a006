// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_requirements.hpp"

#include "tests/stripe_sim/world.hpp"

#include <algorithm>

namespace stripe_sim {
namespace {

bool has(const Json& list, const std::string& field) {
    return list.is_array() && std::find(list.begin(), list.end(), field) != list.end();
}

void put(Json& list, const std::string& field) {
    if (!has(list, field)) {
        list.push_back(field);
    }
}

void drop(Json& list, const std::string& field) {
    if (list.is_array()) {
        list.erase(std::remove(list.begin(), list.end(), Json(field)), list.end());
    }
}

void drop_errors(Json& requirements, const std::string& field) {
    Json& errors = requirements["errors"];
    if (!errors.is_array()) {
        return;
    }
    errors.erase(
        std::remove_if(errors.begin(), errors.end(),
                       [&](const Json& error) { return text_of(error, "requirement") == field; }),
        errors.end());
}

enum class Block { kNone, kReview, kPastDue };

Block blocked(const Json& requirements, const AccountState& state, const std::string& what) {
    for (const std::string& field : listed(requirements, "past_due")) {
        if (restricts(state, field, what)) {
            return Block::kPastDue;
        }
    }
    for (const std::string& field : listed(requirements, "pending_verification")) {
        if (state.blocking.contains(field) && restricts(state, field, what)) {
            return Block::kReview;
        }
    }
    return Block::kNone;
}

const char* capability_status(const Json& account, const AccountState& state,
                              const std::string& name) {
    bool held = state.hold.starts_with("rejected.") ||
                (!state.hold.empty() && state.charges_off && state.payouts_off) ||
                (state.charges_off && name.ends_with("_payments"));
    Block block = blocked(account["requirements"], state, name);
    if (held || block == Block::kPastDue || !bool_of(account, "details_submitted")) {
        return "inactive";
    }
    return block == Block::kReview ? "pending" : "active";
}

Json soonest(const Json& requirements, const std::map<std::string, int64_t>& deadlines) {
    Json first;
    for (const std::string& field : listed(requirements, "currently_due")) {
        auto found = deadlines.find(field);
        bool counts = found != deadlines.end() && !has(requirements["past_due"], field);
        if (counts && (first.is_null() || found->second < first.get<int64_t>())) {
            first = found->second;
        }
    }
    return first;
}

/// Moves requirements whose deadline has passed to `past_due`. Does nothing if all of them were met
/// meanwhile.
void fall_due(World& world, const std::string& id) {
    AccountState& state = world.account(id).state;
    world.save_account(id, [&](Json& account) {
        Json& requirements = account["requirements"];
        for (const std::string& field : listed(requirements, "currently_due")) {
            auto found = state.deadlines.find(field);
            if (found != state.deadlines.end() && found->second <= world.now()) {
                put(requirements["past_due"], field);
            }
        }
        settle(account, state);
    });
}

void become_present(World& world, const std::string& id) {
    AccountState& state = world.account(id).state;
    int64_t next = 0;
    world.save_account(id, [&](Json& account) {
        Json& future = account["future_requirements"];
        Json& present = account["requirements"];
        for (const std::string& field : listed(future, "eventually_due")) {
            auto found = state.future_deadlines.find(field);
            if (found == state.future_deadlines.end() || found->second > world.now()) {
                continue;
            }
            next = state.deadlines[field] = world.now() + state.grace[field];
            state.future_deadlines.erase(found);
            put(present["currently_due"], field);
            put(present["eventually_due"], field);
            for (const Json& error : future["errors"]) {
                if (text_of(error, "requirement") == field) {
                    present["errors"].push_back(error);
                }
            }
            drop(future["currently_due"], field);
            drop(future["eventually_due"], field);
            drop_errors(future, field);
        }
        settle(account, state);
    });
    if (next > 0) {
        world.schedule(next, [&world, id] { fall_due(world, id); });
    }
}

/// Adds the original fields that the alternatives replace.
std::vector<std::string> with_originals(Json& requirements, std::vector<std::string> fields) {
    Json left = Json::array();
    for (const Json& each : requirements["alternatives"]) {
        bool met = true;
        for (const std::string& field : listed(each, "alternative_fields_due")) {
            met = met && std::find(fields.begin(), fields.end(), field) != fields.end();
        }
        if (!met) {
            left.push_back(each);
            continue;
        }
        for (const std::string& field : listed(each, "original_fields_due")) {
            fields.push_back(field);
        }
    }
    requirements["alternatives"] = left;
    return fields;
}

void take_off(Json& requirements, const Submission& submission) {
    std::vector<std::string> fields = submission.fields;
    fields.insert(fields.end(), submission.reviewed.begin(), submission.reviewed.end());
    if (submission.everything) {
        for (const char* list : {"eventually_due", "currently_due", "pending_verification"}) {
            std::vector<std::string> more = listed(requirements, list);
            fields.insert(fields.end(), more.begin(), more.end());
        }
    }
    for (const std::string& field : with_originals(requirements, fields)) {
        for (const char* list :
             {"currently_due", "eventually_due", "past_due", "pending_verification"}) {
            drop(requirements[list], field);
        }
        drop_errors(requirements, field);
    }
}

void refuse(Json& account, const Submission& submission, AccountState& state, int64_t now) {
    Json& requirements = account["requirements"];
    for (const std::string& field : submission.reviewed) {
        put(requirements["currently_due"], field);
        put(requirements["eventually_due"], field);
        auto deadline = state.deadlines.find(field);
        bool late = deadline != state.deadlines.end() && deadline->second <= now;
        if (late || state.blocking.contains(field)) {
            put(requirements["past_due"], field);
        }
        requirements["errors"].push_back(
            {{"code", submission.rejection},
             {"reason", "What was provided could not be verified. Please provide it again."},
             {"requirement", field}});
    }
}

void end_review(World& world, const std::string& id, const Submission& submission) {
    AccountState& state = world.account(id).state;
    world.save_account(id, [&](Json& account) {
        Submission still = submission;
        Json& pending = account["requirements"]["pending_verification"];
        std::erase_if(still.reviewed, [&](const auto& field) { return !has(pending, field); });
        for (const std::string& field : still.reviewed) {
            drop(pending, field);
        }
        if (!submission.rejection.empty()) {
            refuse(account, still, state, world.now());
        }
        for (const std::string& field : still.reviewed) {
            state.blocking.erase(field);
        }
        settle(account, state);
    });
}

}  // namespace

std::vector<std::string> listed(const Json& requirements, const char* list) {
    std::vector<std::string> out;
    Json fields = member(requirements, list);
    for (const Json& field : fields) {
        out.push_back(field.get<std::string>());
    }
    return out;
}

bool restricts(const AccountState& state, const std::string& field, const std::string& what) {
    auto found = state.restricts.find(field);
    return found == state.restricts.end() ||
           std::find(found->second.begin(), found->second.end(), what) != found->second.end();
}

void settle(Json& account, const AccountState& state) {
    Json& requirements = account["requirements"];
    bool submitted = bool_of(account, "details_submitted");
    Block charges = blocked(requirements, state, "card_payments");
    Block payouts = blocked(requirements, state, "payouts");
    account["charges_enabled"] = submitted && !state.charges_off && charges == Block::kNone;
    account["payouts_enabled"] = submitted && !state.payouts_off && payouts == Block::kNone;
    Block worst = std::max(charges, payouts);
    requirements["disabled_reason"] = !state.hold.empty()        ? Json(state.hold)
                                      : worst == Block::kPastDue ? Json("requirements.past_due")
                                      : worst == Block::kReview
                                          ? Json("requirements.pending_verification")
                                          : Json();
    for (auto& [name, status] : account["capabilities"].items()) {
        status = capability_status(account, state, name);
    }
    requirements["current_deadline"] = soonest(requirements, state.deadlines);
    Json& future = account["future_requirements"];
    future["current_deadline"] = soonest(future, state.future_deadlines);
}

void require_fields(World& world, const std::string& id, const Demand& demand) {
    AccountState& state = world.account(id).state;
    bool at_once = demand.deadline > 0 && demand.deadline <= world.now();
    world.save_account(id, [&](Json& account) {
        Json& lists = account[demand.future ? "future_requirements" : "requirements"];
        for (const std::string& field : demand.fields) {
            put(lists["eventually_due"], field);
            if (!demand.eventually) {
                put(lists["currently_due"], field);
            }
            if (!demand.restricts.empty()) {
                state.restricts[field] = demand.restricts;
            }
            state.grace[field] = demand.grace;
            if (demand.deadline > 0) {
                (demand.future ? state.future_deadlines : state.deadlines)[field] = demand.deadline;
            } else {
                (demand.future ? state.future_deadlines : state.deadlines).erase(field);
            }
            drop_errors(lists, field);
        }
        for (const Json& error : demand.errors) {
            lists["errors"].push_back(error);
        }
        for (const Json& alternative : demand.alternatives) {
            lists["alternatives"].push_back(alternative);
        }
        settle(account, state);
    });
    auto due = demand.future ? become_present : fall_due;
    if (at_once) {
        due(world, id);
    } else if (demand.deadline > 0) {
        world.schedule(demand.deadline, [&world, id, due] { due(world, id); });
    }
}

void submit_fields(World& world, const std::string& id, const Submission& submission) {
    AccountState& state = world.account(id).state;
    world.save_account(id, [&](Json& account) {
        Json& requirements = account["requirements"];
        bool enabled = bool_of(account, "details_submitted") &&
                       listed(requirements, "past_due").empty() && state.blocking.empty();
        take_off(requirements, submission);
        take_off(account["future_requirements"], submission);
        for (const std::string& field : submission.reviewed) {
            put(requirements["pending_verification"], field);
            if (!enabled) {
                state.blocking.insert(field);
            }
        }
        if (submission.complete) {
            account["details_submitted"] = true;
            account["tos_acceptance"]["date"] = world.now();
        }
        if (listed(requirements, "currently_due").empty()) {
            account["details_submitted"] = true;
        }
        if (bool_of(account, "details_submitted") && account["capabilities"].empty()) {
            account["capabilities"] = {{"card_payments", "inactive"}, {"transfers", "inactive"}};
        }
        settle(account, state);
    });
    if (submission.reviewed.empty()) {
        return;
    }
    if (submission.review_seconds > 0) {
        world.schedule(world.now() + submission.review_seconds,
                       [&world, id, submission] { end_review(world, id, submission); });
    } else {
        end_review(world, id, submission);
    }
}

}  // namespace stripe_sim
