// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace paysync::stripe {

/// The text as a JSON string with its quotes, for request bodies of Stripe's API v2.
std::string json_text(std::string_view text);

}  // namespace paysync::stripe
