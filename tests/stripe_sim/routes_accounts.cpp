// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_params.hpp"
#include "tests/stripe_sim/account_sessions.hpp"
#include "tests/stripe_sim/account_standing.hpp"
#include "tests/stripe_sim/authorization.hpp"
#include "tests/stripe_sim/capabilities.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/router.hpp"

namespace stripe_sim {
namespace {

constexpr const char* kAccountFields = R"(
    account_token str  business_profile obj  business_profile.name? str  business_profile.url? str
    business_profile.mcc str  business_profile.product_description? str
    business_profile.support_email? str  business_profile.support_phone? str
    business_profile.support_url? str  business_profile.support_address any
    business_profile.estimated_worker_count uint  business_profile.annual_revenue any
    business_type company|individual|non_profit|government_entity
    company any  individual any  external_account any  groups any
    default_currency str  email str  expand[] str  metadata map  tos_acceptance any
    settings obj  settings.branding obj  settings.branding.icon? str  settings.branding.logo? str
    settings.branding.primary_color? str  settings.branding.secondary_color? str
    settings.payouts obj  settings.payouts.debit_negative_balances bool
    settings.payouts.statement_descriptor? str  settings.payouts.schedule obj
    settings.payouts.schedule.interval manual|daily|weekly|monthly
    settings.payouts.schedule.delay_days str  settings.payouts.schedule.monthly_anchor uint
    settings.payouts.schedule.weekly_anchor str
    settings.payments obj  settings.payments.statement_descriptor? str
    settings.card_payments any  settings.card_issuing any  settings.bacs_debit_payments any
    settings.invoices any  settings.treasury any )";

constexpr const char* kCreateFields = R"(
    country str  type standard|express|custom
    controller obj  controller.fees obj  controller.fees.payer account|application
    controller.losses obj  controller.losses.payments stripe|application
    controller.requirement_collection stripe|application
    controller.stripe_dashboard obj  controller.stripe_dashboard.type full|express|none )";

constexpr const char* kRejectFields =
    "reason! credit|fraud_no_intent_to_fulfill|fraud_other|fraud_payment_method_casher|"
    "fraud_payment_method_tester|terms_of_service|other "
    "payouts_action pause|none expand[] str";

constexpr const char* kLinkFields = R"(
    account! str  type! account_onboarding|account_update  refresh_url! str  return_url! str
    collect currently_due|eventually_due  collection_options obj
    collection_options.fields currently_due|eventually_due
    collection_options.future_requirements omit|include  expand[] str )";

constexpr const char* kSessionFields = "account! str components! any expand[] str";

/// The capabilities are many, so they are checked apart from the rest.
Json take_capabilities(FormPairs& params) {
    FormPairs rest;
    Json wanted = Json::object();
    for (auto& [name, value] : params) {
        if (!name.starts_with("capabilities[")) {
            rest.emplace_back(name, value);
            continue;
        }
        size_t end = name.find(']');
        if (name.substr(std::min(end, name.size())) != "][requested]") {
            throw parameter_unknown(name);
        }
        if (value != "true" && value != "false") {
            throw parameter_invalid("", name, "Invalid boolean: " + value);
        }
        wanted[name.substr(13, end - 13)]["requested"] = value == "true";
    }
    params = std::move(rest);
    return wanted;
}

Json account_params(Context& context, const Schema& schema) {
    Json capabilities = take_capabilities(context.params);
    Json params = schema.check(context.params);
    if (!capabilities.empty()) {
        params["capabilities"] = capabilities;
    }
    return params;
}

const std::string& connected(Context& context) {
    const std::string& id = context.ids[0];
    if (context.world.access(id) == nullptr) {
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
    return object_reply(context, context.world.account_objects().find(id)->text, params);
}

void add_account_writes(Router& router) {
    Schema create(std::string(kAccountFields) + kCreateFields);
    router.add(
        "POST", "/v1/accounts",
        [=](Context& context) {
            Json params = account_params(context, create);
            check_new_account(params);
            std::string id = text_of(context.world.create_account(params), "id");
            return account_reply(context, id, params);
        },
        true);
    Schema update(kAccountFields);
    router.add("POST", "/v1/accounts/{}", [=](Context& context) {
        Json params = account_params(context, update);
        const std::string& id = writable(context);
        context.world.update_account(id, params);
        return account_reply(context, id, params);
    });
    router.add(
        "DELETE", "/v1/accounts/{}",
        [](Context& context) {
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
    Schema links(kLinkFields);
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
                       context.world.access(record.id) != nullptr;
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
