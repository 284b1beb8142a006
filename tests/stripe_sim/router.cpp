// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/router.hpp"

#include "tests/stripe_sim/account_params.hpp"
#include "tests/stripe_sim/application_fees.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/expand.hpp"
#include "tests/stripe_sim/list.hpp"

#include <memory>
#include <set>

namespace stripe_sim {
namespace {

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        size_t end = path.find('/');
        segments.emplace_back(path.substr(0, end));
        path = end == std::string_view::npos ? std::string_view() : path.substr(end);
    }
    return segments;
}

Text joined_list(const Page& page, const std::string& url) {
    return std::make_shared<const std::string>(list_body(page.items, page.has_more, url));
}

Text resolve(Context& context, const std::string& owner, std::string_view name,
             const std::string& id) {
    static const std::set<std::string, std::less<>> kExpandable = {"account",
                                                                   "application_fee",
                                                                   "balance_transaction",
                                                                   "charge",
                                                                   "customer",
                                                                   "latest_charge",
                                                                   "payment_intent",
                                                                   "payment_link",
                                                                   "source",
                                                                   "failure_balance_transaction",
                                                                   "originating_transaction",
                                                                   "destination",
                                                                   "on_behalf_of",
                                                                   "payment_method",
                                                                   "transfer",
                                                                   "destination_payment",
                                                                   "source_transfer",
                                                                   "source_transaction"};
    if (name == "application" && !id.empty()) {
        return to_text({{"id", id}, {"object", "application"}, {"name", "Platform"}});
    }
    if (name == "destination_payment" && !id.empty()) {
        // The object is on the other account, which may be expanded there already.
        Json other = member(Json::parse(owner), "destination");
        Account* payee = context.world.access(other.is_object() ? text_of(other, "id")
                                                                : other.get<std::string>());
        return payee == nullptr ? nullptr : context.world.lookup(*payee, id);
    }
    if (name == "source" && id.starts_with("fr_")) {
        return find_fee_refund(context.world, id);
    }
    if (name == "destination" && id.starts_with("ba_")) {
        Json bank = bank_account(context.world.account_json(context.account.id));
        bank["id"] = id;
        return to_text(bank);
    }
    if (kExpandable.contains(name) && !id.empty()) {
        return context.world.lookup(context.account, id);
    }
    if (!id.empty()) {
        return nullptr;
    }
    Json object = Json::parse(owner);
    std::string kind = text_of(object, "object");
    std::string owner_id = text_of(object, "id");
    if (name == "refunds" && kind == "charge") {
        ListQuery query;
        query.equal.emplace_back("charge", owner_id);
        auto page = context.account.refunds.page(query, context.world.now_ms());
        return joined_list(*page, "/v1/charges/" + owner_id + "/refunds");
    }
    if (name == "line_items" && (kind == "payment_link" || kind == "checkout.session")) {
        std::string link = kind == "payment_link" ? owner_id : text_of(object, "payment_link");
        Page page;
        const std::vector<Text>& lines = context.account.line_items[link];
        page.items.assign(lines.begin(), lines.end());
        return joined_list(page, "/v1/payment_links/" + link + "/line_items");
    }
    // Stripe omits some members that can be expanded, for example a refund's failure.
    return kExpandable.contains(name) ? std::make_shared<const std::string>() : nullptr;
}

Text expanded(Context& context, Text text, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        text = expand(
            text, path,
            [&](const std::string& owner, std::string_view name, const std::string& id) {
                return resolve(context, owner, name, id);
            },
            path);
    }
    return text;
}

}  // namespace

std::string Reply::body() const {
    return list ? list_body(items, has_more, url) : *items.at(0).text();
}

void Router::add(const std::string& method, const std::string& pattern, Handler handler,
                 bool platform_only) {
    routes_.push_back(
        {method, split_path(pattern), platform_only, std::move(handler), method + " " + pattern});
}

void Router::add_collection(const std::string& path, const std::string& kind,
                            Collection Account::*collection, const std::string& parameters,
                            std::function<void(Context&, Json&, ListQuery&)> extra) {
    auto schema = std::make_shared<Schema>(parameters);
    add("GET", path, [=](Context& context) {
        Json params = schema->check(context.params);
        Json filters = params;
        filters.erase("expand");
        ListQuery own;
        if (extra) {
            extra(context, filters, own);
        }
        ListQuery query = list_query(filters);
        query.accept = own.accept;
        return list_reply(context, context.account.*collection, kind, query, params);
    });
    auto one = std::make_shared<Schema>("expand[] str");
    add("GET", path + "/{}", [=](Context& context) {
        Json params = one->check(context.params);
        Text text = (context.account.*collection).text(context.ids[0]);
        if (!text) {
            throw resource_missing(kind, context.ids[0], "id");
        }
        return object_reply(context, text, params);
    });
}

const Route* Router::find(const std::string& method, const std::string& path,
                          std::vector<std::string>& ids) const {
    std::vector<std::string> segments = split_path(path);
    for (const Route& route : routes_) {
        if (route.method != method || route.segments.size() != segments.size()) {
            continue;
        }
        bool matches = true;
        for (size_t i = 0; i < segments.size() && matches; ++i) {
            matches = route.segments[i] == segments[i] ||
                      (route.segments[i] == "{}" && !segments[i].empty());
        }
        if (matches) {
            for (size_t i = 0; i < segments.size(); ++i) {
                if (route.segments[i] == "{}") {
                    ids.push_back(percent_decode(segments[i]));
                }
            }
            return &route;
        }
    }
    return nullptr;
}

std::vector<std::string> Router::names() const {
    std::vector<std::string> names;
    for (const Route& route : routes_) {
        names.push_back(route.name);
    }
    return names;
}

Reply object_reply(const Json& object) {
    Reply reply;
    reply.items.push_back(to_text(object));
    return reply;
}

Reply object_reply(Context& context, const Text& text, const Json& params) {
    Reply reply;
    reply.items.push_back(expanded(context, text, expand_paths(params, false)));
    return reply;
}

Reply list_reply(Context& context, const Collection& collection, const std::string& kind,
                 const ListQuery& query, const Json& params) {
    auto page = collection.page(query, context.world.now_ms());
    if (!page) {
        bool back = query.starting_after.empty();
        throw invalid_request(
            "No such " + kind + ": '" + (back ? query.ending_before : query.starting_after) + "'",
            back ? "ending_before" : "starting_after", "resource_missing");
    }
    std::vector<std::string> paths = expand_paths(params, true);
    Reply reply;
    reply.list = true;
    reply.has_more = page->has_more;
    reply.url = context.path;
    reply.items = std::move(page->items);
    reply.sources = std::move(page->sources);
    // If a computed row has been stored since, the charge must show the stored one.
    bool inlines = paths.size() == 1 && context.account.transactions.replaced() == 0;
    for (Item& item : reply.items) {
        if (!paths.empty() && !(inlines && item.inline_member(paths[0]))) {
            item = expanded(context, item.text(), paths);
        }
    }
    return reply;
}

}  // namespace stripe_sim
