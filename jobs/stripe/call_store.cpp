// SPDX-License-Identifier: MIT
#include "jobs/stripe/call_store.hpp"

#include <pqxx/pqxx>

namespace paysync::stripe {

StoredCall begin_call(pqxx::work& tx, std::string key, std::string account, std::string path,
                      std::string body, std::string purpose, std::string subject) {
    tx.exec_params(R"sql(
        INSERT INTO pay_private.stripe_call
               (idempotency_key, account_id, method, path, body, purpose, subject, created_at)
        VALUES ($1, nullif($2, ''), 'POST', $3, $4, $5, $6, now())
        ON CONFLICT (idempotency_key) DO NOTHING)sql",
                   key, account, path, body, purpose, subject);
    // Read back in a statement of its own: it sees a row that another daemon has just committed.
    const pqxx::row row = tx.exec_params1(R"sql(
        SELECT idempotency_key, coalesce(account_id, ''), path, body,
               greatest(extract(epoch FROM clock_timestamp() - created_at), 0)::bigint,
               status, coalesce(object_id, '')
          FROM pay_private.stripe_call
         WHERE idempotency_key = $1)sql",
                                          key);
    StoredCall call;
    call.key = row[0].as<std::string>();
    call.account = row[1].as<std::string>();
    call.path = row[2].as<std::string>();
    call.body = row[3].as<std::string>();
    call.age_seconds = row[4].as<std::int64_t>();
    if (!row[5].is_null())
        call.status = row[5].as<int>();
    call.object_id = row[6].as<std::string>();
    return call;
}

void finish_call(pqxx::work& tx, std::string key, int status, std::string object_id,
                 std::string request_id) {
    tx.exec_params(R"sql(
        UPDATE pay_private.stripe_call
           SET status = $2, object_id = nullif($3, ''), request_id = nullif($4, ''),
               finished_at = now()
         WHERE idempotency_key = $1)sql",
                   key, status, object_id, request_id);
}

}  // namespace paysync::stripe
