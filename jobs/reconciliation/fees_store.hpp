// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/stream_kind.hpp"

#include <string>
#include <vector>

/// Application fees: the platform's share of its companies' payments, the one stream of the
/// platform itself. A part of a fee goes back when its charge is refunded, which changes the fee
/// but does not list it anew; so the refunded charge has its fee read again.
namespace paysync::reconciliation::store {

extern const StreamKind kApplicationFees;

/// Has these fees read by id: their charges were refunded.
void schedule_fee_rereads(pqxx::work& tx, const std::vector<std::string>& fee_ids);

}  // namespace paysync::reconciliation::store
