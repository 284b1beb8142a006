// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/streams_store.hpp"

#include <string>
#include <vector>

/// SQL of the objects that are read by their id.
namespace paysync::reconciliation::store {

/// Up to `limit` objects of the stream that are to be read by their id: those that can still
/// change, those that somebody wants to be read again, those that an older version could not read,
/// and charges that a refund or a dispute names and that are not known.
std::vector<std::string> objects_to_check(pqxx::work& tx, Lease lease, int limit);

/// Whoever wanted the object to be read has what he wanted; what was drawn at random counts for the
/// audit, with whether its row `differed`.
void was_read(pqxx::work& tx, const Lease& lease, const std::string& id,
              const std::string& stripe_request_id, bool differed);

/// Stripe did not give the object: whoever asked for it waits behind the others, or is forgotten
/// when that is `for_good`.
void was_not_given(pqxx::work& tx, const Lease& lease, const std::string& id, bool for_good);

}  // namespace paysync::reconciliation::store
