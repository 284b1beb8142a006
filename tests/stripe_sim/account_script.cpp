// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_script.hpp"

#include "tests/stripe_sim/account_requirements.hpp"
#include "tests/stripe_sim/account_standing.hpp"
#include "tests/stripe_sim/schema.hpp"
#include "tests/stripe_sim/world.hpp"

#include <algorithm>
#include <functional>
#include <map>

namespace stripe_sim {
namespace {

/// Smaller numbers are seconds from now, larger ones Unix seconds.
constexpr int64_t kEarliestUnix = 1'000'000'000;

int64_t moment(World& world, int64_t value) {
    return value < kEarliestUnix ? world.now() + value : value;
}

std::vector<std::string> texts(const Json& params, const char* name) {
    return listed(params, name);
}

void require(World& world, const std::string& id, const Json& in) {
    static const Schema kSchema(R"(
        action! str  fields[]! str  deadline uint  future bool  grace uint  eventually bool
        errors[] obj  errors[].code! str  errors[].reason! str  errors[].requirement! str
        alternatives[] obj  alternatives[].original_fields_due[]! str
        alternatives[].alternative_fields_due[]! str  restricts[] str )");
    Json params = kSchema.check_json(in);
    Demand demand;
    demand.fields = texts(params, "fields");
    demand.future = bool_of(params, "future");
    demand.eventually = bool_of(params, "eventually");
    demand.grace = int_of(params, "grace");
    demand.restricts = texts(params, "restricts");
    if (params.contains("deadline")) {
        demand.deadline = moment(world, int_of(params, "deadline"));
    } else if (demand.future) {
        throw parameter_missing("deadline");
    }
    demand.errors = params.value("errors", Json::array());
    demand.alternatives = params.value("alternatives", Json::array());
    for (size_t i = 0; i < demand.errors.size(); ++i) {
        std::string field = text_of(demand.errors[i], "requirement");
        if (std::find(demand.fields.begin(), demand.fields.end(), field) == demand.fields.end()) {
            throw parameter_invalid("", "errors[" + std::to_string(i) + "][requirement]",
                                    "'" + field + "' is not among the fields.");
        }
    }
    require_fields(world, id, demand);
}

void meet(World& world, const std::string& id, const Json& in) {
    static const Schema kSchema(
        "action! str fields[] str review_seconds uint rejection str complete bool");
    Json params = kSchema.check_json(in);
    Json account = world.account_json(id);
    std::vector<std::string> due = listed(account["requirements"], "eventually_due");
    std::vector<std::string> present = due;
    for (const Json& each : member(account["requirements"], "alternatives")) {
        std::vector<std::string> more = listed(each, "alternative_fields_due");
        due.insert(due.end(), more.begin(), more.end());
    }
    std::vector<std::string> later = listed(account["future_requirements"], "eventually_due");
    due.insert(due.end(), later.begin(), later.end());
    std::vector<std::string> fields = texts(params, "fields");
    for (size_t i = 0; i < fields.size(); ++i) {
        if (std::find(due.begin(), due.end(), fields[i]) == due.end()) {
            throw parameter_invalid("", "fields[" + std::to_string(i) + "]",
                                    "'" + fields[i] + "' is not due.");
        }
    }
    Submission submission;
    submission.review_seconds = int_of(params, "review_seconds");
    submission.rejection = text_of(params, "rejection");
    submission.complete = bool_of(params, "complete");
    bool looked_at = submission.review_seconds > 0 || !submission.rejection.empty();
    (looked_at ? submission.reviewed : submission.fields) =
        params.contains("fields") ? fields : present;
    submit_fields(world, id, submission);
}

void reject(World& world, const std::string& id, const Json& in) {
    static const Schema kSchema(
        "action! str payouts_action pause|none reason credit|fraud_no_intent_to_fulfill|"
        "fraud_other|fraud_payment_method_casher|fraud_payment_method_tester|fraud|"
        "terms_of_service|other");
    Json params = kSchema.check_json(in);
    reject_account(world, id, params);
}

void restrict(World& world, const std::string& id, const Json& in) {
    static const Schema kSchema("action! str reason! str charges bool payouts bool");
    Json params = kSchema.check_json(in);
    restrict_account(world, id, text_of(params, "reason"), bool_of(params, "charges"),
                     bool_of(params, "payouts"));
}

using Action = std::function<void(World&, const std::string&, const Json&)>;

const std::map<std::string, Action>& actions() {
    static const std::map<std::string, Action> kActions = {
        {"complete_onboarding",
         [](World& world, const std::string& id, const Json& in) {
             static const Schema kSchema("action! str review_seconds uint");
             Json params = kSchema.check_json(in);
             world.complete_onboarding(id, int_of(params, "review_seconds"));
         }},
        {"deauthorize",
         [](World& world, const std::string& id, const Json&) { world.deauthorize(id); }},
        {"lift",
         [](World& world, const std::string& id, const Json&) { lift_restriction(world, id); }},
        {"meet", meet},
        {"reconnect",
         [](World& world, const std::string& id, const Json&) { world.reconnect(id); }},
        {"reject", reject},
        {"require", require},
        {"restrict", restrict},
        {"unreject",
         [](World& world, const std::string& id, const Json&) { unreject_account(world, id); }}};
    return kActions;
}

}  // namespace

std::vector<std::string> account_actions() {
    std::vector<std::string> names;
    for (const auto& [name, action] : actions()) {
        names.push_back(name);
    }
    return names;
}

Json account_script(World& world, const std::string& id, const Json& in) {
    if (!in.contains("action")) {
        return world.set_account(id, in);
    }
    auto found = actions().find(text_of(in, "action"));
    if (found == actions().end()) {
        throw parameter_invalid("", "action", "Unknown action");
    }
    found->second(world, id, in);
    return world.account_json(id);
}

}  // namespace stripe_sim
