// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/stream_kind.hpp"

#include <string>
#include <vector>

/// Charges: the stream that becomes "My Payments".
///
/// When a charge is new or changed:
///
/// 1. its ledger row, which Stripe sends inside it, is stored;
/// 2. its application fee is due to be read by id, if a part of the charge was refunded;
/// 3. match_charges() ties it to the payment request that its metadata names;
/// 4. a version is added to pay_private.charge_history;
/// 5. settle_requests() computes the request's state from all its charges.
namespace paysync::reconciliation::store {

extern const StreamKind kCharges;

/// Called when a refund or a dispute of these charges has changed. A charge is due to be read by id
/// if its row contradicts them: the refunds do not add up to amount_refunded, or there is a dispute
/// and the charge is not `disputed`. Then, or if a charge is not stored (StreamKind::missing_ids),
/// the stream of charges is due now.
void schedule_charge_rechecks(pqxx::work& tx, const std::string& account_id,
                              const std::vector<std::string>& charge_ids);

}  // namespace paysync::reconciliation::store
