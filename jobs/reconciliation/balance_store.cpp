// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/balance_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/statement.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

void store_balance(pqxx::work& tx, std::string account_id, stripe::Balance balance,
                   std::string stripe_request_id) {
    Column currencies, available, pending;
    for (const auto& [currency, funds] : balance.funds) {
        currencies.add(currency);
        available.add(funds.available);
        pending.add(funds.pending);
    }
    db::execute(tx, R"sql(
        WITH taken AS (
            SELECT * FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS t (currency, available, pending)),
        same AS (
            UPDATE pay_private.balance_snapshot s SET seen_at = now(), stripe_request_id = $2
              FROM taken t,
                   LATERAL (SELECT max(n.taken_at) AS taken_at FROM pay_private.balance_snapshot n
                             WHERE n.account_id = $1 AND n.currency = t.currency) newest
             WHERE s.account_id = $1 AND s.currency = t.currency AND s.taken_at = newest.taken_at
               AND s.available = t.available AND s.pending = t.pending
               AND s.taken_at > now() - interval '1 day'
            RETURNING s.currency)
        INSERT INTO pay_private.balance_snapshot (account_id, currency, taken_at, available, pending, stripe_request_id)
        SELECT $1, t.currency, now(), t.available, t.pending, $2
          FROM taken t WHERE NOT EXISTS (SELECT FROM same WHERE same.currency = t.currency))sql",
                account_id, stripe_request_id, currencies.literal(), available.literal(),
                pending.literal());
    db::execute(tx, R"sql(
        DELETE FROM pay_private.balance_snapshot s
         WHERE s.account_id = $1 AND s.seen_at < now() - interval '90 days'
           AND EXISTS (SELECT FROM pay_private.balance_snapshot n
                        WHERE n.account_id = s.account_id AND n.currency = s.currency AND n.taken_at > s.taken_at))sql",
                account_id);
}

}  // namespace paysync::reconciliation::store
