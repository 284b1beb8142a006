// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/pages_store.hpp"

#include <string>
#include <vector>

/// Charges that only their checkout session ties to a payment request: somebody paid by the
/// request's link, but the charge lacks our metadata. The session names both the link and the
/// payment.
namespace paysync::reconciliation::store {

/// A charge for which Stripe has to be asked.
struct UnmatchedCharge {
    std::string charge_id;
    std::string payment_intent_id;
};

/// Up to `limit` succeeded charges that are matched with nothing and not older than the account's
/// oldest live link. A charge is returned again until store_sessions() was called for it.
std::vector<UnmatchedCharge> unmatched_charges(pqxx::work& tx, std::string account_id, int limit);

/// Matches the charge with the request whose link one of the sessions in `body` came by, or records
/// that there is none (matched_by = 'none'). Throws as pages_store.hpp says.
StoredObjects store_sessions(pqxx::work& tx, StreamLease lease, std::string charge_id,
                             std::string body);

}  // namespace paysync::reconciliation::store
