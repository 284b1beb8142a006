// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/streams_store.hpp"

#include <string>
#include <vector>

/// Objects that are read by their id, beside the walk through their list.
///
/// Two things make an object due:
///
/// - a recheck: its row's next_check_at has come. Stripe may have changed the object by itself, or
///   another object's row contradicts it.
/// - a re-read: it has a row in pay_private.reread. A list lacked it, the audit drew it, the charge
///   of a fee was refunded, or an operator asked for it.
namespace paysync::reconciliation::store {

/// Up to `limit` ids of the stream that are due: re-reads first, then rechecks, then objects that
/// an older version put into quarantine, then ids that other tables name (StreamKind::missing_ids).
std::vector<std::string> objects_to_reread(pqxx::work& tx, StreamLease lease, int limit);

/// The object was read: deletes its row in pay_private.reread. If the audit had drawn it, records
/// whether its stored row `differed`.
void clear_reread(pqxx::work& tx, const StreamLease& lease, const std::string& id,
                  const std::string& stripe_request_id, bool differed);

/// Stripe's answer was an error. The object's row in pay_private.reread moves behind the others, or
/// is deleted if the error is `for_good`; see store_refusal() in pages_store.hpp.
void defer_reread(pqxx::work& tx, const StreamLease& lease, const std::string& id, bool for_good);

}  // namespace paysync::reconciliation::store
