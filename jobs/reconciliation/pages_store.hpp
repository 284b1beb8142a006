// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/db/transaction.hpp"
#include "jobs/reconciliation/matching_store.hpp"
#include "jobs/reconciliation/streams_store.hpp"

#include <string>
#include <vector>

/// What becomes of an answer of Stripe's, each function in one transaction with all that follows
/// from it. All throw LeaseLost, and stripe::FieldError for an answer that is not what was asked
/// for, and then nothing is written.
namespace paysync::reconciliation::store {

/// What an answer brought.
struct Stored {
    bool has_more = false;  ///< the list goes on
    std::string cursor;     ///< behind this object
    int listed = 0;
    int written = 0;   ///< charges new or changed
    int rejected = 0;  ///< charges in quarantine
    std::vector<Settled> settled;
};

/// Stores one page of a list of charges with its balance transactions, and with it how far the walk
/// has come; the last page ends the walk.
Stored store_page(pqxx::work& tx, Lease lease, Pace pace, std::string body,
                  std::string stripe_request_id);

/// Stores one charge that was read by its id, and when to read it again if it can still change.
Stored store_charge(pqxx::work& tx, Lease lease, std::string charge_id, std::string body,
                    std::string stripe_request_id);

/// Stripe does not know this charge any more: a discrepancy, and another look later.
void charge_vanished(pqxx::work& tx, Lease lease, std::string charge_id,
                     std::string stripe_request_id);

/// Up to `limit` charges of the account that are due to be read again.
std::vector<std::string> charges_to_check(pqxx::work& tx, std::string account_id, int limit);

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
