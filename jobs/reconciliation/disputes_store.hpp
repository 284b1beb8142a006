// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/stream_kind.hpp"

/// Disputes. A dispute that is new or changed makes its charge due to be read by id
/// (schedule_charge_rechecks()), and changes the state of the payment request that the charge pays.
/// The ledger rows that come inside a dispute, withdrawal and reinstatement, are stored with it.
namespace paysync::reconciliation::store {

extern const StreamKind kDisputes;

}  // namespace paysync::reconciliation::store
