// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/rereads_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "daemon/base/version/version.hpp"
#include "jobs/reconciliation/kinds.hpp"

#include <pqxx/pqxx>

#include <utility>

namespace paysync::reconciliation::store {

namespace {

/// Charges that a refund or a dispute names, made before the horizon. What Stripe was seen not to
/// know is not asked for again.
std::vector<std::string> unknown_charges(pqxx::work& tx, const Lease& lease, int limit) {
    std::vector<std::string> ids;
    for (const auto& row : db::execute(tx, R"sql(
        SELECT DISTINCT n.charge_id
          FROM (SELECT charge_id FROM pay_private.refund WHERE account_id = $1
                UNION ALL SELECT charge_id FROM pay_private.dispute WHERE account_id = $1) n
         WHERE n.charge_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM pay_private.charge c
                            WHERE c.account_id = $1 AND c.charge_id = n.charge_id)
           AND NOT EXISTS (SELECT FROM pay_private.quarantine q
                            WHERE q.account_id = $1 AND q.stream = $3 AND q.object_id = n.charge_id)
           AND NOT EXISTS (SELECT FROM pay_private.discrepancy d
                            WHERE d.account_id = $1 AND d.kind = 'charge_vanished' AND d.subject = n.charge_id)
         LIMIT $2)sql",
                                       lease.account_id, limit, lease.stream))
        ids.push_back(text(row[0]));
    return ids;
}

}  // namespace

std::vector<std::string> objects_to_check(pqxx::work& tx, Lease lease, int limit) {
    // A ledger row that is due is the walk's business, which reaches back to it. A hash is no id.
    static const PerKind kDue(R"sql(
        SELECT id FROM (
            SELECT object_id AS id, 1 AS turn, asked_at AS due FROM pay_private.reread
             WHERE account_id = $1 AND stream = $2
            UNION ALL
            SELECT {id}, 2, next_check_at FROM {table}
             WHERE account_id = $1 AND next_check_at <= now() AND $2 <> $5
            UNION ALL
            SELECT object_id, 3, first_seen FROM pay_private.quarantine
             WHERE account_id = $1 AND stream = $2 AND tried_by IS DISTINCT FROM $3 AND object_id LIKE '%\_%') wanted
         GROUP BY id ORDER BY min(turn), min(due) LIMIT $4)sql");
    std::vector<std::string> ids;
    for (const auto& row : db::execute_composed(
             tx, kDue.of(lease.stream),
             {lease.account_id, lease.stream, version(), std::to_string(limit), kLedger}))
        ids.push_back(text(row[0]));
    if (lease.stream == kCharges && static_cast<int>(ids.size()) < limit)
        for (auto& id : unknown_charges(tx, lease, limit - static_cast<int>(ids.size())))
            ids.push_back(std::move(id));
    return ids;
}

void was_read(pqxx::work& tx, const Lease& lease, const std::string& id,
              const std::string& stripe_request_id, bool differed) {
    tx.exec_params0(R"sql(
        WITH done AS (
            DELETE FROM pay_private.reread WHERE account_id = $1 AND stream = $2 AND object_id = $3
            RETURNING reason)
        INSERT INTO pay_private.audited (account_id, stream, object_id, differed, stripe_request_id)
        SELECT $1, $2, $3, $4, $5 FROM done WHERE reason = 'audit')sql",
                    lease.account_id, lease.stream, id, differed, stripe_request_id);
}

void was_not_given(pqxx::work& tx, const Lease& lease, const std::string& id, bool for_good) {
    tx.exec_params0(
        for_good ? "DELETE FROM pay_private.reread WHERE account_id = $1 AND stream = $2 AND "
                   "object_id = $3"
                 : "UPDATE pay_private.reread SET asked_at = now() WHERE account_id = $1 AND "
                   "stream = $2 AND object_id = $3",
        lease.account_id, lease.stream, id);
}

}  // namespace paysync::reconciliation::store
