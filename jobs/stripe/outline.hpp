// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// What the next call for a list depends on, without its objects: they are read elsewhere, while
/// that call is under way.
struct Outline {
    bool has_more = false;
    std::string last_id;                 ///< the cursor of the next page; empty for an empty page
    std::optional<std::int64_t> newest;  ///< creation times in Unix seconds, where there are any
    std::optional<std::int64_t> oldest;
};

/// Throws FieldError when the text is no list of Stripe's, and for a page that says that there is
/// more and names no object behind which it is.
Outline outline_page(std::string_view body);

}  // namespace paysync::stripe
