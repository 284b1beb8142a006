// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/link_sweep_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

int add_link_sweeps(pqxx::work& tx) {
    return static_cast<int>(tx.exec(R"sql(
        INSERT INTO pay_private.link_sweep (account_id, next_run_at)
        SELECT i.account_id, now() + random() * interval '1 day'
          FROM pay_private.integration i
         WHERE i.access = 'ok' AND i.stage <> 'disconnected'
           -- Without a request there is no link of ours.
           AND EXISTS (SELECT FROM pay.payment_request r WHERE r.company = i.company)
           AND NOT EXISTS (SELECT FROM pay_private.link_sweep s WHERE s.account_id = i.account_id)
        ON CONFLICT DO NOTHING)sql")
                                .affected_rows());
}

std::optional<SweepTurn> claim_sweep_turn(pqxx::work& tx) {
    // An account that is not ours to read any more is looked at once a day.
    const auto rows = db::execute(tx, R"sql(
        WITH due AS (
            SELECT s.account_id, i.access = 'ok' AND i.stage <> 'disconnected' AS readable
              FROM pay_private.link_sweep s JOIN pay_private.integration i USING (account_id)
             WHERE s.next_run_at <= now() ORDER BY s.next_run_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED)
        UPDATE pay_private.link_sweep s
           SET started_at = CASE WHEN s.cursor IS NULL THEN now() ELSE s.started_at END,
               next_run_at = now() + CASE WHEN due.readable THEN interval '5 minutes' ELSE interval '1 day' END
          FROM due WHERE s.account_id = due.account_id
        RETURNING s.account_id, s.cursor, due.readable)sql");
    if (rows.empty() || !rows[0][2].as<bool>())
        return std::nullopt;
    return SweepTurn{text(rows[0][0]), text(rows[0][1])};
}

int record_swept_page(pqxx::work& tx, SweptPage page) {
    Column ids, requests, urls, used;
    for (const auto& link : page.links) {
        ids.add(link.link_id);
        requests.add(link.request_id);
        urls.add(link.url);
        used.add(link.used_up);
    }
    db::execute(tx, R"sql(
        UPDATE pay_private.payment_link l
           SET seen_at = now(),
               check_at = CASE WHEN l.active AND l.wanted_active AND p.used_up THEN now() ELSE l.check_at END
          FROM unnest($1::text[], $2::boolean[]) AS p (link_id, used_up)
         WHERE l.link_id = p.link_id AND l.active)sql",
                ids.literal(), used.literal());
    // Somebody switched them on again.
    db::execute(tx, R"sql(
        UPDATE pay_private.payment_link l
           SET active = true, wanted_active = false, used = NULL, attempts = 0, next_attempt_at = now(), seen_at = now()
         WHERE l.link_id = ANY ($1::text[]) AND l.account_id = $2 AND NOT l.active
           AND l.deactivated_at < (SELECT s.started_at FROM pay_private.link_sweep s WHERE s.account_id = $2))sql",
                ids.literal(), page.account_id);
    const int found = static_cast<int>(db::execute(tx, R"sql(
        INSERT INTO pay_private.payment_link
               (link_id, request_id, company, account_id, amount, url, active, wanted_active, deactivation_reason)
        SELECT p.link_id, r.request_id, r.company, i.account_id, r.amount, p.url, true, false, 'found'
          FROM unnest($1::text[], $2::text[], $3::text[]) AS p (link_id, request_id, url)
          JOIN pay.payment_request r
            ON r.request_id = CASE WHEN p.request_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p.request_id::uuid END
          JOIN pay_private.integration i ON i.account_id = $4 AND i.company = r.company
         WHERE NOT EXISTS (SELECT FROM pay_private.payment_link l WHERE l.link_id = p.link_id)
           AND NOT EXISTS (SELECT FROM pay_private.stripe_call c
                            WHERE c.subject = p.request_id AND c.purpose = 'payment_link' AND c.finished_at IS NULL)
        ON CONFLICT (link_id) DO NOTHING)sql",
                                                   ids.literal(), requests.literal(),
                                                   urls.literal(), page.account_id)
                                           .affected_rows());
    if (page.last)
        db::execute(tx, R"sql(
            UPDATE pay_private.payment_link l SET check_at = now()
              FROM pay_private.link_sweep s
             WHERE s.account_id = $1 AND l.account_id = $1 AND l.active AND l.wanted_active AND l.check_at IS NULL
               AND l.created_at < s.started_at - interval '1 minute' AND coalesce(l.seen_at, l.created_at) < s.started_at)sql",
                    page.account_id);
    // An account with live links is walked through once a day, another one once a week.
    db::execute(tx, R"sql(
        UPDATE pay_private.link_sweep s
           SET cursor = CASE WHEN NOT $3 THEN nullif($2, '') END,
               last_completed_at = CASE WHEN $3 THEN now() ELSE s.last_completed_at END,
               next_run_at = CASE WHEN NOT $3 THEN now() + interval '10 seconds'
                                  WHEN EXISTS (SELECT FROM pay_private.payment_link l
                                                WHERE l.account_id = $1 AND l.active) THEN now() + interval '1 day'
                                  ELSE now() + interval '7 days' END
         WHERE s.account_id = $1)sql",
                page.account_id, page.cursor, page.last);
    return found;
}

void restart_sweep(pqxx::work& tx, std::string account_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.link_sweep SET cursor = NULL, next_run_at = now() + interval '1 hour' WHERE account_id = $1)sql",
                    account_id);
}

}  // namespace paysync::payment_requests::store
