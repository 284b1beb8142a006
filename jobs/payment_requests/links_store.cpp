// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/links_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/payment_requests/request_store.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

void record_links(pqxx::work& tx, const std::vector<NewLink>& links) {
    if (links.empty())
        return;
    Column ids, requests, accounts, urls, livemodes, amounts;
    std::vector<stripe::EndedCall> calls;
    for (const auto& link : links) {
        ids.add(link.link_id);
        requests.add(link.request_id);
        accounts.add(link.account_id);
        urls.add(link.url);
        amounts.add(link.amount);
        livemodes.add(link.livemode);
        calls.push_back(link.call);
    }
    db::execute(tx, R"sql(
        UPDATE pay_private.payment_link l SET wanted_active = false, deactivation_reason = 'replaced'
          FROM unnest($1::uuid[], $2::text[]) AS n (request_id, account_id)
         WHERE l.request_id = n.request_id AND l.account_id <> n.account_id AND l.wanted_active)sql",
                requests.literal(), accounts.literal());
    db::execute(tx, R"sql(
        WITH made AS (
            INSERT INTO pay_private.payment_link
                   (link_id, request_id, company, account_id, amount, url, active, wanted_active, deactivation_reason)
            SELECT n.link_id, r.request_id, r.company, n.account_id, n.amount, n.url, true, w.wanted,
                   CASE WHEN NOT w.wanted THEN CASE WHEN pay_private.link_demand(r) THEN 'replaced' ELSE r.state END END
              FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
                       AS n (link_id, request_id, account_id, url, amount)
              JOIN pay.payment_request r USING (request_id)
             CROSS JOIN LATERAL (
                  SELECT pay_private.link_demand(r) AND n.amount = pay_private.amount_due(r)
                         AND EXISTS (SELECT FROM pay_private.integration i
                                      WHERE i.account_id = n.account_id AND i.current AND i.stage <> 'disconnected')
                         AND NOT EXISTS (SELECT FROM pay_private.payment_link l
                                          WHERE l.request_id = r.request_id AND l.wanted_active) AS wanted) w
            ON CONFLICT (link_id) DO NOTHING
            RETURNING request_id, link_id, wanted_active)
        UPDATE pay.payment_request r
           SET account_id = n.account_id, livemode = n.livemode, link_problem = NULL, link_wanted_at = NULL
          FROM unnest($1::text[], $3::text[], $6::boolean[]) AS n (link_id, account_id, livemode)
          JOIN made m USING (link_id)
         WHERE r.request_id = m.request_id AND m.wanted_active)sql",
                ids.literal(), requests.literal(), accounts.literal(), urls.literal(),
                amounts.literal(), livemodes.literal());
    // The amount that is due, or the account, may have changed while the call was under way.
    db::execute(tx, R"sql(
        UPDATE pay.payment_request r SET link_wanted_at = pay_private.link_due(r)
         WHERE r.request_id = ANY ($1::uuid[]) AND r.link_wanted_at IS NULL AND pay_private.link_demand(r)
           AND NOT EXISTS (SELECT FROM pay_private.payment_link l
                            WHERE l.request_id = r.request_id AND l.wanted_active))sql",
                requests.literal());
    stripe::finish_calls(tx, calls);
}

bool record_replacement_link(pqxx::work& tx, NewLink link) {
    tx.exec_params("SELECT FROM pay.payment_request WHERE request_id = $1 FOR NO KEY UPDATE",
                   link.request_id);
    record_links(tx, {link});
    return tx
        .exec_params1("SELECT wanted_active FROM pay_private.payment_link WHERE link_id = $1",
                      link.link_id)[0]
        .as<bool>();
}

void note_link_problem(pqxx::work& tx, std::string request_id, std::string words) {
    tx.exec_params0(R"sql(
        UPDATE pay.payment_request r SET link_problem = left($2, 500)
         WHERE r.request_id = $1 AND pay_private.link_demand(r) AND r.link_problem IS DISTINCT FROM left($2, 500))sql",
                    request_id, words);
}

void postpone_link(pqxx::work& tx, std::string request_id, std::string words, double seconds) {
    tx.exec_params0(R"sql(
        UPDATE pay.payment_request r
           SET link_problem = left($2, 500), link_wanted_at = now() + make_interval(secs => $3)
         WHERE r.request_id = $1 AND pay_private.link_demand(r) AND r.link_wanted_at IS NOT NULL)sql",
                    request_id, words, seconds);
}

LinkWork claim_link_work(pqxx::work& tx, int limit, std::string last_company,
                         std::vector<std::string> busy, double seconds) {
    LinkWork work;
    const auto due = db::execute(tx, R"sql(
        SELECT unwanted::text, checks::text, missing::text, last_company, more,
               cardinality(unwanted) > 0, cardinality(checks) > 0, cardinality(missing) > 0
          FROM pay_private.due_links($1, $2, $3::text[]))sql",
                                 limit, last_company, text_array(busy))[0];
    work.last_company = text(due[3]);
    work.more = due[4].as<bool>();
    if (due[5].as<bool>())
        for (const auto& row : db::execute(tx, R"sql(
                UPDATE pay_private.payment_link l
                   SET attempts = attempts + 1,
                       next_attempt_at = now() + CASE
                           WHEN l.attempts > 10 AND EXISTS (SELECT FROM pay_private.integration i
                                                             WHERE i.account_id = l.account_id AND i.access = 'revoked')
                           THEN interval '1 day'
                           ELSE make_interval(secs => least($2 * (attempts + 1), 3600)) END
                 WHERE l.link_id IN (SELECT link_id FROM pay_private.payment_link
                                      WHERE link_id = ANY ($1::text[]) AND active AND NOT wanted_active
                                        AND next_attempt_at <= now() FOR UPDATE SKIP LOCKED)
                RETURNING l.link_id, l.account_id, l.deactivation_reason, l.attempts,
                          EXISTS (SELECT FROM pay.payment_request r
                                   WHERE r.request_id = l.request_id AND r.multi_party AND r.max_payments IS NULL),
                          l.company)sql",
                                           text(due[0]), seconds))
            work.unwanted.push_back(UnwantedLink{text(row[0]), text(row[1]), text(row[2]),
                                                 row[3].as<int>(), row[4].as<bool>(),
                                                 text(row[5])});
    if (due[6].as<bool>())
        for (const auto& row : db::execute(tx, R"sql(
                UPDATE pay_private.payment_link l
                   SET check_at = CASE WHEN active AND wanted_active THEN now() + make_interval(secs => greatest($2, 60)) END
                 WHERE l.link_id IN (SELECT link_id FROM pay_private.payment_link
                                      WHERE link_id = ANY ($1::text[]) AND check_at <= now() FOR UPDATE SKIP LOCKED)
                RETURNING l.link_id, l.account_id, l.request_id, l.check_at IS NOT NULL, l.company)sql",
                                           text(due[1]), seconds))
            if (row[3].as<bool>())
                work.doubtful.push_back(
                    DoubtfulLink{text(row[0]), text(row[1]), text(row[2]), text(row[4])});
    // The stage wakes requests that wait for it (pay_private.follow_up); the hour is an upper
    // bound.
    if (due[7].as<bool>())
        for (const auto& row : db::execute(tx, R"sql(
                WITH due AS (
                    UPDATE pay.payment_request r
                       SET link_wanted_at = CASE
                               WHEN NOT pay_private.link_demand(r) OR i.linked THEN NULL
                               WHEN i.stage = 'completed' THEN now() + make_interval(secs => $2)
                               ELSE now() + interval '1 hour' END
                      FROM (SELECT q.request_id, n.stage,
                                   EXISTS (SELECT FROM pay_private.payment_link l
                                            WHERE l.request_id = q.request_id AND l.active AND l.wanted_active
                                              AND l.account_id = n.account_id) AS linked
                              FROM pay.payment_request q
                              LEFT JOIN pay_private.integration n ON n.company = q.company AND n.current
                             WHERE q.request_id = ANY ($1::uuid[]) AND q.link_wanted_at <= now()
                             ORDER BY q.request_id FOR NO KEY UPDATE OF q SKIP LOCKED) i
                     WHERE r.request_id = i.request_id
                    RETURNING r.request_id, r.link_wanted_at)
                SELECT d.* FROM due JOIN pay_private.request_detail d USING (request_id)
                 WHERE due.link_wanted_at IS NOT NULL AND d.stage = 'completed')sql",
                                           text(due[2]), seconds))
            work.missing.push_back(request_from(row));
    return work;
}

ExpiredBatch expire_requests(pqxx::work& tx, int limit, std::string last_company) {
    const auto row = db::execute(
        tx, "SELECT expired, last_company, more FROM pay_private.expire_requests($1, $2)", limit,
        last_company)[0];
    return ExpiredBatch{row[0].as<int>(), text(row[1]), row[2].as<bool>()};
}

bool do_follow_up(pqxx::work& tx, int at_once) {
    return db::execute(tx, "SELECT pay_private.do_follow_up($1)", at_once)[0][0].as<bool>();
}

void record_link_inactive(pqxx::work& tx, std::string link_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link
           SET active = false, deactivated_at = now(), verified_at = now(), check_at = NULL, missing_since = NULL
         WHERE link_id = $1 AND active)sql",
                    link_id);
}

void record_link_lost(pqxx::work& tx, std::string link_id) {
    give_up_link(tx, link_id, "owner");
    record_link_inactive(tx, link_id);
}

void give_up_link(pqxx::work& tx, std::string link_id, std::string reason) {
    // Requests are locked before their links.
    tx.exec_params(R"sql(
        SELECT FROM pay.payment_request
         WHERE request_id = (SELECT request_id FROM pay_private.payment_link WHERE link_id = $1)
           FOR NO KEY UPDATE)sql",
                   link_id);
    tx.exec_params0(R"sql(
        WITH given_up AS (
            UPDATE pay_private.payment_link
               SET wanted_active = false, deactivation_reason = $2, check_at = NULL
             WHERE link_id = $1 AND wanted_active
            RETURNING request_id)
        UPDATE pay.payment_request r SET link_wanted_at = pay_private.link_due(r)
          FROM given_up g
         WHERE r.request_id = g.request_id AND pay_private.link_demand(r))sql",
                    link_id, reason);
}

void record_link_sound(pqxx::work& tx, std::string link_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link SET check_at = NULL, missing_since = NULL, seen_at = now(), verified_at = now()
         WHERE link_id = $1)sql",
                    link_id);
}

bool record_link_missing(pqxx::work& tx, std::string link_id) {
    const bool gone = tx.exec_params1(R"sql(
        UPDATE pay_private.payment_link SET missing_since = coalesce(missing_since, now())
         WHERE link_id = $1 RETURNING missing_since <= now() - interval '25 seconds')sql",
                                      link_id)[0]
                          .as<bool>();
    if (gone)
        record_link_lost(tx, link_id);
    return gone;
}

bool record_link_unreachable(pqxx::work& tx, std::string link_id) {
    return tx.exec_params(R"sql(
        UPDATE pay_private.payment_link l SET lost_at = coalesce(lost_at, now())
         WHERE link_id = $1
           AND EXISTS (SELECT FROM pay_private.integration i
                        WHERE i.account_id = l.account_id AND i.access = 'revoked'))sql",
                          link_id)
               .affected_rows() == 1;
}

bool record_link_use(pqxx::work& tx, LinkUse use) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link SET used = $2, charge_id = nullif($3, '') WHERE link_id = $1)sql",
                    use.link_id, use.used, use.charge_id);
    return tx
        .exec_params1("SELECT EXISTS (SELECT FROM pay_private.unsettled_link WHERE link_id = $1)",
                      use.link_id)[0]
        .as<bool>();
}

void make_streams_due(pqxx::work& tx, std::string account_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.stream SET next_run_at = now() WHERE account_id = $1 AND next_run_at > now())sql",
                    account_id);
    tx.exec("SELECT pg_notify('pay_payment_due', '')");
}

}  // namespace paysync::payment_requests::store
