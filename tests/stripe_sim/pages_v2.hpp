// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/list.hpp"
#include "tests/stripe_sim/router.hpp"

#include <string>
#include <vector>

namespace stripe_sim {

/// The parameters, each once: the official client repeats them when it follows a page's address,
/// which holds them already.
FormPairs without_repeats(const FormPairs& params);

/// The query that `limit` and `page` (of next_page_url or previous_page_url) ask for.
ListQuery page_query(const Json& params);

/// A list of v2: its objects, their ids, and the addresses of the pages before and after.
Json page_v2(const Context& context, const Json& data, const std::vector<std::string>& ids,
             const ListQuery& query, bool has_more);

void add_thin_event_routes(Router& router);

}  // namespace stripe_sim
