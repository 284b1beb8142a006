// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/pages_store.hpp"

#include <string>
#include <vector>

/// SQL of payments that only their checkout session ties to a request.
namespace paysync::reconciliation::store {

/// A payment of which only a checkout session may know the link.
struct Untied {
    std::string charge_id;
    std::string payment_intent_id;
};

/// Up to `limit` succeeded payments that are tied to nothing and not older than the account's
/// oldest live link. Each is given out until store_sessions() has been called for it.
std::vector<Untied> untied_charges(pqxx::work& tx, std::string account_id, int limit);

/// Ties a charge to the request whose link its checkout session came by, or remembers that there is
/// none.
Stored store_sessions(pqxx::work& tx, Lease lease, std::string charge_id, std::string body);

}  // namespace paysync::reconciliation::store
