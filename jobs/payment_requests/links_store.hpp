// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/db/transaction.hpp"

#include <string>
#include <vector>

/// SQL of payment links that have to go.
namespace paysync::payment_requests::store {

/// A link that is live at Stripe and should not be.
struct UnwantedLink {
    std::string link_id;
    std::string account_id;
    std::string reason;
    int attempt = 1;
};

/// Ends open requests whose time is over; their links are wanted inactive. Yields how many ended.
int expire_due(pqxx::work& tx);

/// Takes up to `limit` unwanted live links; the same link is not given out again for `seconds`,
/// longer after each attempt.
std::vector<UnwantedLink> claim_unwanted_links(pqxx::work& tx, int limit, double seconds);

/// Stripe was seen to answer that the link is inactive.
void link_deactivated(pqxx::work& tx, std::string link_id);

}  // namespace paysync::payment_requests::store
