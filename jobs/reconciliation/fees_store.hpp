// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/stream_kind.hpp"

#include <string>
#include <vector>

/// Application fees: the platform's share of its companies' payments, the one stream of the
/// platform itself. When a charge is refunded, Stripe may return a part of its fee. The walk does
/// not reach an old fee that changed, so the refunded charge puts it into pay_private.reread.
namespace paysync::reconciliation::store {

extern const StreamKind kApplicationFees;

/// Puts these fees into pay_private.reread: their charges were refunded.
void schedule_fee_rereads(pqxx::work& tx, const std::vector<std::string>& fee_ids);

}  // namespace paysync::reconciliation::store
