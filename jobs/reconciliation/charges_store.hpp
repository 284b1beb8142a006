// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/db/transaction.hpp"
#include "jobs/stripe/charge.hpp"

#include <string>
#include <vector>

/// SQL of charges and of the balance transactions that come with them.
namespace paysync::reconciliation::store {

/// The answer of Stripe's that objects came in.
struct Read {
    std::string account_id;
    std::string source;  ///< list or object
    std::string stripe_request_id;
};

/// Writes the charges that differ from their rows, or have none, with their balance transactions
/// and fees. Yields the charges written. What has not changed is read and not written.
std::vector<stripe::Charge> save_charges(pqxx::work& tx, const Read& read,
                                         const std::vector<stripe::Charge>& charges);

/// Adds a version to the history of each of these charges, as its row is now.
void add_history(pqxx::work& tx, const Read& read, const std::vector<std::string>& charge_ids);

/// Whether Stripe will not change it any more by itself: it failed, or its money is in the ledger.
bool is_final(const stripe::Charge& charge);

}  // namespace paysync::reconciliation::store
