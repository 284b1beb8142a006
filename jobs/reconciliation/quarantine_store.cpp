// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/quarantine_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "daemon/base/version/version.hpp"
#include "jobs/digest.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

void quarantine(pqxx::work& tx, const std::string& account_id, const std::string& stream,
                const std::vector<RefusedObject>& refused) {
    for (const auto& [object, response] : refused) {
        const auto id = object.object_id.empty() ? sha256_hex(object.raw) : object.object_id;
        tx.exec_params0(R"sql(
            INSERT INTO pay_private.quarantine AS q (account_id, stream, object_id, raw, error, tried_by)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (account_id, stream, object_id) DO UPDATE
               SET raw = excluded.raw, error = excluded.error, last_seen = now(),
                   attempts = q.attempts + 1, tried_by = excluded.tried_by)sql",
                        account_id, stream, id, object.raw, object.error, version());
        if (object.error.ends_with(kWrongMode))
            tx.exec_params0(R"sql(
                INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
                VALUES ('object_of_wrong_mode', $1, $2, jsonb_build_object(
                            'stream', $3::text, 'object_id', $2::text,
                            'stripe_request_id', $4::text, 'problem', $5::text))
                ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO NOTHING)sql",
                            account_id, id, stream, response->stripe_request_id, object.error);
    }
}

void mark_quarantined_as_tried(pqxx::work& tx, const std::string& account_id,
                               const std::string& stream, const std::string& id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.quarantine SET tried_by = $4
         WHERE account_id = $1 AND stream = $2 AND object_id = $3)sql",
                    account_id, stream, id, version());
}

void release_from_quarantine(pqxx::work& tx, const std::string& account_id,
                             const std::string& stream, const std::vector<std::string>& ids) {
    if (ids.empty())
        return;
    db::execute(tx, R"sql(
        DELETE FROM pay_private.quarantine
         WHERE account_id = $1 AND stream = $2 AND object_id = ANY ($3::text[]))sql",
                account_id, stream, text_array(ids));
}

}  // namespace paysync::reconciliation::store
