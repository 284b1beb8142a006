// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stripe_sim {

using FormPairs = std::vector<std::pair<std::string, std::string>>;

/// Undoes percent encoding; `+` is a space.
std::string percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);

/// Splits `a=1&b[c]=2` into decoded pairs, in their order.
FormPairs parse_form(std::string_view text);

/// Builds the tree that `a[b][0][c]=v` means; every leaf is a string, arrays are objects whose keys
/// are the indexes (an empty index counts on). Throws ApiError for names that make no sense.
Json form_tree(const FormPairs& pairs);

/// The value of the first pair of this name, or the fallback.
std::string form_value(const FormPairs& pairs, std::string_view name,
                       const std::string& fallback = "");

}  // namespace stripe_sim
