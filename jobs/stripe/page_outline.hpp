// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// The parts of a list's page on which the request for the next page depends.
///
/// A page is parsed twice. The loop thread reads this outline in a fraction of a millisecond and
/// sends the next request at once; meanwhile a database worker makes typed objects of the page and
/// stores them.
struct PageOutline {
    bool has_more = false;
    std::string last_id;                 ///< the cursor of the next page; empty for an empty page
    std::optional<std::int64_t> newest;  ///< `created` in Unix seconds; nothing when no item has it
    std::optional<std::int64_t> oldest;
};

/// Throws FieldError when `body` is not a Stripe list, and when it has more pages behind it but no
/// item with an id: the next request would have no cursor and return the first page for ever.
PageOutline outline_page(std::string_view body);

}  // namespace paysync::stripe
