// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/requests_store.hpp"

#include "jobs/row.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

namespace {

Request request_from(const pqxx::row& row) {
    Request request;
    request.request_id = text(row["request_id"]);
    request.company = text(row["company"]);
    request.to_email = text(row["to_email"]);
    request.to_name = text(row["to_name"]);
    request.reply_to = text(row["reply_to"]);
    request.amount = row["amount"].as<std::int64_t>();
    request.currency = text(row["currency"]);
    request.description = text(row["description"]);
    request.message = text(row["message"]);
    request.due_on = text(row["due_on"]);
    request.locale = text(row["locale"]);
    request.multi_party = row["multi_party"].as<bool>();
    const auto names = texts(row["metadata_names"]);
    const auto values = texts(row["metadata_values"]);
    for (std::size_t i = 0; i < names.size(); ++i)
        request.metadata.emplace_back(names[i], values[i]);
    request.attempts = row["attempts"].as<int>();
    request.company_name = text(row["company_name"]);
    request.company_email = text(row["company_email"]);
    request.brand_color = text(row["brand_color"]);
    request.account_id = text(row["account_id"]);
    request.stage = text(row["stage"]);
    request.livemode = row["livemode"].as<bool>();
    request.suppressed = row["suppressed"].as<bool>();
    request.link_id = text(row["link_id"]);
    request.link_url = text(row["link_url"]);
    request.links_made = row["links_made"].as<int>();
    request.has_file = row["has_file"].as<bool>();
    return request;
}

/// Closes an attempt; 0 rows when it was closed before.
bool close_attempt(pqxx::work& tx, const std::string& delivery_id, int attempt,
                   const Answer& answer) {
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

Claim claim_due(pqxx::work& tx, int limit, double lease_seconds, std::string daemon_id) {
    Claim claim;
    claim.token = tx.exec1("SELECT nextval('pay_private.lease_token')")[0].as<std::int64_t>();
    const auto rows = tx.exec_params(R"sql(
        WITH due AS (
            SELECT request_id FROM pay.payment_request
             WHERE state = 'open' AND delivery IN ('queued', 'linked', 'ready', 'sending', 'deferred')
               AND next_attempt_at <= now() AND (leased_until IS NULL OR leased_until < now())
             ORDER BY priority DESC, next_attempt_at, seq
             LIMIT $1
             FOR UPDATE SKIP LOCKED),
        claimed AS (
            UPDATE pay.payment_request r
               SET lease_token = $2, leased_until = now() + make_interval(secs => $3), leased_by = $4
              FROM due WHERE r.request_id = due.request_id
            RETURNING r.*)
        SELECT c.request_id, c.seq, c.priority, c.company, c.to_email, c.to_name,
               c.reply_to, c.amount, c.currency, c.description, c.message, c.due_on,
               coalesce(c.locale, co.locale) AS locale, c.multi_party, c.attempts,
               ARRAY(SELECT e.key FROM jsonb_each_text(c.metadata) e ORDER BY e.key) AS metadata_names,
               ARRAY(SELECT e.value FROM jsonb_each_text(c.metadata) e ORDER BY e.key) AS metadata_values,
               coalesce(b.display_name, co.name, c.company) AS company_name, co.email AS company_email,
               b.primary_color AS brand_color, i.account_id, i.stage, coalesce(i.livemode, false) AS livemode,
               EXISTS (SELECT FROM pay.suppression s WHERE lower(s.email) = lower(c.to_email)) AS suppressed,
               l.link_id, l.url AS link_url,
               (SELECT count(*) FROM pay_private.payment_link n WHERE n.request_id = c.request_id)
                   AS links_made, c.collect_payment_file_id IS NOT NULL AS has_file
          FROM claimed c
          JOIN pay.company co ON co.company = c.company
          LEFT JOIN pay_private.integration i ON i.company = c.company AND i.current
          LEFT JOIN LATERAL (SELECT display_name, primary_color FROM pay.branding b
                              WHERE b.company = c.company AND b.kind = 'checkout'
                              ORDER BY version DESC LIMIT 1) b ON true
          LEFT JOIN pay_private.payment_link l ON l.request_id = c.request_id AND l.active AND l.wanted_active
              AND l.account_id = i.account_id
         ORDER BY c.priority DESC, c.seq)sql",
                                     limit, claim.token, lease_seconds, daemon_id);
    for (const auto& row : rows)
        claim.requests.push_back(request_from(row));
    return claim;
}

void renew_leases(pqxx::work& tx, std::int64_t token, double lease_seconds) {
    tx.exec_params0(R"sql(
        UPDATE pay.payment_request SET leased_until = now() + make_interval(secs => $2)
         WHERE lease_token = $1)sql",
                    token, lease_seconds);
}

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

bool link_created(pqxx::work& tx, std::string request_id, std::int64_t token,
                  std::string account_id, bool livemode, std::string link_id, std::string url) {
    const auto updated = tx.exec_params(R"sql(
        UPDATE pay.payment_request SET delivery = 'linked', account_id = $3, livemode = $4
         WHERE request_id = $1 AND lease_token = $2 AND state = 'open')sql",
                                        request_id, token, account_id, livemode);
    const bool wanted = updated.affected_rows() == 1;
    // A link that exists at Stripe is never forgotten, even when the lease is gone: whoever has it
    // now finds this one.
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.payment_link (link_id, request_id, account_id, url, active, wanted_active)
        SELECT $1, r.request_id, $3, $4, true,
               r.state = 'open' AND NOT EXISTS (SELECT FROM pay_private.payment_link l
                                                 WHERE l.request_id = r.request_id AND l.wanted_active)
          FROM pay.payment_request r WHERE r.request_id = $2
        ON CONFLICT (link_id) DO NOTHING)sql",
                    link_id, request_id, account_id, url);
    return wanted;
}

std::optional<File> file_of(pqxx::work& tx, std::string request_id) {
    const auto rows = tx.exec_params(R"sql(
        SELECT f.name, f.media_type, f.content
          FROM pay.payment_request r JOIN pay.collect_payment_file f ON f.file_id = r.collect_payment_file_id
         WHERE r.request_id = $1)sql",
                                     request_id);
    if (rows.empty())
        return std::nullopt;
    return File{text(rows[0][0]), text(rows[0][1]), bytes(rows[0][2])};
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
        UPDATE pay.payment_request r SET delivery = 'ready' FROM letter WHERE r.request_id = letter.request_id)sql",
                          delivery_id, attempt)
               .affected_rows() == 1;
}

bool fail(pqxx::work& tx, std::string request_id, std::int64_t token, std::string reason_code,
          std::string reason_text) {
    const auto updated = tx.exec_params(R"sql(
        UPDATE pay.payment_request
           SET state = 'failed', delivery = CASE WHEN $3 = 'suppressed' THEN 'suppressed' ELSE 'failed' END,
               reason_code = $3, reason_text = $4, leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE request_id = $1 AND lease_token = $2 AND state = 'open')sql",
                                        request_id, token, reason_code, reason_text);
    if (updated.affected_rows() == 0)
        return false;
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link SET wanted_active = false, deactivation_reason = 'failed'
         WHERE request_id = $1 AND wanted_active)sql",
                    request_id);
    return true;
}

bool record_refused(pqxx::work& tx, std::string request_id, std::int64_t token,
                    std::string delivery_id, int attempt, Answer answer, std::string reason_code,
                    bool suppress) {
    if (!close_attempt(tx, delivery_id, attempt, answer))
        return false;
    const auto letter = tx.exec_params1(R"sql(
        UPDATE pay_private.delivery SET state = 'failed', smtp_reply = nullif($2, '')
         WHERE delivery_id = $1 RETURNING recipient)sql",
                                        delivery_id, answer.reply);
    if (suppress)
        tx.exec_params0(R"sql(
            INSERT INTO pay.suppression (email, reason) VALUES ($1, 'the mail server knows no such mailbox')
            ON CONFLICT DO NOTHING)sql",
                        text(letter[0]));
    return fail(tx, request_id, token, reason_code, answer.reply);
}

bool postpone(pqxx::work& tx, std::string request_id, std::int64_t token, double delay_seconds,
              std::string reason_code, std::string reason_text) {
    return tx.exec_params(R"sql(
        UPDATE pay.payment_request
           SET next_attempt_at = CASE WHEN state = 'open' THEN now() + make_interval(secs => $3) END,
               reason_code = CASE WHEN state = 'open' THEN $4 ELSE reason_code END,
               reason_text = CASE WHEN state = 'open' THEN $5 ELSE reason_text END,
               leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE request_id = $1 AND lease_token = $2)sql",
                          request_id, token, delay_seconds, reason_code, reason_text)
               .affected_rows() == 1;
}

void release_leases(pqxx::work& tx, std::int64_t token) {
    tx.exec_params0(R"sql(
        UPDATE pay.payment_request SET leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE lease_token = $1 AND delivery <> 'committing')sql",
                    token);
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
