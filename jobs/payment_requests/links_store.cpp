// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/links_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/payment_requests/request_store.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

int expire_requests(pqxx::work& tx, int limit) {
    return tx
        .exec_params1(R"sql(
        WITH due AS MATERIALIZED (
            SELECT request_id FROM pay.payment_request
             WHERE expires_at <= now() AND closed_as IS NULL
               AND (multi_party OR state IN ('open', 'partially_paid'))
             ORDER BY expires_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)
        SELECT count(pay_private.close_request(request_id, 'expired', 'expired',
                                               'The request was not paid in time.'))
          FROM due)sql",
                      limit)[0]
        .as<int>();
}

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
        UPDATE pay.payment_request r SET account_id = n.account_id, livemode = n.livemode
          FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS n (request_id, account_id, livemode)
         WHERE r.request_id = n.request_id AND pay_private.link_demand(r))sql",
                requests.literal(), accounts.literal(), livemodes.literal());
    db::execute(tx, R"sql(
        UPDATE pay_private.payment_link l SET wanted_active = false, deactivation_reason = 'replaced'
          FROM unnest($1::uuid[], $2::text[]) AS n (request_id, account_id)
         WHERE l.request_id = n.request_id AND l.account_id <> n.account_id AND l.wanted_active)sql",
                requests.literal(), accounts.literal());
    db::execute(tx, R"sql(
        INSERT INTO pay_private.payment_link
               (link_id, request_id, account_id, amount, url, active, wanted_active)
        SELECT n.link_id, r.request_id, n.account_id, n.amount, n.url, true,
               pay_private.link_demand(r) AND n.amount = pay_private.amount_due(r)
                   AND NOT EXISTS (SELECT FROM pay_private.payment_link l
                                                 WHERE l.request_id = r.request_id AND l.wanted_active)
          FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
                   AS n (link_id, request_id, account_id, url, amount)
          JOIN pay.payment_request r USING (request_id)
        ON CONFLICT (link_id) DO NOTHING)sql",
                ids.literal(), requests.literal(), accounts.literal(), urls.literal(),
                amounts.literal());
    stripe::finish_calls(tx, calls);
}

std::vector<Request> claim_requests_without_link(pqxx::work& tx, int limit, double seconds) {
    const auto rows = tx.exec_params(R"sql(
        WITH due AS (
            UPDATE pay.payment_request r
               SET link_wanted_at = CASE WHEN pay_private.link_demand(r) AND NOT EXISTS (
                                                  SELECT FROM pay_private.payment_link l
                                                   WHERE l.request_id = r.request_id AND l.wanted_active)
                                         THEN now() + make_interval(secs => $2) END
             WHERE r.request_id IN (SELECT request_id FROM pay.payment_request
                                     WHERE link_wanted_at <= now()
                                     ORDER BY request_id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING r.request_id, r.link_wanted_at)
        SELECT d.* FROM due JOIN pay_private.request_detail d USING (request_id)
         WHERE due.link_wanted_at IS NOT NULL AND d.stage = 'completed')sql",
                                     limit, seconds);
    std::vector<Request> requests;
    for (const auto& row : rows)
        requests.push_back(request_from(row));
    return requests;
}

void record_replacement_link(pqxx::work& tx, NewLink link) {
    tx.exec_params("SELECT FROM pay.payment_request WHERE request_id = $1 FOR NO KEY UPDATE",
                   link.request_id);
    record_links(tx, {link});
    tx.exec_params0("UPDATE pay.payment_request SET link_wanted_at = NULL WHERE request_id = $1",
                    link.request_id);
}

std::vector<UnwantedLink> claim_unwanted_links(pqxx::work& tx, int limit, double seconds) {
    const auto rows = tx.exec_params(R"sql(
        UPDATE pay_private.payment_link l
           SET attempts = attempts + 1,
               next_attempt_at = now() + make_interval(secs => least($2 * (attempts + 1), 3600))
         WHERE l.link_id IN (SELECT link_id FROM pay_private.payment_link
                              WHERE active AND NOT wanted_active AND next_attempt_at <= now()
                              ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING l.link_id, l.account_id, l.deactivation_reason, l.attempts)sql",
                                     limit, seconds);
    std::vector<UnwantedLink> links;
    for (const auto& row : rows)
        links.push_back(UnwantedLink{text(row[0]), text(row[1]), text(row[2]), row[3].as<int>()});
    return links;
}

void record_link_inactive(pqxx::work& tx, std::string link_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link SET active = false, deactivated_at = now(), verified_at = now()
         WHERE link_id = $1 AND active)sql",
                    link_id);
}

void record_link_lost(pqxx::work& tx, std::string link_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link SET wanted_active = false, deactivation_reason = 'replaced'
         WHERE link_id = $1)sql",
                    link_id);
    record_link_inactive(tx, link_id);
}

void make_streams_due(pqxx::work& tx, std::string account_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.stream SET next_run_at = now() WHERE account_id = $1 AND next_run_at > now())sql",
                    account_id);
    tx.exec("SELECT pg_notify('pay_payment_due', '')");
}

}  // namespace paysync::payment_requests::store
