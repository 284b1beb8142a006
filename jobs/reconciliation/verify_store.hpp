// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

/// SQL of the rules that must hold at every moment.
namespace paysync::reconciliation::store {

struct Verdict {
    int found = 0;     ///< rows that break a rule
    int repaired = 0;  ///< discrepancies that are in order again
};

/// Makes a discrepancy of each violation and closes those that are no more. One daemon at a time;
/// another one finds nothing to do. The whole transaction sees one snapshot.
Verdict record_violations(pqxx::work& tx);

/// Has up to `size` objects of each kind read again that are drawn at random, unless somebody did
/// within half of `every_seconds`. Yields how many.
int draw_sample(pqxx::work& tx, int size, double every_seconds);

}  // namespace paysync::reconciliation::store
