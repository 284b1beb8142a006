// SPDX-License-Identifier: MIT
#include "jobs/stripe/page_outline.hpp"

#include "jobs/stripe/json.hpp"

#include <simdjson.h>

#include <algorithm>

namespace paysync::stripe {

namespace {

namespace ondemand = simdjson::ondemand;

/// Ignores what it cannot read: the strict reader of the whole object reports that.
void add_item(ondemand::value item, PageOutline& outline) {
    ondemand::object object;
    if (item.get_object().get(object))
        return;
    for (ondemand::field field : object) {
        const auto name = field.key();
        std::string_view id;
        std::int64_t created = 0;
        if (name == "id" && !field.value().get_string().get(id)) {
            outline.last_id = std::string(id);
        } else if (name == "created" && !field.value().get_int64().get(created)) {
            outline.newest = std::max(outline.newest.value_or(created), created);
            outline.oldest = std::min(outline.oldest.value_or(created), created);
        }
    }
}

PageOutline read_outline(std::string_view body) {
    thread_local ondemand::parser parser;
    const simdjson::padded_string text(body);
    ondemand::document document = parser.iterate(text);
    PageOutline outline;
    bool is_list = false, has_data = false, says_more = false;
    for (ondemand::field field : document.get_object()) {
        const auto name = field.key();
        if (name == "object") {
            is_list = std::string_view(field.value().get_string()) == "list";
        } else if (name == "has_more") {
            outline.has_more = field.value().get_bool();
            says_more = true;
        } else if (name == "data") {
            for (ondemand::value item : field.value().get_array())
                add_item(item, outline);
            has_data = true;
        }
    }
    if (!is_list || !has_data || !says_more)
        throw FieldError("", "is not a Stripe list");
    return outline;
}

}  // namespace

PageOutline outline_page(std::string_view body) {
    try {
        auto outline = read_outline(body);
        if (outline.has_more && outline.last_id.empty())
            throw FieldError("data", "has more pages behind it but no object with an id");
        return outline;
    } catch (const simdjson::simdjson_error& error) {
        throw FieldError("", std::string("is not valid JSON: ") + error.what());
    }
}

}  // namespace paysync::stripe
