// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/json.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// One page of a Stripe list, `{"object": "list", "data": […], "has_more": …}`, made typed objects.
///
/// One bad item must not cost the others: an item that its reader refuses is returned beside the
/// good ones, so that the caller can put it into quarantine. All pages of a list are read by
/// PagedList (paged_list.hpp).
namespace paysync::stripe {

/// An item of a list that its reader refused.
struct RejectedObject {
    std::string object_id;  ///< empty when the item has no readable "id"
    /// The item as Stripe wrote it. It may hold "\u0000", which PostgreSQL takes as text but not as
    /// jsonb.
    std::string raw;
    std::string error;  ///< names the field: "data[3].amount: expected an integer, found null"
};

/// A page without its typed items.
struct PageFrame {
    bool has_more = false;                 ///< Stripe has more items behind this page
    std::string last_id;                   ///< id of the last item that has one, refused or not
    std::vector<RejectedObject> rejected;  ///< in the order of the list
};

/// Calls `read_item` for each item of the list in `body`. An item for which it throws FieldError
/// becomes a RejectedObject. Throws FieldError when `body` is not a list.
PageFrame read_page(std::string_view body, const std::function<void(const Object&)>& read_item);

/// A page with its typed items, for example Page<Account>.
template <typename T>
struct Page : PageFrame {
    std::vector<T> items;  ///< in the order of the list, which is newest first
};

/// Reads each item with `read`, for example `parse_page(body, &read_account)`. Throws FieldError
/// when `body` is not a list.
template <typename T>
Page<T> parse_page(std::string_view body, T (*read)(const Object&)) {
    Page<T> page;
    static_cast<PageFrame&>(page) =
        read_page(body, [&page, read](const Object& item) { page.items.push_back(read(item)); });
    return page;
}

}  // namespace paysync::stripe
