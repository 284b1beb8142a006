// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/queue_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/payment_requests/request_store.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

namespace {

/// An application's open transaction may have locked the row; the daemon has others to work on.
constexpr const char* kShortLockWait = "SET LOCAL lock_timeout = '300ms'";

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
    delivery.company_mail_account = text(row["company_mail_account"]);
    delivery.company_enabled = row["company_enabled"].as<bool>();
    delivery.messages = row["messages"].as<int>();
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

Claim claim_due(pqxx::work& tx, std::int64_t token, std::vector<Line> lines,
                std::vector<std::string> busy, double lease_seconds, std::string daemon_id) {
    Claim claim;
    Column names, accounts, wanted, after;
    for (const auto& line : lines) {
        names.add(line.name);
        accounts.add(line.account);
        wanted.add(std::int64_t{line.wanted});
        after.add(line.after);
    }
    // A claim that is lost in a crash of the server is made again, so its commit need not wait for
    // the disk. Later commits of this delivery do, and the claim is on the disk with them.
    const auto due = db::execute(tx, R"sql(
        SELECT ids::text, last_companies, more, cardinality(ids) = 0
          FROM pay_private.due_deliveries($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[]),
               set_config('synchronous_commit', 'off', true))sql",
                                 names.literal(), accounts.literal(), wanted.literal(),
                                 after.literal(), text_array(busy))[0];
    const auto last_companies = texts(due[1]);
    for (std::size_t i = 0; i < lines.size(); ++i)
        lines[i].after = last_companies.at(i);
    claim.lines = std::move(lines);
    claim.more = due[2].as<bool>();
    if (due[3].as<bool>())
        return claim;
    // A planned reminder waits for the company's sending hours, for example after an outage.
    db::execute(tx, R"sql(
        UPDATE pay_private.delivery d SET next_attempt_at = pay_private.sending_time(d.company, now())
         WHERE d.delivery_id = ANY (ARRAY(
                   SELECT r.delivery_id FROM pay_private.delivery r
                     JOIN pay.payment_request q USING (request_id)
                    WHERE r.delivery_id = ANY ($1::uuid[]) AND r.kind = 'reminder' AND r.number <= 10
                      FOR KEY SHARE OF q SKIP LOCKED))
           AND (d.leased_until IS NULL OR d.leased_until < now()) AND d.state <> 'committing'
           AND pay_private.sending_time(d.company, now()) > now())sql",
                text(due[0]));
    const auto rows = db::execute(tx, R"sql(
        WITH due AS (
            -- A row that this transaction has made due is updated a second time, and then PostgreSQL
            -- checks its foreign key again: an application that holds the request would stop the
            -- claim. Such a delivery steps aside.
            SELECT d.delivery_id FROM pay_private.delivery d
              JOIN pay.payment_request q USING (request_id)
             WHERE d.delivery_id = ANY ($2::uuid[])
               AND (d.leased_until IS NULL OR d.leased_until < now())
               AND d.next_attempt_at <= now()
               -- This pass still works on deliveries whose lease it has lost.
               AND d.lease_token IS DISTINCT FROM $1
             ORDER BY d.delivery_id FOR UPDATE OF d SKIP LOCKED FOR KEY SHARE OF q SKIP LOCKED),
        claimed AS (
            UPDATE pay_private.delivery d
               SET lease_token = $1, leased_until = now() + make_interval(secs => $3), leased_by = $4
              FROM due WHERE d.delivery_id = due.delivery_id
            RETURNING d.*)
        SELECT m.delivery_id, m.kind, m.number, m.recipient, m.put_off, m.charge_id, m.about_id, f.frozen, m.messages,
               co.locale AS company_locale, co.enabled AS company_enabled, co.mail_account AS company_mail_account,
               CASE WHEN f.frozen THEN x.mail_account ELSE co.mail_account END AS mail_account,
               coalesce(extract(epoch FROM now() - x.frozen_at), 0)::bigint AS age,
               EXISTS (SELECT FROM pay.suppression s WHERE lower(s.email COLLATE "C") = lower(m.recipient COLLATE "C")) AS suppressed,
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
          LEFT JOIN pay_private.message x ON x.message_key = m.message_key
         CROSS JOIN LATERAL (SELECT m.state <> 'queued' AND x.bytes IS NOT NULL
                                    AND (m.charge_id IS NOT NULL OR x.link_id = r.link_id) IS TRUE AS frozen) f
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

Strays move_strays(pqxx::work& tx, std::vector<std::string> known_accounts, int batch) {
    const auto row = db::execute(
        tx, "SELECT moved, waiting, account FROM pay_private.move_stray_mails($1::text[], $2)",
        text_array(known_accounts), batch)[0];
    return Strays{row[0].as<int>(), row[1].as<int>(), text(row[2])};
}

bool release_held(pqxx::work& tx) {
    return db::execute(tx, "SELECT pay_private.release_held_mails()")[0][0].as<bool>();
}

bool postpone(pqxx::work& tx, std::string delivery_id, std::int64_t token, double delay_seconds,
              std::string reason_code, std::string reason_text) {
    tx.exec(kShortLockWait);
    // A request can end while the outcome of its mail is being recorded, and neither sees the
    // other.
    return tx.exec_params(R"sql(
        UPDATE pay_private.delivery d
           SET next_attempt_at = now() + make_interval(secs => $3),
               state = CASE WHEN o.over THEN 'cancelled' ELSE d.state END,
               reason_code = CASE WHEN NOT o.over THEN $4 END, reason_text = CASE WHEN NOT o.over THEN $5 END,
               leased_until = NULL, leased_by = NULL, lease_token = NULL
          FROM (SELECT x.delivery_id, x.charge_id IS NULL AND NOT pay_private.request_wants_mails(r) AS over
                  FROM pay_private.delivery x JOIN pay.payment_request r USING (request_id)
                 WHERE x.delivery_id = $1) o
         WHERE d.delivery_id = o.delivery_id AND d.lease_token = $2 AND d.state <> 'committing')sql",
                          delivery_id, token, delay_seconds, reason_code, reason_text)
               .affected_rows() == 1;
}

std::vector<std::string> give_back(pqxx::work& tx, std::vector<std::string> delivery_ids,
                                   std::int64_t token, double delay_seconds,
                                   std::string reason_code, std::string reason_text) {
    const auto ids = text_array(delivery_ids);
    tx.exec_params0(R"sql(
        UPDATE pay_private.delivery
           SET next_attempt_at = now() + make_interval(secs => $3), reason_code = $4, reason_text = $5,
               leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE delivery_id = ANY (ARRAY(SELECT delivery_id FROM pay_private.delivery
                                         WHERE delivery_id = ANY ($1::uuid[]) AND lease_token = $2
                                           AND state <> 'committing' FOR NO KEY UPDATE SKIP LOCKED)))sql",
                    ids, token, delay_seconds, reason_code, reason_text);
    std::vector<std::string> ended;
    for (const auto& row : tx.exec_params(R"sql(
        SELECT a.id FROM unnest($1::uuid[]) AS a (id)
         WHERE NOT EXISTS (SELECT FROM pay_private.delivery d
                            WHERE d.delivery_id = a.id AND d.lease_token = $2 AND d.state <> 'committing'))sql",
                                          ids, token))
        ended.push_back(text(row[0]));
    return ended;
}

bool fail_delivery(pqxx::work& tx, std::string delivery_id, std::int64_t token,
                   std::string reason_code, std::string reason_text) {
    tx.exec(kShortLockWait);
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

Requeue requeue_batch(pqxx::work& tx, Requeue requeue) {
    constexpr int kBatch = 200;
    const auto row =
        tx.exec_params1(R"sql(
        SELECT company, seq, queued, seen FROM pay_private.requeue_mails($1, $2::timestamptz, $3, $4, $5))sql",
                        requeue.reason, requeue.since, requeue.company, requeue.seq, kBatch);
    requeue.company = text(row[0]);
    requeue.seq = row[1].as<std::int64_t>();
    requeue.queued = row[2].as<int>();
    requeue.more = row[3].as<int>() == kBatch;
    return requeue;
}

bool hold_account(pqxx::work& tx, std::string account, std::string reason) {
    return tx.exec_params1("SELECT pay_private.hold_mail_account($1, $2)", account, reason)[0]
        .as<bool>();
}

bool resume_account(pqxx::work& tx, std::string account) {
    return tx.exec_params1("SELECT pay_private.resume_mail_account($1)", account)[0].as<bool>();
}

}  // namespace paysync::payment_requests::store
