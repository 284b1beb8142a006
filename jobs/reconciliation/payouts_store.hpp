// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/stripe/balance_transaction.hpp"
#include "jobs/stripe/payout.hpp"

#include <string>
#include <vector>

/// SQL of payouts and of what is in them.
namespace paysync::reconciliation::store {

/// Yields the ids of the payouts written.
std::vector<std::string> save_payouts(pqxx::work& tx, const Read& read,
                                      const std::vector<Sighting<stripe::Payout>>& payouts);

/// Up to `limit` payouts of the account that Stripe can itemise and that were not yet.
std::vector<std::string> payouts_to_itemise(pqxx::work& tx, std::string account_id, int limit);

/// These ledger rows, which are saved too, went out with the payout.
void add_items(pqxx::work& tx, const Read& read, const std::string& payout_id,
               const std::vector<Sighting<stripe::BalanceTransaction>>& items);

/// The list of what is in the payout was read whole; a sum that is not its amount is a discrepancy.
void close_items(pqxx::work& tx, const Read& read, const std::string& payout_id,
                 const Answer& answer);

}  // namespace paysync::reconciliation::store
