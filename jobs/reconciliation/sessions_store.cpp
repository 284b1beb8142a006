// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/sessions_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/stripe/checkout_session.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

std::vector<UnmatchedCharge> unmatched_charges(pqxx::work& tx, std::string account_id, int limit) {
    // A minute of grace: links have our clock's time, charges Stripe's.
    const auto rows = db::execute(tx, R"sql(
        SELECT c.charge_id, c.payment_intent_id FROM pay_private.charge c
         WHERE c.account_id = $1 AND c.matched_by IS NULL AND c.payment_intent_id IS NOT NULL
           AND c.status <> 'failed'
           AND c.created >= (SELECT min(l.created_at) - interval '1 minute'
                               FROM pay_private.payment_link l
                              WHERE l.account_id = $1 AND l.active)
         ORDER BY c.created LIMIT $2)sql",
                                  account_id, limit);
    std::vector<UnmatchedCharge> unmatched;
    for (const auto& row : rows)
        unmatched.push_back(UnmatchedCharge{text(row[0]), text(row[1])});
    return unmatched;
}

StoredObjects store_sessions(pqxx::work& tx, StreamLease lease, std::string charge_id,
                             std::string body) {
    lock_stream(tx, lease);
    std::vector<std::string> links;
    for (const auto& session : stripe::parse_checkout_sessions(body).items)
        if (session.payment_link)
            links.push_back(*session.payment_link);
    std::vector<PaymentClaim> claims;
    const auto rows = tx.exec_params(R"sql(
        SELECT request_id FROM pay_private.payment_link
         WHERE account_id = $1 AND link_id = ANY ($2::text[]))sql",
                                     lease.account_id, text_array(links));
    for (const auto& row : rows)
        claims.push_back({charge_id, text(row[0])});
    if (claims.size() > 1)
        claims.resize(1);
    match_charges(tx, lease.account_id, claims, "session");
    tx.exec_params0(R"sql(
        UPDATE pay_private.charge SET matched_by = 'none'
         WHERE account_id = $1 AND charge_id = $2 AND matched_by IS NULL)sql",
                    lease.account_id, charge_id);
    StoredObjects stored;
    stored.settled = settle_requests(tx, lease.account_id, {charge_id});
    return stored;
}

}  // namespace paysync::reconciliation::store
