// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/refunds_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

std::vector<RefundOrder> claim_refund_orders(pqxx::work& tx, int limit,
                                             std::vector<std::string> busy) {
    const auto rows = tx.exec_params(R"sql(
        WITH RECURSIVE companies AS (
            (SELECT company FROM pay_private.refund_order WHERE next_attempt_at IS NOT NULL ORDER BY company LIMIT 1)
            UNION ALL
            SELECT (SELECT n.company FROM pay_private.refund_order n
                     WHERE n.next_attempt_at IS NOT NULL AND n.company > c.company ORDER BY n.company LIMIT 1)
              FROM companies c WHERE c.company IS NOT NULL),
        due AS (
            SELECT d.refund_order_id, row_number() OVER (PARTITION BY c.company ORDER BY d.next_attempt_at, d.seq) AS turn,
                   d.next_attempt_at
              FROM companies c
             CROSS JOIN LATERAL (SELECT o.refund_order_id, o.next_attempt_at, o.seq FROM pay_private.refund_order o
                                  WHERE o.company = c.company AND o.next_attempt_at <= now()
                                  ORDER BY o.next_attempt_at, o.seq LIMIT $1) d
             WHERE c.company <> ALL ($2::text[])),
        chosen AS (
            SELECT o.refund_order_id FROM pay_private.refund_order o JOIN due USING (refund_order_id)
             WHERE o.next_attempt_at <= now()
             ORDER BY due.turn, due.next_attempt_at LIMIT $1 FOR UPDATE OF o SKIP LOCKED)
        UPDATE pay_private.refund_order o
           SET attempts = o.attempts + 1,
               next_attempt_at = now() + make_interval(secs => least(30 * 2 ^ least(o.attempts, 7), 3600))
          FROM chosen, pay_private.integration i
         WHERE o.refund_order_id = chosen.refund_order_id AND i.account_id = o.account_id
        RETURNING o.refund_order_id, o.company, o.account_id, o.charge_id, o.amount, o.reason,
                  o.with_application_fee, o.attempts, o.may_exist, o.error_text, o.created_at < now() - interval '3 days' AS is_old,
                  i.stage = 'disconnected' AS is_lost,
                  (SELECT count(*) FROM pay_private.stripe_call s
                    WHERE s.subject = o.refund_order_id::text AND s.purpose = 'refund'
                      AND s.finished_at IS NOT NULL) AS ended_calls)sql",
                                     limit, text_array(busy));
    std::vector<RefundOrder> orders;
    for (const auto& row : rows) {
        RefundOrder order;
        order.id = text(row["refund_order_id"]);
        order.company = text(row["company"]);
        order.account_id = text(row["account_id"]);
        order.charge_id = text(row["charge_id"]);
        order.amount = row["amount"].as<std::int64_t>();
        order.reason = text(row["reason"]);
        order.with_application_fee = row["with_application_fee"].as<bool>();
        order.attempt = row["attempts"].as<int>();
        order.last_words = text(row["error_text"]);
        order.may_exist = row["may_exist"].as<bool>();
        order.is_old = row["is_old"].as<bool>();
        order.is_lost = row["is_lost"].as<bool>();
        order.ended_calls = row["ended_calls"].as<int>();
        orders.push_back(order);
    }
    return orders;
}

stripe::StoredCall begin_refund(pqxx::work& tx, std::string id, stripe::NewCall call) {
    tx.exec_params0(
        "UPDATE pay_private.refund_order SET may_exist = true WHERE refund_order_id = $1", id);
    return stripe::begin_calls(tx, {std::move(call)}).at(0);
}

void record_refund_made(pqxx::work& tx, std::string id, MadeRefund made) {
    if (made.call)
        stripe::finish_calls(tx, {*made.call});
    tx.exec_params0(R"sql(
        WITH made AS (
            UPDATE pay_private.refund_order
               SET state = 'made', refund_id = $2, status = nullif($3, ''), answered_at = now(),
                   next_attempt_at = NULL, error_code = NULL, error_text = NULL, may_exist = false
             WHERE refund_order_id = $1 AND state = 'queued'
            RETURNING account_id)
        UPDATE pay_private.stream s SET next_run_at = now()
          FROM made WHERE s.account_id = made.account_id AND s.next_run_at > now())sql",
                    id, made.refund_id, made.status);
    tx.exec("SELECT pg_notify('pay_payment_due', ''), pg_notify('pay_request_changed', '')");
}

void record_no_refund(pqxx::work& tx, std::string id, NoRefund why) {
    if (why.call)
        stripe::finish_calls(tx, {*why.call});
    tx.exec_params0(R"sql(
        UPDATE pay_private.refund_order
           SET error_code = $2, error_text = $3, may_exist = $5,
               state = CASE WHEN $4 THEN 'refused' ELSE state END,
               answered_at = CASE WHEN $4 THEN now() END,
               next_attempt_at = CASE WHEN NOT $4 THEN next_attempt_at END
         WHERE refund_order_id = $1 AND state = 'queued')sql",
                    id, why.code, why.words, why.is_final, why.may_exist);
    if (why.is_final)
        tx.exec("SELECT pg_notify('pay_request_changed', '')");
}

}  // namespace paysync::payment_requests::store
