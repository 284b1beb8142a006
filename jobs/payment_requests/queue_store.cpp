// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/queue_store.hpp"

#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/payment_requests/request_store.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

namespace {

Delivery delivery_from(const pqxx::row& row, std::int64_t token) {
    Delivery delivery;
    delivery.delivery_id = text(row["delivery_id"]);
    delivery.token = token;
    delivery.kind = delivery_kind(text(row["kind"])).value_or(DeliveryKind::request);
    delivery.number = row["number"].as<int>();
    delivery.recipient = text(row["recipient"]);
    delivery.counted_attempts = row["put_off"].as<int>();
    delivery.frozen = row["frozen"].as<bool>();
    delivery.mail_account = text(row["mail_account"]);
    delivery.age = std::chrono::seconds(row["age"].as<std::int64_t>());
    delivery.suppressed = row["suppressed"].as<bool>();
    delivery.plain = row["plain"].as<bool>();
    delivery.request = request_from(row);
    if (is_for_company(delivery.kind))
        delivery.request.locale = text(row["company_locale"]);
    if (!row["back_amount"].is_null()) {
        MoneyBack back;
        back.id = text(row["about_id"]);
        back.amount = row["back_amount"].as<std::int64_t>();
        back.currency = text(row["back_currency"]);
        back.day = text(row["back_on"]);
        back.reason = text(row["back_reason"]);
        back.answer_by = text(row["answer_by"]);
        delivery.money_back = back;
    }
    if (!row["charge_id"].is_null()) {
        Payment payment;
        payment.charge_id = text(row["charge_id"]);
        payment.amount = row["paid_amount"].as<std::int64_t>();
        payment.currency = text(row["paid_currency"]);
        payment.paid_on = text(row["paid_on"]);
        payment.method = text(row["method"]);
        payment.brand = text(row["brand"]);
        payment.last4 = text(row["last4"]);
        payment.receipt_url = text(row["receipt_url"]);
        delivery.payment = payment;
    }
    return delivery;
}

}  // namespace

Claim claim_due(pqxx::work& tx, std::int64_t token, int limit, std::string last_company,
                std::vector<std::string> paused_accounts, double lease_seconds,
                std::string daemon_id) {
    Claim claim;
    // A claim that is lost in a crash of the server is made again, so its commit need not wait for
    // the disk. Later commits of this delivery do, and the claim is on the disk with them.
    const auto due = db::execute(tx, R"sql(
        SELECT ids::text, last_company, more, cardinality(ids) = 0
          FROM pay_private.due_deliveries($1, $2, $3::text[]), set_config('synchronous_commit', 'off', true))sql",
                                 limit, last_company, text_array(paused_accounts))[0];
    claim.last_company = text(due[1]);
    claim.more = due[2].as<bool>();
    if (due[3].as<bool>())
        return claim;
    // A planned reminder waits for the company's sending hours, for example after an outage.
    db::execute(tx, R"sql(
        UPDATE pay_private.delivery d SET next_attempt_at = pay_private.sending_time(d.company, now())
         WHERE d.delivery_id = ANY ($1::uuid[]) AND d.kind = 'reminder' AND d.number <= 10
           AND (d.leased_until IS NULL OR d.leased_until < now()) AND d.state <> 'committing'
           AND pay_private.sending_time(d.company, now()) > now())sql",
                text(due[0]));
    const auto rows = db::execute(tx, R"sql(
        WITH due AS (
            SELECT d.delivery_id FROM pay_private.delivery d
             WHERE d.delivery_id = ANY ($2::uuid[])
               AND (d.leased_until IS NULL OR d.leased_until < now())
               AND d.next_attempt_at <= now()
               -- This pass still works on deliveries whose lease it has lost.
               AND d.lease_token IS DISTINCT FROM $1
             ORDER BY d.delivery_id FOR UPDATE SKIP LOCKED),
        claimed AS (
            UPDATE pay_private.delivery d
               SET lease_token = $1, leased_until = now() + make_interval(secs => $3), leased_by = $4
              FROM due WHERE d.delivery_id = due.delivery_id
            RETURNING d.*)
        SELECT m.delivery_id, m.kind, m.number, m.recipient, m.put_off, m.charge_id, m.about_id, f.frozen,
               co.locale AS company_locale,
               CASE WHEN f.frozen THEN m.mail_account ELSE co.mail_account END AS mail_account,
               coalesce(extract(epoch FROM now() - m.frozen_at), 0)::bigint AS age,
               EXISTS (SELECT FROM pay.suppression s WHERE lower(s.email) = lower(m.recipient)) AS suppressed,
               NOT (EXISTS (SELECT FROM pay.mail_template t WHERE t.company = m.company)
                    OR EXISTS (SELECT FROM pay.branding b
                                WHERE b.company = m.company AND b.kind = 'checkout' AND b.version = r.brand_version
                                  AND b.logo IS NOT NULL)
                    OR EXISTS (SELECT FROM pay.payment_request q
                                WHERE q.request_id = m.request_id AND q.collect_payment_file_id IS NOT NULL)) AS plain,
               c.amount AS paid_amount, c.currency AS paid_currency,
               (c.created AT TIME ZONE r.time_zone)::date AS paid_on, c.method, c.brand, c.last4, c.receipt_url,
               back.amount AS back_amount, back.currency AS back_currency,
               (back.created AT TIME ZONE r.time_zone)::date AS back_on, back.reason AS back_reason,
               (back.due_by AT TIME ZONE r.time_zone)::date AS answer_by,
               r.*
          FROM claimed m
          JOIN pay_private.request_detail r USING (request_id)
          JOIN pay.company co ON co.company = m.company
         CROSS JOIN LATERAL (SELECT m.frozen_at IS NOT NULL AND (m.charge_id IS NOT NULL
                                    OR m.link_id = r.link_id) IS TRUE AS frozen) f
          LEFT JOIN pay_private.charge c ON c.charge_id = m.charge_id AND c.request_id = m.request_id
          LEFT JOIN LATERAL (
              SELECT b.amount, b.currency, b.created, b.reason, NULL::timestamptz AS due_by FROM pay_private.refund b
               WHERE m.kind IN ('refund', 'refund_notice') AND b.account_id = c.account_id AND b.refund_id = m.about_id
              UNION ALL
              SELECT b.amount, b.currency, b.created, b.reason, b.due_by FROM pay_private.dispute b
               WHERE m.kind = 'dispute_notice' AND b.account_id = c.account_id AND b.dispute_id = m.about_id) back ON true
         ORDER BY array_position($2::uuid[], m.delivery_id))sql",
                                  token, text(due[0]), lease_seconds, daemon_id);
    for (const auto& row : rows)
        claim.deliveries.push_back(delivery_from(row, token));
    return claim;
}

bool postpone(pqxx::work& tx, std::string delivery_id, std::int64_t token, double delay_seconds,
              std::string reason_code, std::string reason_text) {
    return tx.exec_params(R"sql(
        UPDATE pay_private.delivery
           SET next_attempt_at = now() + make_interval(secs => $3), reason_code = $4, reason_text = $5,
               leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE delivery_id = $1 AND lease_token = $2 AND state <> 'committing')sql",
                          delivery_id, token, delay_seconds, reason_code, reason_text)
               .affected_rows() == 1;
}

bool fail_delivery(pqxx::work& tx, std::string delivery_id, std::int64_t token,
                   std::string reason_code, std::string reason_text) {
    lock_request_of(tx, delivery_id);
    const bool ended = tx.exec_params(R"sql(
        UPDATE pay_private.delivery
           SET state = CASE WHEN $3 = 'suppressed' THEN 'suppressed' ELSE 'failed' END,
               reason_code = $3, reason_text = $4
         WHERE delivery_id = $1 AND lease_token = $2 AND state <> 'committing')sql",
                                      delivery_id, token, reason_code, reason_text)
                           .affected_rows() == 1;
    if (ended)
        tx.exec_params("SELECT pay_private.fail_request_of($1, $2, $3)", delivery_id, reason_code,
                       reason_text);
    return ended;
}

std::vector<AbandonedDelivery> settle_abandoned(pqxx::work& tx, bool resend) {
    const auto rows = db::execute(tx, R"sql(
        SELECT delivery_id, request_id, verdict <> 'sent' FROM pay_private.settle_abandoned($1))sql",
                                  resend);
    std::vector<AbandonedDelivery> settled;
    for (const auto& row : rows)
        if (row[2].as<bool>())
            settled.push_back(AbandonedDelivery{text(row[0]), text(row[1])});
    return settled;
}

int resolve_in_doubt(pqxx::work& tx, std::string id, bool arrived) {
    return tx.exec_params1("SELECT pay_private.resolve_mail($1, $2)", id, arrived)[0].as<int>();
}

int requeue(pqxx::work& tx, std::string id) {
    return tx.exec_params1("SELECT pay_private.requeue_mail($1)", id)[0].as<int>();
}

}  // namespace paysync::payment_requests::store
