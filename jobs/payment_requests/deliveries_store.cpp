// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/deliveries_store.hpp"

#include "jobs/payment_requests/requests_store.hpp"
#include "jobs/row.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

namespace {

/// Closes an attempt; 0 rows when it was closed before.
bool close_attempt(pqxx::work& tx, const std::string& delivery_id, int attempt,
                   const Answer& answer) {
    // The request first, as everybody locks it, so that an application's cancel never meets us
    // crosswise.
    tx.exec_params(R"sql(
        SELECT FROM pay.payment_request r JOIN pay_private.delivery d USING (request_id)
         WHERE d.delivery_id = $1 FOR NO KEY UPDATE OF r)sql",
                   delivery_id);
    return tx.exec_params(R"sql(
        UPDATE pay_private.delivery_attempt
           SET finished_at = now(), outcome = $3, smtp_code = nullif($4, 0), smtp_reply = nullif($5, '')
         WHERE delivery_id = $1 AND attempt = $2
           AND (finished_at IS NULL OR outcome = 'in_doubt'))sql",
                          delivery_id, attempt, answer.outcome, answer.code, answer.reply)
               .affected_rows() == 1;
}

/// The state of a letter and of its request, which agree; the lease ends. Only an attempt that is
/// still under way, or in doubt, may change them. A payment proves that a doubtful letter arrived.
bool set_delivery(pqxx::work& tx, const std::string& delivery_id, int attempt, const char* state,
                  const std::string& reply) {
    return tx.exec_params(R"sql(
        WITH target AS (
            SELECT d.delivery_id,
                   CASE WHEN $2 = 'in_doubt' AND r.state IN ('paid', 'overpaid', 'partially_paid')
                        THEN 'sent'
                        WHEN $2 = 'deferred' AND r.state <> 'open' THEN 'cancelled'
                        ELSE $2 END AS state
              FROM pay_private.delivery d JOIN pay.payment_request r USING (request_id)
             WHERE d.delivery_id = $1 AND d.attempts = $4
               AND d.state IN ('sending', 'committing', 'in_doubt')),
        letter AS (
            UPDATE pay_private.delivery d
               SET state = t.state, smtp_reply = nullif($3, ''),
                   accepted_at = CASE WHEN t.state = 'sent' THEN now() ELSE accepted_at END
              FROM target t WHERE d.delivery_id = t.delivery_id
            RETURNING d.request_id, d.state)
        UPDATE pay.payment_request r
           SET delivery = l.state, leased_until = NULL, leased_by = NULL, lease_token = NULL,
               sent_at = CASE WHEN l.state = 'sent' THEN now() ELSE sent_at END,
               reason_code = CASE WHEN l.state = 'in_doubt' THEN 'in_doubt'
                                  WHEN r.state <> 'open' THEN r.reason_code END,
               reason_text = CASE WHEN l.state = 'in_doubt'
                    THEN 'The mail server may have taken the message: its answer was lost.'
                    WHEN r.state <> 'open' THEN r.reason_text END
          FROM letter l WHERE r.request_id = l.request_id)sql",
                          delivery_id, state, reply, attempt)
               .affected_rows() == 1;
}

}  // namespace

std::vector<std::string> settle_abandoned(pqxx::work& tx, bool resend) {
    const auto rows = tx.exec_params(R"sql(
        WITH abandoned AS (
            SELECT request_id,
                   CASE WHEN state IN ('paid', 'overpaid', 'partially_paid') THEN 'sent'
                        WHEN $1 AND state = 'open' THEN 'deferred' ELSE 'in_doubt' END AS verdict
              FROM pay.payment_request
             WHERE lease_token IS NOT NULL AND delivery = 'committing' AND leased_until < now()
             FOR UPDATE SKIP LOCKED),
        letters AS (
            UPDATE pay_private.delivery d
               SET state = a.verdict,
                   accepted_at = CASE WHEN a.verdict = 'sent' THEN now() ELSE accepted_at END
              FROM abandoned a WHERE d.request_id = a.request_id AND d.state = 'committing'
            RETURNING d.delivery_id),
        attempts AS (
            UPDATE pay_private.delivery_attempt t SET finished_at = now(), outcome = 'in_doubt'
              FROM letters l WHERE t.delivery_id = l.delivery_id AND t.finished_at IS NULL)
        UPDATE pay.payment_request r
           SET delivery = a.verdict, next_attempt_at = now(),
               sent_at = CASE WHEN a.verdict = 'sent' THEN now() ELSE r.sent_at END,
               leased_until = NULL, leased_by = NULL, lease_token = NULL,
               reason_code = CASE WHEN a.verdict <> 'sent' THEN 'in_doubt' ELSE r.reason_code END,
               reason_text = CASE WHEN a.verdict <> 'sent'
                    THEN 'The daemon ended while the mail server was taking the message.'
                    ELSE r.reason_text END
          FROM abandoned a WHERE r.request_id = a.request_id
        RETURNING r.request_id, a.verdict <> 'sent')sql",
                                     resend);
    std::vector<std::string> requests;
    for (const auto& row : rows)
        if (row[1].as<bool>())
            requests.push_back(text(row[0]));
    return requests;
}

void freeze(pqxx::work& tx, std::string request_id, std::string recipient, std::string message_id,
            std::string link_id, std::string bytes) {
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.delivery (request_id, kind, recipient, message_id, link_id, message, state)
        VALUES ($1, 'request', $2, $3, $4, $5, 'ready')
        ON CONFLICT (request_id, kind, recipient) DO UPDATE
           SET message = excluded.message, link_id = excluded.link_id
         WHERE delivery.link_id <> excluded.link_id
           AND delivery.state IN ('ready', 'sending', 'deferred'))sql",
                    request_id, recipient, message_id, link_id, binary(bytes));
}

std::optional<Delivery> begin_attempt(pqxx::work& tx, std::string request_id, std::int64_t token) {
    const auto rows = tx.exec_params(R"sql(
        WITH gate AS (
            UPDATE pay.payment_request r SET delivery = 'sending', reason_code = NULL, reason_text = NULL
              FROM pay_private.integration i, pay_private.payment_link l, pay_private.delivery d
             WHERE r.request_id = $1 AND r.lease_token = $2 AND r.state = 'open'
               AND i.company = r.company AND i.current AND i.stage = 'completed'
               AND l.request_id = r.request_id AND l.account_id = i.account_id
               AND l.active AND l.wanted_active
               AND d.request_id = r.request_id AND d.kind = 'request' AND d.link_id = l.link_id
               AND d.state IN ('ready', 'sending', 'deferred')
               AND NOT EXISTS (SELECT FROM pay.suppression s WHERE lower(s.email) = lower(r.to_email))
            RETURNING d.delivery_id),
        letter AS (
            UPDATE pay_private.delivery d SET state = 'sending', attempts = attempts + 1
              FROM gate WHERE d.delivery_id = gate.delivery_id
            RETURNING d.delivery_id, d.attempts, d.message),
        abandoned AS (
            UPDATE pay_private.delivery_attempt t SET finished_at = now(), outcome = 'abandoned'
              FROM letter WHERE t.delivery_id = letter.delivery_id AND t.finished_at IS NULL),
        opened AS (
            INSERT INTO pay_private.delivery_attempt (delivery_id, attempt, lease_token)
            SELECT delivery_id, attempts, $2 FROM letter)
        SELECT delivery_id, attempts, message FROM letter)sql",
                                     request_id, token);
    if (rows.empty())
        return std::nullopt;
    return Delivery{text(rows[0][0]), rows[0][1].as<int>(), bytes(rows[0][2])};
}

bool commit_attempt(pqxx::work& tx, std::string delivery_id, int attempt, std::int64_t token) {
    const auto rows = tx.exec_params(R"sql(
        WITH gate AS (
            UPDATE pay.payment_request r SET delivery = 'committing'
              FROM pay_private.delivery d
             WHERE d.delivery_id = $1 AND d.state = 'sending' AND d.attempts = $2
               AND r.request_id = d.request_id AND r.lease_token = $3 AND r.leased_until > now()
               AND r.state = 'open'
            RETURNING d.delivery_id),
        attempt AS (
            UPDATE pay_private.delivery_attempt t SET committing_at = now()
              FROM gate WHERE t.delivery_id = gate.delivery_id AND t.attempt = $2)
        UPDATE pay_private.delivery d SET state = 'committing'
          FROM gate WHERE d.delivery_id = gate.delivery_id
        RETURNING d.delivery_id)sql",
                                     delivery_id, attempt, token);
    return !rows.empty();
}

bool record_sent(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer) {
    return close_attempt(tx, delivery_id, attempt, answer) &&
           set_delivery(tx, delivery_id, attempt, "sent", answer.reply);
}

bool record_in_doubt(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer) {
    return close_attempt(tx, delivery_id, attempt, answer) &&
           set_delivery(tx, delivery_id, attempt, "in_doubt", answer.reply);
}

bool record_deferred(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer,
                     double delay_seconds, bool counts) {
    if (!close_attempt(tx, delivery_id, attempt, answer) ||
        !set_delivery(tx, delivery_id, attempt, "deferred", answer.reply))
        return false;
    tx.exec_params0(R"sql(
        UPDATE pay.payment_request r
           SET next_attempt_at = now() + make_interval(secs => $2), attempts = r.attempts + $3::boolean::int,
               reason_code = 'mail_deferred', reason_text = $4
          FROM pay_private.delivery d
         WHERE d.delivery_id = $1 AND r.request_id = d.request_id AND r.state = 'open')sql",
                    delivery_id, delay_seconds, counts, answer.reply);
    return true;
}

bool abandon_attempt(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer) {
    if (!close_attempt(tx, delivery_id, attempt, answer))
        return false;
    return tx.exec_params(R"sql(
        WITH letter AS (
            UPDATE pay_private.delivery SET state = 'ready'
             WHERE delivery_id = $1 AND attempts = $2 AND state IN ('sending', 'committing')
            RETURNING request_id)
        UPDATE pay.payment_request r
           SET delivery = CASE WHEN r.state = 'open' THEN 'ready' ELSE 'cancelled' END
          FROM letter WHERE r.request_id = letter.request_id)sql",
                          delivery_id, attempt)
               .affected_rows() == 1;
}

bool record_refused(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer,
                    std::string reason_code, bool suppress) {
    if (!close_attempt(tx, delivery_id, attempt, answer))
        return false;
    // The attempt is the fence: a later one may be under way.
    const auto rows = tx.exec_params(R"sql(
        WITH letter AS (
            UPDATE pay_private.delivery SET state = 'failed', smtp_reply = nullif($3, '')
             WHERE delivery_id = $1 AND attempts = $2 AND state IN ('sending', 'committing', 'in_doubt')
            RETURNING request_id, recipient)
        UPDATE pay.payment_request r
           SET state = CASE WHEN r.state = 'open' THEN 'failed' ELSE r.state END, delivery = 'failed',
               reason_code = CASE WHEN r.state = 'open' THEN $4 ELSE r.reason_code END,
               reason_text = CASE WHEN r.state = 'open' THEN $3 ELSE r.reason_text END,
               leased_until = NULL, leased_by = NULL, lease_token = NULL
          FROM letter l WHERE r.request_id = l.request_id
        RETURNING r.request_id, l.recipient)sql",
                                     delivery_id, attempt, answer.reply, reason_code);
    if (rows.empty())
        return false;
    retire_links(tx, text(rows[0][0]));
    if (suppress)
        tx.exec_params0(R"sql(
            INSERT INTO pay.suppression (email, reason) VALUES ($1, 'the mail server knows no such mailbox')
            ON CONFLICT DO NOTHING)sql",
                        text(rows[0][1]));
    return true;
}

bool resolve_in_doubt(pqxx::work& tx, std::string request_id, bool sent) {
    return tx.exec_params(R"sql(
        WITH letter AS (
            UPDATE pay_private.delivery
               SET state = CASE WHEN $2 THEN 'sent' ELSE 'deferred' END,
                   accepted_at = CASE WHEN $2 THEN now() END
             WHERE request_id = $1 AND kind = 'request' AND state = 'in_doubt'
               AND ($2 OR EXISTS (SELECT FROM pay.payment_request r
                                   WHERE r.request_id = $1 AND r.state = 'open'))
            RETURNING request_id)
        UPDATE pay.payment_request r
           SET delivery = CASE WHEN $2 THEN 'sent' ELSE 'deferred' END, sent_at = CASE WHEN $2 THEN now() END,
               next_attempt_at = now(), reason_code = NULL, reason_text = NULL
          FROM letter WHERE r.request_id = letter.request_id)sql",
                          request_id, sent)
               .affected_rows() == 1;
}

}  // namespace paysync::payment_requests::store
