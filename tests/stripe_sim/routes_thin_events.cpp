// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/pages_v2.hpp"
#include "tests/stripe_sim/wire_v2.hpp"

#include <algorithm>
#include <set>

namespace stripe_sim {
namespace {

constexpr int64_t kRetentionSeconds = 30 * 24 * 3600;
constexpr size_t kMostTypes = 20;

/// The bounds of `created`: RFC 3339 like all times of v2, or Unix seconds as in the types of
/// Stripe's client.
TimeRange created_range(const Json& params) {
    Json bounds = Json::object();
    Json wanted = params.value("created", Json::object());
    if (!wanted.is_object()) {
        throw parameter_invalid("", "created", "Invalid created: must be gt, gte, lt or lte.");
    }
    for (const auto& [name, value] : wanted.items()) {
        std::string param = "created[" + name + "]";
        if (name != "gt" && name != "gte" && name != "lt" && name != "lte") {
            throw parameter_unknown(param);
        }
        std::string text = value.is_string() ? value.get<std::string>() : "";
        bool digits = !text.empty() && text.size() <= 18 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
        std::optional<int64_t> time =
            digits ? std::optional<int64_t>(std::stoll(text)) : parse_rfc3339(text);
        if (!time) {
            throw parameter_invalid("", param, "Invalid timestamp: " + param);
        }
        bounds[name] = *time;
    }
    return time_range(bounds);
}

Reply list_events(Context& context) {
    static const Schema kSchema("limit int page str object_id str types[] str created any");
    Json params = kSchema.check(without_repeats(context.params));
    std::set<std::string> types;
    for (const Json& type : params.value("types", Json::array())) {
        types.insert(type.get<std::string>());
    }
    if (types.size() > kMostTypes) {
        throw parameter_invalid("", "types", "You can filter by up to 20 types.");
    }
    ListQuery query = page_query(params);
    query.created = created_range(params);
    query.created.from = std::max(query.created.from, context.world.now() - kRetentionSeconds);
    if (params.contains("object_id")) {
        query.equal.emplace_back("object_id", text_of(params, "object_id"));
    }
    if (!types.empty()) {
        query.accept = [&](const Record& record) {
            return types.contains(std::string(record.field("type")));
        };
    }
    Reply found = list_reply(context, context.account.thin_events, "event", query, Json::object());
    Json data = Json::array();
    std::vector<std::string> ids;
    for (const Item& item : found.items) {
        data.push_back(Json::parse(*item.text()));
        ids.push_back(text_of(data.back(), "id"));
    }
    return object_reply(page_v2(context, data, ids, query, found.has_more));
}

Reply one_event(Context& context) {
    Schema("").check(context.params);
    const Record* record = context.account.thin_events.find(context.ids[0]);
    if (record == nullptr || record->created < context.world.now() - kRetentionSeconds) {
        throw resource_missing("event", context.ids[0], "id");
    }
    return object_reply(record->json());
}

}  // namespace

void add_thin_event_routes(Router& router) {
    router.add("GET", "/v2/core/events", list_events);
    router.add("GET", "/v2/core/events/{}", one_event);
}

}  // namespace stripe_sim
