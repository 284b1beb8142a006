// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/collection.hpp"
#include "tests/stripe_sim/json.hpp"

#include <string>
#include <vector>

namespace stripe_sim {

/// The parameters of every list, and those of lists that can also be filtered by creation.
extern const char* const kPagingParameters;
extern const char* const kListParameters;

/// Turns checked parameters into a query. Members that are not about paging become equality
/// filters.
ListQuery list_query(const Json& params);

/// The bounds in `created` (or another time filter).
TimeRange time_range(const Json& filter);

/// Joins the pieces into a list object.
std::string list_body(const std::vector<Item>& items, bool has_more, const std::string& url);

}  // namespace stripe_sim
