// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/verify_store.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

RuleCheck record_violations(pqxx::work& tx) {
    // All rules must see one snapshot, or the sums race with concurrent writers.
    tx.exec0("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    const auto rows = tx.exec(
        "SELECT v.* FROM (SELECT pg_try_advisory_xact_lock(hashtext('pay_private.violation')) AS "
        "mine) l "
        "CROSS JOIN LATERAL pay_private.record_violations() v WHERE l.mine");
    if (rows.empty())
        return {};
    return RuleCheck{rows[0][0].as<int>(), rows[0][1].as<int>()};
}

int draw_sample(pqxx::work& tx, int size, double every_seconds) {
    return tx
        .exec_params1("SELECT pay_private.draw_sample($1, make_interval(secs => $2 / 2))", size,
                      every_seconds)[0]
        .as<int>();
}

}  // namespace paysync::reconciliation::store
