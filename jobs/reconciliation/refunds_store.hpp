// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/reconciliation/stream_kind.hpp"

/// Refunds. A refund that is new or changed makes its charge due to be read by id, because
/// amount_refunded of the charge should have changed too.
namespace paysync::reconciliation::store {

extern const StreamKind kRefunds;

}  // namespace paysync::reconciliation::store
