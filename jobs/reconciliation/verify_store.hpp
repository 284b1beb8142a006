// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

/// The rules that must hold at every moment (pay_private.violation), and the random sample that the
/// audit re-reads.
namespace paysync::reconciliation::store {

/// The result of one check of all rules.
struct RuleCheck {
    int violations = 0;  ///< rows that break a rule
    int repaired = 0;    ///< discrepancies that were closed: their rows keep the rule again
};

/// Opens a discrepancy for each violation, and closes those without one. Does nothing while another
/// daemon does the same. All rules see one snapshot.
RuleCheck record_violations(pqxx::work& tx);

/// Draws up to `size` stored objects of each kind at random and puts them into pay_private.reread,
/// unless this was done within half of `every_seconds`. Returns how many.
int draw_sample(pqxx::work& tx, int size, double every_seconds);

}  // namespace paysync::reconciliation::store
