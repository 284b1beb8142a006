// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link_calls_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

namespace {

stripe::StoredCall call_from(const pqxx::row& row, int first) {
    stripe::StoredCall call;
    call.key = text(row[first]);
    call.account = text(row[first + 1]);
    call.path = text(row[first + 2]);
    call.body = text(row[first + 3]);
    call.age_seconds = row[first + 4].as<std::int64_t>();
    return call;
}

/// Stores the calls that are not stored yet, and reads them back: one that another daemon has just
/// stored is returned as it was stored.
void begin_calls(pqxx::work& tx, const std::vector<WantedLink>& wanted,
                 const std::vector<std::size_t>& places, std::vector<LinkStart>& starts) {
    Column requests, accounts, paths, bodies;
    for (const auto place : places) {
        requests.add(wanted[place].request_id);
        accounts.add(wanted[place].account_id);
        paths.add(wanted[place].path);
        bodies.add(wanted[place].body);
    }
    // ORDER BY, or two daemons could deadlock.
    db::execute(tx, R"sql(
        INSERT INTO pay_private.stripe_call
               (idempotency_key, account_id, method, path, body, purpose, subject, created_at)
        SELECT format('paysync:%s:link:%s:%s', c.request_id, n.number, c.account_id), c.account_id, 'POST', c.path,
               c.body, 'payment_link', c.request_id, now()
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS c (request_id, account_id, path, body)
         CROSS JOIN LATERAL (
              SELECT 1 + coalesce(max(substring(s.idempotency_key FROM ':link:(\d+):')::integer), 0) AS number,
                     coalesce(bool_or(s.finished_at IS NULL AND s.account_id = c.account_id), false) AS under_way
                FROM pay_private.stripe_call s WHERE s.subject = c.request_id AND s.purpose = 'payment_link') n
         WHERE NOT n.under_way
           -- A link that somebody recorded since begin_links() looked.
           AND NOT EXISTS (SELECT FROM pay_private.payment_link l
                            WHERE l.request_id = c.request_id::uuid AND l.active AND l.wanted_active)
         ORDER BY c.request_id
        ON CONFLICT (idempotency_key) DO NOTHING)sql",
                requests.literal(), accounts.literal(), paths.literal(), bodies.literal());
    const auto rows = db::execute(tx, R"sql(
        SELECT asked.n, s.idempotency_key, s.account_id, s.path, s.body,
               greatest(extract(epoch FROM clock_timestamp() - s.created_at), 0)::bigint,
               (SELECT count(*) FROM pay_private.stripe_call b
                 WHERE b.subject = asked.request_id AND b.purpose = 'payment_link' AND b.status >= 400
                   AND b.created_at > coalesce((SELECT max(g.created_at) FROM pay_private.stripe_call g
                                                 WHERE g.subject = asked.request_id AND g.purpose = 'payment_link'
                                                   AND g.status < 400), '-infinity'))
          FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (request_id, account_id, n)
         CROSS JOIN LATERAL (SELECT * FROM pay_private.stripe_call s
                              WHERE s.subject = asked.request_id AND s.purpose = 'payment_link'
                                AND s.account_id = asked.account_id AND s.finished_at IS NULL
                              ORDER BY s.created_at LIMIT 1) s)sql",
                                  requests.literal(), accounts.literal());
    for (const auto& row : rows) {
        auto& start = starts.at(places.at(row[0].as<std::size_t>() - 1));
        start.call = call_from(row, 1);
        start.refusals = row[6].as<int>();
    }
}

}  // namespace

std::vector<LinkStart> begin_links(pqxx::work& tx, std::vector<WantedLink> wanted) {
    std::vector<LinkStart> starts(wanted.size());
    Column requests, accounts;
    for (const auto& link : wanted) {
        requests.add(link.request_id);
        accounts.add(link.account_id);
    }
    const auto rows = db::execute(tx, R"sql(
        SELECT asked.n, pay_private.link_demand(r), l.link_id, l.account_id, l.url, l.active, l.unlimited,
               coalesce(l.used, false), l.charge_id,
               coalesce(l.active AND l.wanted_active AND l.account_id = asked.account_id, false)
          FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked (request_id, account_id, n)
          JOIN pay.payment_request r USING (request_id)
          LEFT JOIN LATERAL (SELECT * FROM pay_private.unsettled_link u
                              WHERE u.request_id = r.request_id OFFSET 0) l ON true
         ORDER BY asked.n, l.link_id)sql",
                                  requests.literal(), accounts.literal());
    std::vector<bool> wants(wanted.size());
    for (const auto& row : rows) {
        const auto place = row[0].as<std::size_t>() - 1;
        wants.at(place) = row[1].as<bool>();
        auto& start = starts.at(place);
        if (row[2].is_null())
            continue;
        if (row[9].as<bool>()) {
            start.link_id = text(row[2]);
            start.url = text(row[4]);
        } else {
            start.old.push_back(OldLink{text(row[2]), text(row[3]), row[5].as<bool>(),
                                        row[6].as<bool>(), row[7].as<bool>(), text(row[8])});
        }
    }
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < starts.size(); ++i)
        if (wants[i] && starts[i].link_id.empty() && starts[i].old.empty())
            places.push_back(i);
    if (!places.empty())
        begin_calls(tx, wanted, places, starts);
    for (const auto place : places)
        starts[place].look_again = !starts[place].call;
    return starts;
}

std::vector<UnfinishedCall> claim_unfinished_calls(pqxx::work& tx, int limit) {
    const auto rows = db::execute(tx, R"sql(
        UPDATE pay_private.stripe_call c
           SET tries = tries + 1, next_try_at = now() + least(interval '10 minutes' * (tries + 1), interval '6 hours')
         WHERE c.idempotency_key IN (
               SELECT idempotency_key FROM pay_private.stripe_call
                WHERE finished_at IS NULL AND purpose = 'payment_link' AND next_try_at <= now()
                ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING c.idempotency_key, c.account_id, c.path, c.body,
                  greatest(extract(epoch FROM clock_timestamp() - c.created_at), 0)::bigint, c.subject)sql",
                                  limit);
    std::vector<UnfinishedCall> calls;
    for (const auto& row : rows)
        calls.push_back(UnfinishedCall{call_from(row, 0), text(row[5])});
    return calls;
}

LookedUpPage look_up_link(pqxx::work& tx, std::string key, std::string request_id,
                          std::vector<ListedLink> page) {
    Column ids, requests;
    for (const auto& link : page) {
        ids.add(link.link_id);
        requests.add(link.request_id);
    }
    // Ten minutes of grace: links have our clock's time of their record, not of their creation.
    const auto row = db::execute(tx, R"sql(
        SELECT (SELECT p.link_id
                  FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS p (link_id, request_id, n)
                 WHERE p.request_id = $2
                   AND NOT EXISTS (SELECT FROM pay_private.payment_link l WHERE l.link_id = p.link_id)
                 ORDER BY p.n LIMIT 1),
               EXISTS (SELECT FROM pay_private.payment_link l
                        WHERE l.link_id = ANY ($3::text[])
                          AND l.created_at < (SELECT c.created_at - interval '10 minutes'
                                                FROM pay_private.stripe_call c WHERE c.idempotency_key = $1)))sql",
                                 key, request_id, ids.literal(), requests.literal())[0];
    return LookedUpPage{text(row[0]), row[1].as<bool>()};
}

}  // namespace paysync::payment_requests::store
