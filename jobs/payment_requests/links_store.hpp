// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/request.hpp"
#include "jobs/stripe/call_store.hpp"

#include <string>
#include <vector>

/// SQL of payment links: those that were made, those that have to go, and those that are missing.
namespace paysync::payment_requests::store {

/// A payment link that Stripe has just made, and the call that made it.
struct NewLink {
    std::string request_id;  ///< that it is for
    std::string link_id;
    std::string url;
    std::string account_id;
    bool livemode = false;
    stripe::EndedCall call;
};

/// Records links, and how their calls ended; the requests are locked. A link that exists at Stripe
/// is never forgotten: it is unwanted if the request has another one or is over.
void record_links(pqxx::work& tx, const std::vector<NewLink>& links);

/// Requests that want a new link without a mail; the same one is not given out again for
/// `seconds`. They are open, and their company is connected.
std::vector<Request> claim_linkless(pqxx::work& tx, int limit, double seconds);

/// Records the link of a request that wanted one.
void link_replaced(pqxx::work& tx, NewLink link);

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

/// As link_deactivated(), for a link that we wanted: its request gets another one.
void link_found_off(pqxx::work& tx, std::string link_id);

/// Somebody paid on this account: its charges are read at once.
void payment_seen(pqxx::work& tx, std::string account_id);

}  // namespace paysync::payment_requests::store
