// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/links_store.hpp"

#include "jobs/row.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

int expire_due(pqxx::work& tx) {
    // A letter on its way to the server is let through; the link behind it says that the request is
    // closed.
    return static_cast<int>(tx.exec(R"sql(
        WITH expired AS (
            UPDATE pay.payment_request
               SET state = 'expired', reason_code = 'expired', reason_text = 'The request was not paid in time.',
                   delivery = CASE WHEN delivery IN ('queued', 'linked', 'ready', 'deferred')
                              THEN 'cancelled' ELSE delivery END
             WHERE state = 'open' AND expires_at <= now()
            RETURNING request_id),
        letters AS (
            UPDATE pay_private.delivery d SET state = 'cancelled'
              FROM expired e WHERE d.request_id = e.request_id AND d.state IN ('ready', 'deferred')),
        links AS (
            UPDATE pay_private.payment_link l SET wanted_active = false, deactivation_reason = 'expired'
              FROM expired e WHERE l.request_id = e.request_id AND l.wanted_active)
        SELECT count(*) FROM expired)sql")[0][0]
                                .as<int>());
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

void link_deactivated(pqxx::work& tx, std::string link_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link SET active = false, deactivated_at = now(), verified_at = now()
         WHERE link_id = $1 AND active)sql",
                    link_id);
}

}  // namespace paysync::payment_requests::store
