// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/stream_kind.hpp"

#include <string>
#include <vector>

/// Charges: the stream that becomes "My Payments".
///
/// A charge that is new or changed gets a version in its history, is matched with the payment
/// request that its metadata names, and lets that request's state follow from the money. The ledger
/// row that comes inside a charge is stored with it.
namespace paysync::reconciliation::store {

extern const StreamKind kCharges;

/// Makes those of these charges due for a read by id whose row contradicts its refunds and
/// disputes: their sum is not amount_refunded, or there is a dispute and the charge is not
/// disputed. A charge that is not stored makes its stream due: see StreamKind::missing_ids.
void schedule_charge_rechecks(pqxx::work& tx, const std::string& account_id,
                              const std::vector<std::string>& charge_ids);

}  // namespace paysync::reconciliation::store
