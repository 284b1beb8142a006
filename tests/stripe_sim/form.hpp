// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stripe_sim {

using FormPairs = std::vector<std::pair<std::string, std::string>>;

/// Decodes percent encoding; `+` is a blank.
std::string percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);

/// Splits `a=1&b[c]=2` into decoded pairs, in order.
FormPairs parse_form(std::string_view text);

/// Builds the tree of names like `a[b][0][c]`. Every leaf is a string; arrays are objects whose
/// keys are the indexes (an empty index is the next number). Throws ApiError for invalid names.
Json form_tree(const FormPairs& pairs);

/// The value of the first pair of this name, or the fallback.
std::string form_value(const FormPairs& pairs, std::string_view name,
                       const std::string& fallback = "");

}  // namespace stripe_sim
