// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_standing.hpp"
#include "tests/stripe_sim/accounts_v2.hpp"
#include "tests/stripe_sim/authorization.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/pages_v2.hpp"
#include "tests/stripe_sim/router.hpp"
#include "tests/stripe_sim/wire_v2.hpp"

#include <algorithm>
#include <set>

namespace stripe_sim {
namespace {

constexpr const char* kOneFields =
    "include[] configuration.customer|configuration.merchant|configuration.recipient|defaults|"
    "future_requirements|identity|requirements";

constexpr const char* kAccountLinkFieldsV2 = R"(
    account! str  use_case! obj  use_case.type! account_onboarding|account_update
    use_case.account_onboarding obj  use_case.account_onboarding.refresh_url! str
    use_case.account_onboarding.return_url str
    use_case.account_onboarding.collection_options obj
    use_case.account_onboarding.collection_options.fields currently_due|eventually_due
    use_case.account_onboarding.collection_options.future_requirements include|omit
    use_case.account_update obj  use_case.account_update.refresh_url! str
    use_case.account_update.return_url str  use_case.account_update.collection_options obj
    use_case.account_update.collection_options.fields currently_due|eventually_due
    use_case.account_update.collection_options.future_requirements include|omit )";

Json body_of(const Context& context) {
    Json body = Json::parse(context.body.empty() ? "{}" : context.body, nullptr, false);
    if (!body.is_object()) {
        throw invalid_request("The body must be a JSON object.", "", "parameter_invalid_json")
            .forget();
    }
    return body;
}

// Not documented: whether v2 answers 404 here; this is v1's answer.
const std::string& reachable(Context& context, bool closed_too) {
    const std::string& id = context.ids[0];
    Account* account = context.world.access(id);
    if (account != nullptr && account != &context.world.platform()) {
        return id;
    }
    if (account == nullptr && closed_too) {
        try {
            Account& closed = context.world.account(id);
            if (closed.state.closed && closed.connected) {
                return id;
            }
        } catch (const ApiError&) {
            // Unknown and disconnected accounts get the same answer.
        }
    }
    throw account_invalid(context.key, id);
}

Reply list_accounts_v2(Context& context) {
    static const Schema kSchema(
        "limit int page str closed bool applied_configurations[] customer|merchant|recipient");
    Json params = kSchema.check(without_repeats(context.params));
    World& world = context.world;
    bool closed = bool_of(params, "closed");
    std::set<std::string> wanted;
    for (const Json& name : params.value("applied_configurations", Json::array())) {
        wanted.insert(name.get<std::string>());
    }
    ListQuery query = page_query(params);
    query.accept = [&](const Record& record) {
        if (record.id == world.platform().id || (!closed && !world.accessible(record.id))) {
            return false;
        }
        if (!closed && wanted.empty()) {
            return true;
        }
        const Account& account = world.account(record.id);
        std::set<std::string> has = configurations_of(record.json(), account.state);
        return account.connected && account.state.closed == closed &&
               std::includes(has.begin(), has.end(), wanted.begin(), wanted.end());
    };
    Reply found = list_reply(context, world.account_objects(), "account", query, Json::object());
    Json data = Json::array();
    std::vector<std::string> ids;
    for (const Item& item : found.items) {
        ids.push_back(text_of(Json::parse(*item.text()), "id"));
        data.push_back(account_v2(world, ids.back(), {}));
    }
    return object_reply(page_v2(context, data, ids, query, found.has_more));
}

Reply close(Context& context) {
    static const Schema kSchema("applied_configurations[] customer|merchant|recipient");
    Json params = kSchema.check_json(body_of(context));
    const std::string& id = reachable(context, false);
    World& world = context.world;
    Account& account = world.account(id);
    check_scope(account, context.key);
    std::set<std::string> named;
    for (const Json& name : params.value("applied_configurations", Json::array())) {
        named.insert(name.get<std::string>());
    }
    if (named != configurations_of(world.account_json(id), account.state)) {
        throw invalid_request("All configurations on the account must be passed in.",
                              "applied_configurations");
    }
    if (world.options().livemode) {
        check_empty(account, "An account with a non-zero balance cannot be closed.");
    }
    close_account(world, id);
    return object_reply(account_v2(world, id, {}));
}

Reply make_link(Context& context) {
    static const Schema kSchema(kAccountLinkFieldsV2);
    Json params = kSchema.check_json(body_of(context));
    Json use_case = params["use_case"];
    std::string type = text_of(use_case, "type");
    if (!use_case.contains(type)) {
        throw parameter_missing("use_case[" + type + "]");
    }
    if (use_case.size() > 2) {
        throw parameter_unknown(type == "account_update" ? "use_case[account_onboarding]"
                                                         : "use_case[account_update]");
    }
    Json v1 = use_case[type];
    v1["account"] = params["account"];
    v1["type"] = type;
    Json link = context.world.create_account_link(v1);
    return object_reply({{"object", "v2.core.account_link"},
                         {"account", params["account"]},
                         {"created", rfc3339(int_of(link, "created"))},
                         {"expires_at", rfc3339(int_of(link, "expires_at"))},
                         {"livemode", context.world.options().livemode},
                         {"url", link["url"]},
                         {"use_case", use_case}});
}

}  // namespace

void add_account_v2_routes(Router& router) {
    router.add(
        "POST", "/v2/core/accounts",
        [](Context& context) {
            Json body = body_of(context);
            std::string id = create_account_v2(context.world, body);
            return object_reply(account_v2(context.world, id, included(body)));
        },
        true);
    router.add("GET", "/v2/core/accounts", list_accounts_v2, true);
    Schema one(kOneFields);
    router.add(
        "GET", "/v2/core/accounts/{}",
        [=](Context& context) {
            std::set<std::string> sections = included(one.check(context.params));
            return object_reply(account_v2(context.world, reachable(context, true), sections));
        },
        true);
    router.add(
        "POST", "/v2/core/accounts/{}",
        [](Context& context) {
            Json body = body_of(context);
            const std::string& id = reachable(context, false);
            check_scope(context.world.account(id), context.key);
            update_account_v2(context.world, id, body);
            return object_reply(account_v2(context.world, id, included(body)));
        },
        true);
    router.add("POST", "/v2/core/accounts/{}/close", close, true);
    router.add("POST", "/v2/core/account_links", make_link, true);
    add_thin_event_routes(router);
}

}  // namespace stripe_sim
