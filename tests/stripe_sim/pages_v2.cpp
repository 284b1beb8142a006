// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/pages_v2.hpp"

#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/list.hpp"

#include <algorithm>

namespace stripe_sim {
namespace {

constexpr const char* kOlder = "page_n_";
constexpr const char* kNewer = "page_p_";

std::string address(const Context& context, const std::string& token) {
    std::string out = context.path + "?";
    for (const auto& [name, value] : without_repeats(context.params)) {
        if (name != "page") {
            out += percent_encode(name) + "=" + percent_encode(value) + "&";
        }
    }
    return out + "page=" + token;
}

}  // namespace

FormPairs without_repeats(const FormPairs& params) {
    FormPairs out;
    for (const auto& pair : params) {
        if (std::find(out.begin(), out.end(), pair) == out.end()) {
            out.push_back(pair);
        }
    }
    return out;
}

// Not documented: the default and the maximum of `limit` in v2; here they are those of v1.
ListQuery page_query(const Json& params) {
    Json paging = Json::object();
    if (params.contains("limit")) {
        paging["limit"] = params["limit"];
    }
    ListQuery query = list_query(paging);
    std::string page = text_of(params, "page");
    if (page.starts_with(kOlder)) {
        query.starting_after = page.substr(std::string(kOlder).size());
    } else if (page.starts_with(kNewer)) {
        query.ending_before = page.substr(std::string(kNewer).size());
    } else if (!page.empty()) {
        throw parameter_invalid("", "page", "Invalid page: " + page);
    }
    return query;
}

Json page_v2(const Context& context, const Json& data, const std::vector<std::string>& ids,
             const ListQuery& query, bool has_more) {
    bool back = !query.ending_before.empty();
    bool older = back || has_more;
    bool newer = back ? has_more : !query.starting_after.empty();
    Json out = {{"data", data}, {"next_page_url", nullptr}, {"previous_page_url", nullptr}};
    if (older && !ids.empty()) {
        out["next_page_url"] = address(context, kOlder + ids.back());
    }
    if (newer && !ids.empty()) {
        out["previous_page_url"] = address(context, kNewer + ids.front());
    }
    return out;
}

}  // namespace stripe_sim
