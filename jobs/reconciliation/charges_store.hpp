// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/stripe/charge.hpp"

#include <string>
#include <vector>

/// SQL of charges and of the balance transactions that come with them.
namespace paysync::reconciliation::store {

/// Writes the charges that differ from their rows, or have none, with their balance transactions
/// and fees; those of a charge that was read by its id in any case. Yields the charges written.
std::vector<stripe::Charge> save_charges(pqxx::work& tx, const Read& read,
                                         const std::vector<Sighting<stripe::Charge>>& charges);

/// Adds a version to the history of each of these charges, as its row is now. Yields those that
/// belong to a request.
std::vector<std::string> add_history(pqxx::work& tx, const Read& read,
                                     const std::vector<std::string>& charge_ids);

/// These charges are due to be read: something that belongs to them changed. One that is not known
/// is due as well.
void look_at_charges(pqxx::work& tx, const std::string& account_id,
                     const std::vector<std::string>& charge_ids);

/// Whether Stripe will not change it any more by itself: it failed, or its money is in the ledger.
bool is_final(const stripe::Charge& charge);

}  // namespace paysync::reconciliation::store
