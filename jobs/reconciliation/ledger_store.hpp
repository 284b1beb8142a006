// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/charges_store.hpp"
#include "jobs/stripe/balance_transaction.hpp"

#include <vector>

namespace paysync::reconciliation::store {

/// Writes the balance transactions that differ from their rows, or have none, and their fees.
void save_balance_transactions(pqxx::work& tx, const Read& read,
                               const std::vector<const stripe::BalanceTransaction*>& transactions);

}  // namespace paysync::reconciliation::store
