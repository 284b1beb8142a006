// SPDX-License-Identifier: MIT
#include "jobs/stripe/call_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"

#include <pqxx/pqxx>

namespace paysync::stripe {

std::vector<StoredCall> begin_calls(pqxx::work& tx, std::vector<NewCall> calls) {
    Column keys, accounts, paths, bodies, purposes, subjects;
    for (const auto& call : calls) {
        keys.add(call.key);
        accounts.add(call.account);
        paths.add(call.path);
        bodies.add(call.body);
        purposes.add(call.purpose);
        subjects.add(call.subject);
    }
    // ORDER BY key, or two daemons could deadlock.
    db::execute(tx, R"sql(
        INSERT INTO pay_private.stripe_call
               (idempotency_key, account_id, method, path, body, purpose, subject, created_at)
        SELECT key, nullif(account, ''), 'POST', path, body, purpose, subject, now()
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
               AS c (key, account, path, body, purpose, subject)
         ORDER BY key
        ON CONFLICT (idempotency_key) DO NOTHING)sql",
                keys.literal(), accounts.literal(), paths.literal(), bodies.literal(),
                purposes.literal(), subjects.literal());
    // Read back in a second statement: it sees a row that another daemon has just committed.
    const auto rows = db::execute(tx, R"sql(
        SELECT c.idempotency_key, c.account_id, c.path, c.body,
               greatest(extract(epoch FROM clock_timestamp() - c.created_at), 0)::bigint,
               c.status, c.object_id
          FROM unnest($1::text[]) WITH ORDINALITY AS asked (key, n)
          JOIN pay_private.stripe_call c ON c.idempotency_key = asked.key
         ORDER BY asked.n)sql",
                                  keys.literal());
    std::vector<StoredCall> stored;
    for (const auto& row : rows) {
        StoredCall call;
        call.key = text(row[0]);
        call.account = text(row[1]);
        call.path = text(row[2]);
        call.body = text(row[3]);
        call.age_seconds = row[4].as<std::int64_t>();
        if (!row[5].is_null())
            call.status = row[5].as<int>();
        call.object_id = text(row[6]);
        stored.push_back(std::move(call));
    }
    return stored;
}

StoredCall begin_call(pqxx::work& tx, std::string key, std::string account, std::string path,
                      std::string body, std::string purpose, std::string subject) {
    std::vector<NewCall> calls = {NewCall{std::move(key), std::move(account), std::move(path),
                                          std::move(body), std::move(purpose), std::move(subject)}};
    return begin_calls(tx, std::move(calls)).at(0);
}

void finish_calls(pqxx::work& tx, const std::vector<EndedCall>& calls) {
    Column keys, statuses, objects, requests;
    for (const auto& call : calls) {
        keys.add(call.key);
        statuses.add(std::int64_t{call.status});
        objects.add(call.object_id);
        requests.add(call.request_id);
    }
    db::execute(tx, R"sql(
        UPDATE pay_private.stripe_call c
           SET status = nullif(e.status, 0), object_id = nullif(e.object_id, ''),
               request_id = nullif(e.request_id, ''), finished_at = now()
          FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[])
               AS e (key, status, object_id, request_id)
         WHERE c.idempotency_key = e.key)sql",
                keys.literal(), statuses.literal(), objects.literal(), requests.literal());
}

void finish_call(pqxx::work& tx, std::string key, int status, std::string object_id,
                 std::string request_id) {
    const std::vector<EndedCall> calls = {
        EndedCall{std::move(key), status, std::move(object_id), std::move(request_id)}};
    finish_calls(tx, calls);
}

}  // namespace paysync::stripe
