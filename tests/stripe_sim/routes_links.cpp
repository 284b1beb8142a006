// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/expand.hpp"
#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/parameters.hpp"
#include "tests/stripe_sim/router.hpp"

namespace stripe_sim {
namespace {

Reply link_reply(Context& context, const std::string& id, const Json& params) {
    return object_reply(context, context.account.payment_links.find(id)->text, params);
}

/// A page of line items. They are few and have the order in which they were given.
Reply line_items_reply(Context& context, const std::string& link, Json params) {
    const std::vector<Text>& all = context.account.line_items[link];
    std::vector<std::string> paths = expand_paths(params, true);
    params.erase("expand");
    ListQuery query = list_query(params);
    auto place = [&](const std::string& id, const char* param) {
        for (size_t i = 0; i < all.size(); ++i) {
            if (text_of(Json::parse(*all[i]), "id") == id) {
                return i;
            }
        }
        throw invalid_request("No such line item: '" + id + "'", param, "resource_missing");
    };
    size_t from = 0;
    size_t to = all.size();
    if (!query.starting_after.empty()) {
        from = place(query.starting_after, "starting_after") + 1;
    }
    if (!query.ending_before.empty()) {
        to = place(query.ending_before, "ending_before");
    }
    Reply reply;
    reply.list = true;
    reply.url = context.path;
    reply.has_more = to - from > query.limit;
    if (reply.has_more) {
        (query.ending_before.empty() ? to : from) =
            query.ending_before.empty() ? from + query.limit : to - query.limit;
    }
    auto nothing = [](const std::string&, std::string_view, const std::string&) { return Text(); };
    for (size_t i = from; i < to; ++i) {
        reply.items.push_back(all[i]);
        for (const std::string& path : paths) {
            reply.items.back() = expand(reply.items.back(), path, nothing, path);
        }
    }
    return reply;
}

void add_line_item_routes(Router& router) {
    Schema items(kPagingParameters);
    router.add("GET", "/v1/payment_links/{}/line_items", [=](Context& context) {
        Json params = items.check(context.params);
        if (context.account.payment_links.find(context.ids[0]) == nullptr) {
            throw resource_missing("payment_link", context.ids[0], "payment_link");
        }
        return line_items_reply(context, context.ids[0], params);
    });
    router.add("GET", "/v1/checkout/sessions/{}/line_items", [=](Context& context) {
        Json params = items.check(context.params);
        const Record* session = context.account.sessions.find(context.ids[0]);
        if (session == nullptr) {
            throw resource_missing("checkout.session", context.ids[0], "session");
        }
        return line_items_reply(context, std::string(session->field("payment_link")), params);
    });
}

void add_session_routes(Router& router) {
    router.add_collection("/v1/checkout/sessions", "checkout.session", &Account::sessions,
                          std::string(kListParameters) +
                              "customer str customer_account str customer_details obj "
                              "customer_details.email! str payment_intent str payment_link str "
                              "status open|complete|expired subscription str",
                          [](Context&, Json& params, ListQuery& query) {
                              if (!params.contains("customer_details")) {
                                  return;
                              }
                              std::string email = text_of(params["customer_details"], "email");
                              params.erase("customer_details");
                              query.accept = [email](const Record& record) {
                                  Json details = member(record.json(), "customer_details");
                                  return details.is_object() && text_of(details, "email") == email;
                              };
                          });
    Schema none("expand[] str");
    router.add("POST", "/v1/checkout/sessions/{}/expire", [=](Context& context) {
        Json params = none.check(context.params);
        Record* session = context.account.sessions.find(context.ids[0]);
        if (session == nullptr) {
            throw resource_missing("checkout.session", context.ids[0], "session");
        }
        if (session->field("status") != "open") {
            throw invalid_request(
                "Only Checkout Sessions with a status in [\"open\"] can be "
                "expired.");
        }
        session->set_field("status", "expired");
        context.world.change(*session, [](Json& changed) { changed["status"] = "expired"; });
        context.world.emit(context.account, "checkout.session.expired", *session->text);
        return object_reply(context, session->text, params);
    });
}

}  // namespace

void add_link_routes(Router& router) {
    router.add_collection("/v1/payment_links", "payment_link", &Account::payment_links,
                          std::string(kPagingParameters) + "active bool");
    Schema create(std::string(kLinkParameters) + kLinkCreateParameters);
    router.add("POST", "/v1/payment_links", [=](Context& context) {
        Json params = create.check(context.params);
        Json link = context.world.create_payment_link(context.account.id, params);
        return link_reply(context, text_of(link, "id"), params);
    });
    Schema update(std::string(kLinkParameters) + kLinkUpdateParameters);
    router.add("POST", "/v1/payment_links/{}", [=](Context& context) {
        Json params = update.check(context.params);
        context.world.update_payment_link(context.account.id, context.ids[0], params);
        return link_reply(context, context.ids[0], params);
    });
    add_line_item_routes(router);
    add_session_routes(router);
}

}  // namespace stripe_sim
