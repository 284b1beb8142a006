// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/stripe/balance_transaction.hpp"

#include <string>
#include <vector>

namespace paysync::reconciliation::store {

/// Writes the balance transactions that differ from their rows, or have none, and their fees.
/// Yields the ids of those written.
std::vector<std::string> save_balance_transactions(
    pqxx::work& tx, const Read& read,
    const std::vector<Sighting<stripe::BalanceTransaction>>& transactions);

/// The same for those that came with objects of another kind.
std::vector<std::string> save_accompanying(
    pqxx::work& tx, const Read& read,
    const std::vector<Sighting<stripe::BalanceTransaction>>& transactions);

}  // namespace paysync::reconciliation::store
