// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/rereads_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "daemon/base/version/version.hpp"
#include "jobs/reconciliation/stream_kind.hpp"

#include <pqxx/pqxx>

#include <utility>

namespace paysync::reconciliation::store {

std::vector<std::string> objects_to_reread(pqxx::work& tx, StreamLease lease, int limit) {
    // An object in quarantine whose id could not be read has a hash in its place, without "_".
    static const StatementPerKind kDue(R"sql(
        SELECT id FROM (
            SELECT object_id AS id, 1 AS turn, asked_at AS due FROM pay_private.reread
             WHERE account_id = $1 AND stream = $2
            UNION ALL
            SELECT {id}, 2, next_check_at FROM {table}
             WHERE account_id = $1 AND next_check_at <= now() AND NOT $5::boolean
            UNION ALL
            SELECT object_id, 3, first_seen FROM pay_private.quarantine
             WHERE account_id = $1 AND stream = $2 AND tried_by IS DISTINCT FROM $3 AND object_id LIKE '%\_%') wanted
         GROUP BY id ORDER BY min(turn), min(due) LIMIT $4)sql");
    const auto& kind = stream_kind(lease.stream);
    std::vector<std::string> ids;
    for (const auto& row :
         db::execute_composed(tx, kDue.of(lease.stream),
                              {lease.account_id, lease.stream, version(), std::to_string(limit),
                               kind.rechecked_by_walk ? "t" : "f"}))
        ids.push_back(text(row[0]));
    const int left = limit - static_cast<int>(ids.size());
    if (kind.missing_ids && left > 0)
        for (auto& id : kind.missing_ids(tx, lease.account_id, left))
            ids.push_back(std::move(id));
    return ids;
}

void clear_reread(pqxx::work& tx, const StreamLease& lease, const std::string& id,
                  const std::string& stripe_request_id, bool differed) {
    tx.exec_params0(R"sql(
        WITH done AS (
            DELETE FROM pay_private.reread WHERE account_id = $1 AND stream = $2 AND object_id = $3
            RETURNING reason)
        INSERT INTO pay_private.audited (account_id, stream, object_id, differed, stripe_request_id)
        SELECT $1, $2, $3, $4, $5 FROM done WHERE reason = 'audit')sql",
                    lease.account_id, lease.stream, id, differed, stripe_request_id);
}

void defer_reread(pqxx::work& tx, const StreamLease& lease, const std::string& id, bool for_good) {
    tx.exec_params0(
        for_good ? "DELETE FROM pay_private.reread WHERE account_id = $1 AND stream = $2 AND "
                   "object_id = $3"
                 : "UPDATE pay_private.reread SET asked_at = now() WHERE account_id = $1 AND "
                   "stream = $2 AND object_id = $3",
        lease.account_id, lease.stream, id);
}

}  // namespace paysync::reconciliation::store
