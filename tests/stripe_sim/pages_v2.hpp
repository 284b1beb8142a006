// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/router.hpp"

#include <string>
#include <vector>

namespace stripe_sim {

/// The parameters without duplicates. The official client repeats them when it follows a page's
/// URL, which has them already.
FormPairs without_repeats(const FormPairs& params);

/// The query of `limit` and `page` (from next_page_url or previous_page_url).
ListQuery page_query(const Json& params);

/// A v2 list: the objects, their ids, and the URLs of the previous and the next page.
Json page_v2(const Context& context, const Json& data, const std::vector<std::string>& ids,
             const ListQuery& query, bool has_more);

void add_thin_event_routes(Router& router);

}  // namespace stripe_sim
