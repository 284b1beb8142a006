// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/object_batch.hpp"
#include "jobs/reconciliation/stream_kind.hpp"
#include "jobs/stripe/balance_transaction.hpp"

#include <string>
#include <vector>

/// The ledger: balance transactions, one for each movement of money on an account's balance, and
/// the parts of their fees.
///
/// Ledger rows come in three ways: as a stream of their own, inside charges and disputes, and as
/// the items of a payout (payouts_store.hpp). All ways write the same table.
namespace paysync::reconciliation::store {

extern const StreamKind kLedger;

/// Stores ledger rows that came with objects of another kind, if they are new or changed.
void store_accompanying_ledger_rows(
    pqxx::work& tx, const std::string& account_id,
    const std::vector<ReadObject<stripe::BalanceTransaction>>& rows);

}  // namespace paysync::reconciliation::store
