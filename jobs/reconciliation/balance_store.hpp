// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/stripe/balance.hpp"

#include <string>

/// The balances that Stripe reports for an account; rule INV-08 compares the ledger with them.
namespace paysync::reconciliation::store {

/// Stores a balance that was the same before and after the ledger was read. One that equals the
/// newest stored one only moves its seen_at. Balances that were seen last 90 days ago are deleted,
/// but not the newest one of a currency.
void store_balance(pqxx::work& tx, std::string account_id, stripe::Balance balance,
                   std::string stripe_request_id);

}  // namespace paysync::reconciliation::store
