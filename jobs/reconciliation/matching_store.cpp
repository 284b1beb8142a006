// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/matching_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <cctype>

namespace paysync::reconciliation::store {

bool is_request_id(const std::string& text) {
    const std::string shape = "00000000-0000-0000-0000-000000000000";
    const auto fits = [](char given, char wanted) {
        return wanted == '-' ? given == '-' : std::isxdigit(static_cast<unsigned char>(given)) != 0;
    };
    return std::ranges::equal(text, shape, fits);
}

void match_charges(pqxx::work& tx, const std::string& account_id,
                   const std::vector<PaymentClaim>& claims, const std::string& how) {
    if (claims.empty())
        return;
    Column charges, requests;
    for (const auto& claim : claims) {
        charges.add(claim.charge_id);
        requests.add(claim.request_id);
    }
    // A request belongs to the account that has a link for it; before the link is stored, to any
    // account of its company.
    tx.exec_params0(R"sql(
        WITH claimed AS (
            SELECT c.charge_id, c.status, c.livemode, c.currency, c.amount, c.stripe_request_id,
                   r.request_id, r.account_id AS request_account, r.livemode AS request_livemode,
                   r.currency AS request_currency, r.amount AS request_amount,
                   CASE WHEN NOT coalesce(
                                 r.account_id = $1,
                                 EXISTS (SELECT FROM pay_private.integration i
                                          WHERE i.account_id = $1 AND i.company = r.company))
                             AND NOT EXISTS (SELECT FROM pay_private.payment_link l
                                              WHERE l.request_id = r.request_id
                                                AND l.account_id = $1)
                        THEN 'wrong_account'
                        WHEN c.livemode <> r.livemode THEN 'wrong_mode'
                        WHEN c.currency <> r.currency THEN 'wrong_currency' END AS problem
              FROM unnest($2::text[], $3::uuid[]) AS t (charge_id, request_id)
              JOIN pay_private.charge c ON c.account_id = $1 AND c.charge_id = t.charge_id
               AND coalesce(c.matched_by, 'none') = 'none'
              JOIN pay.payment_request r ON r.request_id = t.request_id),
        tied AS (
            UPDATE pay_private.charge c
               SET request_id = CASE WHEN d.problem IS NULL THEN d.request_id END,
                   matched_by = CASE WHEN d.problem IS NULL THEN $4 ELSE 'refused' END
              FROM claimed d WHERE c.account_id = $1 AND c.charge_id = d.charge_id)
        INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
        SELECT d.problem, $1, d.charge_id, jsonb_build_object(
                   'charge', jsonb_build_object(
                       'charge_id', d.charge_id, 'account_id', $1, 'livemode', d.livemode,
                       'currency', d.currency, 'amount', d.amount,
                       'stripe_request_id', d.stripe_request_id),
                   'request', jsonb_build_object(
                       'request_id', d.request_id, 'account_id', d.request_account,
                       'livemode', d.request_livemode, 'currency', d.request_currency,
                       'amount', d.request_amount),
                   'found_by', $4)
          FROM claimed d WHERE d.problem IS NOT NULL AND d.status <> 'failed'
        ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO NOTHING)sql",
                    account_id, charges.literal(), requests.literal(), how);
}

namespace {

/// Locks the requests in the order of their ids, or two workers could deadlock.
std::string lock_requests(pqxx::work& tx, const std::string& account_id,
                          const std::vector<std::string>& charge_ids) {
    return text(tx.exec_params1(R"sql(
        WITH locked AS (
            SELECT r.request_id FROM pay.payment_request r
             WHERE r.request_id IN (
                       SELECT c.request_id FROM unnest($2::text[]) AS asked (id)
                        CROSS JOIN LATERAL (SELECT request_id FROM pay_private.charge
                                             WHERE account_id = $1 AND charge_id = asked.id
                                               AND request_id IS NOT NULL OFFSET 0) c)
             ORDER BY r.request_id FOR NO KEY UPDATE)
        SELECT array_agg(request_id)::text FROM locked)sql",
                                account_id, text_array(charge_ids))[0]);
}

// The state is a function of all money of the request, not of the order in which it was read: a
// refund or a dispute changes it as a payment does. The trigger pay_private.close_payment_request()
// does what follows from a new state for deliveries and links. A payer without a valid address gets
// no receipt.
constexpr const char* kSettle = R"sql(
    WITH money AS (
        SELECT c.request_id, sum(c.amount_captured)::bigint AS paid, max(c.created) AS last_paid_at,
               sum(c.amount_refunded)::bigint AS refunded,
               bool_or(EXISTS (SELECT FROM pay_private.dispute p
                                WHERE p.account_id = c.account_id AND p.charge_id = c.charge_id
                                  AND p.status NOT IN ('won', 'prevented')
                                  AND p.status NOT LIKE 'warning%')) AS disputed,
               jsonb_agg(jsonb_build_object(
                   'charge_id', c.charge_id, 'account_id', c.account_id,
                   'amount_captured', c.amount_captured, 'created', c.created,
                   'stripe_request_id', c.stripe_request_id) ORDER BY c.created, c.charge_id)
                   AS charges
          FROM pay_private.charge c
         WHERE c.request_id = ANY ($1::uuid[]) AND c.status = 'succeeded' AND c.captured
         GROUP BY c.request_id),
    counted AS (
        SELECT r.request_id, r.state AS was, r.amount_paid AS paid_before,
               r.amount, r.currency, m.paid, m.last_paid_at, m.charges,
               CASE WHEN m.disputed THEN 'disputed'
                    WHEN m.refunded >= m.paid THEN 'refunded'
                    WHEN m.paid < r.amount THEN 'partially_paid'
                    WHEN m.paid > r.amount AND NOT r.multi_party THEN 'overpaid'
                    ELSE 'paid' END AS state
          FROM pay.payment_request r JOIN money m USING (request_id)),
    changed AS (
        SELECT v.*,
               EXISTS (SELECT FROM pay_private.delivery d
                        WHERE d.request_id = v.request_id AND d.state = 'in_doubt') AS in_doubt,
               CASE WHEN v.was IN ('cancelled', 'expired', 'failed') THEN 'paid_after_close' END
                   AS late,
               CASE v.state WHEN 'overpaid' THEN 'overpaid'
                            WHEN 'partially_paid' THEN 'underpaid' END AS wrong,
               CASE WHEN v.state IN ('refunded', 'disputed') THEN v.state END AS returned
          FROM counted v WHERE v.state <> v.was OR v.paid <> v.paid_before),
    requests AS (
        UPDATE pay.payment_request r
           SET state = d.state, amount_paid = d.paid,
               paid_at = CASE WHEN d.state <> 'partially_paid'
                              THEN coalesce(r.paid_at, d.last_paid_at) END,
               reason_code = coalesce(d.returned, d.late, d.wrong),
               reason_text = CASE
                   WHEN d.returned = 'refunded' THEN 'The money went back to the payer.'
                   WHEN d.returned = 'disputed' THEN 'The payer''s bank disputes the payment.'
                   WHEN d.late IS NOT NULL
                   THEN 'It was paid although it was ' || d.was || ' before.'
                   WHEN d.wrong = 'overpaid' THEN 'More was paid than was asked for.'
                   WHEN d.wrong = 'underpaid' THEN 'Less was paid than was asked for.' END
          FROM changed d WHERE r.request_id = d.request_id),
    -- No receipts for payments older than a week, which a first walk finds.
    receipts AS (
        INSERT INTO pay_private.delivery (request_id, company, kind, recipient, number, priority, charge_id)
        SELECT r.request_id, r.company, p.kind, p.recipient,
               row_number() OVER (PARTITION BY r.request_id, p.kind, p.recipient
                                  ORDER BY c.created, c.charge_id)
                   + (SELECT coalesce(max(n.number), 0) FROM pay_private.delivery n
                       WHERE n.request_id = r.request_id AND n.kind = p.kind
                         AND n.recipient = p.recipient),
               r.priority, c.charge_id
          FROM changed d
          JOIN pay.payment_request r USING (request_id)
          JOIN pay.company co ON co.company = r.company
          JOIN pay_private.charge c ON c.request_id = r.request_id AND c.status = 'succeeded'
           AND c.captured AND c.created > now() - interval '7 days' AND d.returned IS NULL
          CROSS JOIN LATERAL (
              SELECT 'receipt' AS kind,
                     CASE WHEN r.multi_party
                          THEN pay_private.as_email(coalesce(c.payer_email, c.receipt_email, r.to_email))
                          ELSE r.to_email END AS recipient
               WHERE r.receipt_to_payer
              UNION ALL
              SELECT 'notice', address
                FROM unnest(CASE WHEN cardinality(co.admin_emails) > 0 THEN co.admin_emails
                                 ELSE ARRAY[co.email] END) AS address
               WHERE r.receipt_to_company) p
         WHERE p.recipient IS NOT NULL AND NOT EXISTS (SELECT FROM pay_private.delivery n
                            WHERE n.charge_id = c.charge_id AND n.kind = p.kind
                              AND n.recipient = p.recipient)
        ON CONFLICT DO NOTHING
        RETURNING pg_notify('pay_payment_request', '')),
    discrepancies AS (
        INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
        SELECT p.kind, $2, d.request_id::text, jsonb_build_object(
                   'request', jsonb_build_object(
                       'request_id', d.request_id, 'amount', d.amount, 'currency', d.currency,
                       'state_before', d.was),
                   'paid', d.paid, 'charges', d.charges)
          FROM changed d CROSS JOIN LATERAL (VALUES (d.late), (d.wrong)) AS p (kind)
         WHERE p.kind IS NOT NULL
        ON CONFLICT (kind, account_id, subject) WHERE state = 'open'
        DO UPDATE SET evidence = excluded.evidence)
    SELECT request_id, state, was, amount, paid, currency, in_doubt FROM changed)sql";

}  // namespace

std::vector<SettledRequest> settle_requests(pqxx::work& tx, const std::string& account_id,
                                            const std::vector<std::string>& charge_ids) {
    std::vector<SettledRequest> settled;
    if (charge_ids.empty())
        return settled;
    const auto requests = lock_requests(tx, account_id, charge_ids);
    if (requests.empty())
        return settled;
    for (const auto& row : tx.exec_params(kSettle, requests, account_id))
        settled.push_back(SettledRequest{text(row[0]), text(row[1]), text(row[2]),
                                         row[3].as<std::int64_t>(), row[4].as<std::int64_t>(),
                                         text(row[5]), row[6].as<bool>()});
    return settled;
}

}  // namespace paysync::reconciliation::store
