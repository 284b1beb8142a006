// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/list.hpp"

#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/page_buffer.hpp"

namespace stripe_sim {

const char* const kPagingParameters =
    "limit int starting_after str ending_before str expand[] str ";
const char* const kListParameters =
    "limit int starting_after str ending_before str expand[] str created time ";

TimeRange time_range(const Json& filter) {
    TimeRange range;
    if (filter.is_number_integer()) {
        range.from = range.to = filter.get<int64_t>();
    } else if (filter.is_object()) {
        range.from = std::max(int_of(filter, "gte", INT64_MIN),
                              filter.contains("gt") ? int_of(filter, "gt") + 1 : INT64_MIN);
        range.to = std::min(int_of(filter, "lte", INT64_MAX),
                            filter.contains("lt") ? int_of(filter, "lt") - 1 : INT64_MAX);
    }
    return range;
}

ListQuery list_query(const Json& params) {
    ListQuery query;
    for (const auto& [key, value] : params.items()) {
        if (key == "limit") {
            auto limit = value.get<int64_t>();
            if (limit < 1) {
                throw parameter_invalid("parameter_invalid_integer", "limit",
                                        "This value must be greater than or equal to 1.");
            }
            if (limit > 100) {
                throw parameter_invalid("parameter_invalid_integer", "limit",
                                        "This value must be less than or equal to 100 (it "
                                        "currently is '" +
                                            std::to_string(limit) + "').");
            }
            query.limit = static_cast<size_t>(limit);
        } else if (key == "starting_after") {
            query.starting_after = value.get<std::string>();
        } else if (key == "ending_before") {
            query.ending_before = value.get<std::string>();
        } else if (key == "created") {
            query.created = time_range(value);
        } else if (value.is_boolean()) {
            query.equal.emplace_back(key, value.get<bool>() ? "true" : "false");
        } else if (value.is_string()) {
            query.equal.emplace_back(key, value.get<std::string>());
        }
    }
    if (!query.starting_after.empty() && !query.ending_before.empty()) {
        throw parameter_invalid("", "ending_before",
                                "You can only use one of starting_after and ending_before.");
    }
    return query;
}

std::string list_body(const std::vector<Item>& items, bool has_more, const std::string& url) {
    std::string out = take_page_buffer();
    out += R"({"object":"list","data":[)";
    size_t total = out.size() + url.size() + 32;
    for (const Item& item : items) {
        total += item.size_hint() + 1;
    }
    out.reserve(total);
    for (size_t i = 0; i < items.size(); ++i) {
        if (i > 0) {
            out += ',';
        }
        items[i].append_to(out);
    }
    out += has_more ? R"(],"has_more":true,"url":")" : R"(],"has_more":false,"url":")";
    out += url;
    out += "\"}";
    return out;
}

}  // namespace stripe_sim
