// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/pages_store.hpp"
#include "jobs/reconciliation/stream_kind.hpp"

#include <string>
#include <vector>

/// Payouts, and the ledger rows that each automatic payout consists of.
///
/// Stripe lists the items of a payout once its reconciliation_status is completed. The list is read
/// page by page; each ledger row gets the payout's id; behind the last page the sum of the rows is
/// compared with the payout's amount (rule INV-07).
namespace paysync::reconciliation::store {

extern const StreamKind kPayouts;

/// Up to `limit` payouts of the account that Stripe can itemise and that were not itemised yet.
std::vector<std::string> payouts_to_itemise(pqxx::work& tx, std::string account_id, int limit);

/// Stores one page of a payout's items. With the `last` page the payout is itemised, and a sum that
/// is not its amount becomes a discrepancy. Throws as pages_store.hpp says.
StoredObjects store_payout_items(pqxx::work& tx, StreamLease lease, std::string payout_id,
                                 std::string body, ResponseInfo response, bool last);

}  // namespace paysync::reconciliation::store
