// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_params.hpp"
#include "tests/stripe_sim/account_sessions.hpp"
#include "tests/stripe_sim/account_standing.hpp"
#include "tests/stripe_sim/authorization.hpp"
#include "tests/stripe_sim/capabilities.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/parameters.hpp"
#include "tests/stripe_sim/router.hpp"

#include <charconv>

namespace stripe_sim {
namespace {

constexpr const char* kRejectFields =
    "reason! credit|fraud_no_intent_to_fulfill|fraud_other|fraud_payment_method_casher|"
    "fraud_payment_method_tester|terms_of_service|other "
    "payouts_action pause|none expand[] str";

constexpr const char* kAccountLinkFields = R"(
    account! str  type! account_onboarding|account_update  refresh_url! str  return_url! str
    collect currently_due|eventually_due  collection_options obj
    collection_options.fields currently_due|eventually_due
    collection_options.future_requirements omit|include  expand[] str )";

constexpr const char* kSessionFields = "account! str components! any expand[] str";

std::string account_parameters(const char* more) {
    return std::string(kAccountParameters) + kAccountCapabilities + kAccountPeople +
           kAccountSettings + more;
}

/// The parameters, with `delay_days` as the number that the account then shows.
Json account_params(const Schema& schema, const Context& context) {
    Json params = schema.check(context.params);
    Json::json_pointer place("/settings/payouts/schedule/delay_days");
    if (params.contains(place)) {
        auto wanted = params[place].get<std::string>();
        int64_t days = wanted == "minimum" ? 2 : 0;
        auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), days);
        if (wanted != "minimum" && (error != std::errc() || end != wanted.data() + wanted.size())) {
            throw parameter_invalid("parameter_invalid_integer",
                                    "settings[payouts][schedule][delay_days]",
                                    "Invalid integer: " + wanted);
        }
        params[place] = days;
    }
    return params;
}

const std::string& connected(Context& context) {
    const std::string& id = context.ids[0];
    if (!context.world.accessible(id)) {
        throw account_invalid(context.key, id);
    }
    return id;
}

/// The account, if the platform may write to it.
const std::string& writable(Context& context) {
    const std::string& id = connected(context);
    check_scope(*context.world.access(id), context.key);
    return id;
}

Reply capability_reply(Context& context, const std::string& id) {
    return object_reply(capability_json(context.world.account_json(id),
                                        context.world.account(id).state, context.ids[1]));
}

Reply account_reply(Context& context, const std::string& id, const Json& params) {
    return object_reply(context, context.world.account_objects().text(id), params);
}

void add_account_writes(Router& router) {
    Schema create(account_parameters(kAccountCreateParameters));
    router.add(
        "POST", "/v1/accounts",
        [=](Context& context) {
            Json params = account_params(create, context);
            check_new_account(params);
            std::string id = text_of(context.world.create_account(params), "id");
            return account_reply(context, id, params);
        },
        true);
    Schema update(account_parameters(kAccountUpdateParameters));
    router.add("POST", "/v1/accounts/{}", [=](Context& context) {
        Json params = account_params(update, context);
        const std::string& id = writable(context);
        context.world.update_account(id, params);
        return account_reply(context, id, params);
    });
    router.add(
        "DELETE", "/v1/accounts/{}",
        [](Context& context) {
            Schema("").check(context.params);
            return object_reply(context.world.delete_account(writable(context)));
        },
        true);
    Schema reject(kRejectFields);
    router.add(
        "POST", "/v1/accounts/{}/reject",
        [=](Context& context) {
            Json params = reject.check(context.params);
            return object_reply(reject_account(context.world, writable(context), params));
        },
        true);
    Schema bare("expand[] str");
    router.add(
        "POST", "/v1/accounts/{}/unreject",
        [=](Context& context) {
            bare.check(context.params);
            return object_reply(unreject_account(context.world, writable(context)));
        },
        true);
    Schema capability("requested bool expand[] str");
    router.add("POST", "/v1/accounts/{}/capabilities/{}", [=](Context& context) {
        Json params = capability.check(context.params);
        const std::string& id = writable(context);
        capability_json(context.world.account_json(id), context.world.account(id).state,
                        context.ids[1]);
        if (params.contains("requested")) {
            Json wanted;
            wanted[context.ids[1]]["requested"] = params["requested"];
            context.world.update_account(id, {{"capabilities", wanted}});
        }
        return capability_reply(context, id);
    });
    Schema links(kAccountLinkFields);
    router.add(
        "POST", "/v1/account_links",
        [=](Context& context) {
            return object_reply(context.world.create_account_link(links.check(context.params)));
        },
        true);
    router.add(
        "POST", "/v1/accounts/{}/login_links",
        [=](Context& context) {
            bare.check(context.params);
            return object_reply(context.world.create_login_link(writable(context)));
        },
        true);
    Schema sessions(kSessionFields);
    router.add(
        "POST", "/v1/account_sessions",
        [=](Context& context) {
            Json params = sessions.check(context.params);
            return object_reply(create_account_session(context.world, params));
        },
        true);
}

}  // namespace

void add_account_routes(Router& router) {
    Schema list(kListParameters);
    router.add(
        "GET", "/v1/accounts",
        [=](Context& context) {
            Json params = list.check(context.params);
            Json filters = params;
            filters.erase("expand");
            ListQuery query = list_query(filters);
            query.accept = [&](const Record& record) {
                return record.id != context.world.platform().id &&
                       context.world.accessible(record.id);
            };
            return list_reply(context, context.world.account_objects(), "account", query, params);
        },
        true);
    Schema one("expand[] str");
    router.add("GET", "/v1/account", [=](Context& context) {
        return account_reply(context, context.account.id, one.check(context.params));
    });
    router.add("GET", "/v1/accounts/{}", [=](Context& context) {
        Json params = one.check(context.params);
        return account_reply(context, connected(context), params);
    });
    router.add("GET", "/v1/accounts/{}/capabilities", [=](Context& context) {
        one.check(context.params);
        Reply reply;
        reply.list = true;
        reply.url = context.path;
        const std::string& id = connected(context);
        Json object = context.world.account_json(id);
        for (const auto& [name, status] : object["capabilities"].items()) {
            reply.items.push_back(
                to_text(capability_json(object, context.world.account(id).state, name)));
        }
        return reply;
    });
    router.add("GET", "/v1/accounts/{}/capabilities/{}", [=](Context& context) {
        one.check(context.params);
        return capability_reply(context, connected(context));
    });
    add_account_writes(router);
}

}  // namespace stripe_sim
