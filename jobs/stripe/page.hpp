// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/json.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paysync::stripe {

/// An item of a list that cannot be taken, for quarantine.
struct Rejected {
    std::string object_id;  ///< empty when not even that can be read
    std::string raw;  ///< as Stripe wrote it; may hold "\u0000", so that it is text, not jsonb
    std::string error;
};

/// One page of a list: what could be read, and what could not.
template <typename T>
struct Page {
    std::vector<T> items;
    bool has_more = false;
    std::vector<Rejected> rejected;
    std::string last_id;  ///< of the last item, rejected or not: the cursor of the next page

    /// Nothing at all came.
    bool empty() const noexcept { return items.empty() && rejected.empty(); }
};

namespace detail {

inline std::string id_or_empty(const Object& item) noexcept {
    try {
        return item.text("id");
    } catch (const std::exception&) {
        return {};
    }
}

}  // namespace detail

/// Reads a list of Stripe's, each item with `read`, which throws FieldError for one it cannot take.
/// Throws FieldError when the list itself is not one.
template <typename T>
Page<T> parse_page(std::string_view body, T (*read)(const Object&)) {
    Page<T> page;
    const auto each = [&](const std::optional<Object>& item, std::string_view raw) {
        std::string id;
        try {
            if (!item)
                throw FieldError("", "is not an object");
            id = detail::id_or_empty(*item);
            page.items.push_back(read(*item));
        } catch (const FieldError& error) {
            page.rejected.push_back({id, std::string(raw), error.what()});
        }
        if (!id.empty())
            page.last_id = std::move(id);
    };
    const Document document(body);
    const Object list = document.root("data", each);
    list.expect_type("list");
    list.expect_array("data");
    page.has_more = list.flag("has_more");
    return page;
}

}  // namespace paysync::stripe
