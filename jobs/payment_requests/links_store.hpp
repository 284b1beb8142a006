// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/stripe/call_store.hpp"

#include <string>
#include <vector>

/// SQL of payment links: new ones, unwanted ones that are still active, and missing ones.
///
/// A request has at most one wanted link. A link that Stripe has made is never forgotten: if its
/// request is over or has another link, it is recorded as unwanted (`wanted_active = false`), and
/// LinksJob deactivates it.
namespace paysync::payment_requests::store {

/// A payment link that Stripe has just made, and the end of the call that made it.
struct NewLink {
    std::string request_id;
    std::string link_id;
    std::string url;
    std::string account_id;
    std::int64_t amount = 0;  ///< that it asks for, minor units
    bool livemode = false;
    stripe::EndedCall call;
};

/// Records new links and the ends of their calls. The caller has locked the requests.
void record_links(pqxx::work& tx, const std::vector<NewLink>& links);

/// Open requests of connected companies that want a link without a message (their old link was
/// replaced). The same one is not returned again for `seconds`.
std::vector<Request> claim_requests_without_link(pqxx::work& tx, int limit, double seconds);

/// Records the link of a request that claim_requests_without_link() returned.
void record_replacement_link(pqxx::work& tx, NewLink link);

/// A link that is active at Stripe and should not be.
struct UnwantedLink {
    std::string link_id;
    std::string account_id;
    std::string reason;
    int attempt = 1;
};

/// Ends open requests whose `expires_at` has passed; their links become unwanted. Returns how many.
int expire_requests(pqxx::work& tx, int limit);

/// Up to `limit` unwanted active links. The same one is not returned again for `seconds` times its
/// number of attempts, an hour at most.
std::vector<UnwantedLink> claim_unwanted_links(pqxx::work& tx, int limit, double seconds);

/// Stripe has shown the link as inactive.
void record_link_inactive(pqxx::work& tx, std::string link_id);

/// The same for a wanted link, which somebody else deactivated: its request gets another one.
void record_link_lost(pqxx::work& tx, std::string link_id);

/// Makes all streams of the account due now, because somebody has paid there.
void make_streams_due(pqxx::work& tx, std::string account_id);

}  // namespace paysync::payment_requests::store
