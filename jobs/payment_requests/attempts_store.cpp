// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/attempts_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/payment_requests/request_store.hpp"

#include <pqxx/pqxx>

#include <set>

namespace paysync::payment_requests::store {

namespace {

/// What must hold of delivery `d`, its request `r`, company `co`, integration `i` and message `m`
/// when an attempt is opened, and again when the final dot is promised.
constexpr const char* kMayBeSent = R"sql(
    co.enabled
    AND CASE WHEN d.charge_id IS NOT NULL THEN i.stage <> 'disconnected'
             ELSE i.stage = 'completed' AND pay_private.mail_may_go(r)
                  AND EXISTS (SELECT FROM pay_private.payment_link l
                               WHERE l.link_id = m.link_id AND l.account_id = i.account_id
                                 AND l.active AND l.wanted_active) END
    AND NOT EXISTS (SELECT FROM pay.suppression s WHERE lower(s.email COLLATE "C") = lower(d.recipient COLLATE "C")))sql";

/// Locks the requests and returns the ones that it could lock. Requests are locked before their
/// deliveries and links, in one order, and after their integrations. So a disconnection either
/// waits for this transaction, or no attempt is opened after it.
std::set<std::string> lock_requests(pqxx::work& tx, const std::vector<NewAttempt>& attempts) {
    Column requests;
    for (const auto& attempt : attempts)
        requests.add(attempt.request_id);
    std::vector<std::string> companies;
    for (const auto& row : db::execute(tx, R"sql(
        SELECT i.company FROM set_config('lock_timeout', '1s', true), pay_private.integration i
         WHERE i.current AND i.company IN (SELECT company FROM pay.payment_request
                                            WHERE request_id = ANY ($1::uuid[]))
         ORDER BY i.account_id FOR SHARE OF i SKIP LOCKED)sql",
                                       requests.literal()))
        companies.push_back(text(row[0]));
    std::set<std::string> locked;
    for (const auto& row : db::execute(tx, R"sql(
        SELECT r.request_id FROM pay.payment_request r
         WHERE r.request_id = ANY ($1::uuid[])
           AND (r.company = ANY ($2::text[])
                OR NOT EXISTS (SELECT FROM pay_private.integration i
                                WHERE i.company = r.company AND i.current))
         ORDER BY r.request_id FOR NO KEY UPDATE OF r SKIP LOCKED)sql",
                                       requests.literal(), text_array(companies)))
        locked.insert(text(row[0]));
    return locked;
}

/// Copies share the message, as if all recipients were in one envelope.
void freeze_copies(pqxx::work& tx, const Column& deliveries) {
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.delivery AS d
               (request_id, company, kind, recipient, number, priority, state, message_key, messages, mail_account)
        SELECT m.request_id, m.company, m.kind, copy, m.number, m.priority, 'ready', m.message_key, m.messages,
               m.mail_account
          FROM pay_private.delivery m
          JOIN pay.payment_request r USING (request_id)
          CROSS JOIN LATERAL (SELECT DISTINCT ON (lower(c COLLATE "C")) c AS copy FROM unnest(r.cc) c) copies
         WHERE m.delivery_id = ANY ($1::uuid[]) AND m.recipient = r.to_email AND lower(copy COLLATE "C") <> lower(r.to_email COLLATE "C")
        ON CONFLICT (request_id, kind, recipient, number) DO UPDATE
           SET message_key = excluded.message_key, messages = excluded.messages, mail_account = excluded.mail_account
         WHERE d.state IN ('ready', 'deferred'))sql",
                    deliveries.literal());
}

void freeze(pqxx::work& tx, const std::vector<NewAttempt>& attempts) {
    Column deliveries, tokens, messages, ids, links, brands, accounts;
    std::set<std::string> with_copies;
    for (const auto& attempt : attempts) {
        if (!attempt.message)
            continue;
        const auto& message = *attempt.message;
        deliveries.add(attempt.delivery_id);
        tokens.add(attempt.token);
        messages.add(bytea_literal(message.bytes));
        ids.add(message.message_id);
        links.add(message.link_id);
        brands.add(std::int64_t{message.brand_version});
        accounts.add(message.mail_account);
        if (attempt.has_copies)
            with_copies.insert(attempt.delivery_id);
    }
    if (deliveries.empty())
        return;
    const auto frozen =
        db::execute(tx, R"sql(
        WITH fenced AS (
            SELECT n.*, d.request_id, d.message_key AS replaces
              FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::integer[], $7::text[])
                       AS n (delivery_id, token, bytes, message_id, link_id, brand_version, mail_account)
              JOIN pay_private.delivery d USING (delivery_id)
              LEFT JOIN pay_private.message o USING (message_key)
             WHERE d.lease_token = n.token AND d.state IN ('queued', 'ready', 'sending', 'deferred')
               AND (d.state = 'queued' OR o.bytes IS NULL OR o.link_id IS DISTINCT FROM nullif(n.link_id, '')
                    OR o.mail_account <> n.mail_account)),
        made AS (
            INSERT INTO pay_private.message (request_id, delivery_id, message_id, replaces, link_id, brand_version,
                                             mail_account, size, sha256, bytes)
            SELECT request_id, delivery_id, message_id, replaces, nullif(link_id, ''), nullif(brand_version, 0),
                   mail_account, length(bytes), sha256(bytes), bytes
              FROM fenced
            RETURNING message_key, delivery_id, mail_account)
        UPDATE pay_private.delivery d
           SET message_key = m.message_key, messages = d.messages + 1, mail_account = m.mail_account, state = 'ready'
          FROM made m JOIN fenced f USING (delivery_id)
         WHERE d.delivery_id = m.delivery_id AND d.lease_token = f.token
        RETURNING d.delivery_id)sql",
                    deliveries.literal(), tokens.literal(), messages.literal(), ids.literal(),
                    links.literal(), brands.literal(), accounts.literal());
    Column copied;
    for (const auto& row : frozen)
        if (with_copies.count(text(row[0])) > 0)
            copied.add(text(row[0]));
    if (!copied.empty())
        freeze_copies(tx, copied);
}

/// Ends the attempt, and with `sql` its delivery ($1; $2 the attempt, $3 the reply, $4 the reason).
/// Only an attempt that is open or in doubt may still change the delivery.
bool end_attempt(pqxx::work& tx, const std::string& delivery_id, int attempt, const AttemptEnd& end,
                 const std::string& sql) {
    tx.exec("SET LOCAL lock_timeout = '300ms'");
    const auto closed = tx.exec_params(R"sql(
        UPDATE pay_private.delivery_attempt
           SET finished_at = now(), outcome = $3, smtp_code = nullif($4, 0), smtp_reply = nullif($5, '')
         WHERE delivery_id = $1 AND attempt = $2
           AND (finished_at IS NULL OR outcome = 'in_doubt'))sql",
                                       delivery_id, attempt, end.outcome, end.code, end.reply);
    return closed.affected_rows() == 1 &&
           tx.exec_params(sql, delivery_id, attempt, end.reply, end.reason_code).affected_rows() ==
               1;
}

}  // namespace

std::vector<Opening> open_attempts(pqxx::work& tx, std::vector<NewAttempt> attempts) {
    static const std::string kOpen = std::string(R"sql(
        WITH gate AS (
            UPDATE pay_private.delivery d
               SET state = 'sending', attempts = d.attempts + 1, reason_code = NULL, reason_text = NULL
              FROM unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::bigint[])
                       AS asked (delivery_id, token, stored, n),
                   pay.payment_request r, pay.company co, pay_private.integration i, pay_private.message m
             WHERE d.delivery_id = asked.delivery_id AND d.lease_token = asked.token
               AND d.state IN ('ready', 'sending', 'deferred')
               AND r.request_id = d.request_id AND co.company = r.company AND i.company = r.company AND i.current
               AND m.message_key = d.message_key AND m.bytes IS NOT NULL AND)sql") +
                                     kMayBeSent + R"sql(
            RETURNING asked.n, d.delivery_id, d.attempts, d.lease_token,
                      CASE WHEN asked.stored THEN m.bytes END AS message),
        abandoned AS (
            UPDATE pay_private.delivery_attempt t SET finished_at = now(), outcome = 'abandoned'
              FROM gate g
             WHERE t.delivery_id = g.delivery_id AND t.attempt < g.attempts AND t.finished_at IS NULL),
        opened AS (
            INSERT INTO pay_private.delivery_attempt (delivery_id, attempt, lease_token)
            SELECT delivery_id, attempts, lease_token FROM gate)
        SELECT n, attempts, message FROM gate)sql";
    const auto locked = lock_requests(tx, attempts);
    std::vector<Opening> openings(attempts.size());
    std::vector<NewLink> links;
    std::vector<NewAttempt> mine;
    Column deliveries, tokens, stored, places;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        auto& attempt = attempts[i];
        openings[i].busy = locked.count(attempt.request_id) == 0;
        if (openings[i].busy)
            continue;
        if (attempt.link)
            links.push_back(*attempt.link);
        if (!attempt.store_only) {
            deliveries.add(attempt.delivery_id);
            tokens.add(attempt.token);
            stored.add(!attempt.message);
            places.add(static_cast<std::int64_t>(i));
        }
        mine.push_back(std::move(attempt));
    }
    record_links(tx, links);
    freeze(tx, mine);
    if (deliveries.empty())
        return openings;
    const std::vector<std::string> asked{deliveries.literal(), tokens.literal(), stored.literal(),
                                         places.literal()};
    for (const auto& row : db::execute_composed(tx, kOpen, asked))
        openings.at(row[0].as<std::size_t>()).attempt =
            OpenAttempt{row[1].as<int>(), bytes(row[2])};
    return openings;
}

std::vector<Promise> commit_sends(pqxx::work& tx, std::vector<SendCommit> commits) {
    static const std::string kCommit = std::string(R"sql(
        WITH committed AS (
            UPDATE pay_private.delivery d SET state = 'committing'
              FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bigint[])
                       AS asked (delivery_id, attempt, token, n),
                   pay.payment_request r, pay.company co, pay_private.integration i, pay_private.message m
             WHERE d.delivery_id = asked.delivery_id AND d.state = 'sending'
               AND d.attempts = asked.attempt AND d.lease_token = asked.token AND d.leased_until > now()
               AND r.request_id = d.request_id AND co.company = r.company AND i.company = r.company AND i.current
               AND m.message_key = d.message_key AND)sql") +
                                       kMayBeSent + R"sql(
            RETURNING asked.n, d.delivery_id, d.attempts),
        attempt AS (
            UPDATE pay_private.delivery_attempt t SET committing_at = now()
              FROM committed c WHERE t.delivery_id = c.delivery_id AND t.attempt = c.attempts)
        SELECT n FROM committed)sql";
    Column requests;
    for (const auto& commit : commits)
        requests.add(commit.request_id);
    // Nobody can close these requests until the end of this transaction.
    std::set<std::string> locked;
    for (const auto& row : db::execute(tx, R"sql(
        SELECT r.request_id FROM set_config('lock_timeout', '1s', true), pay.payment_request r
         WHERE r.request_id = ANY ($1::uuid[])
         ORDER BY r.request_id FOR SHARE OF r SKIP LOCKED)sql",
                                       requests.literal()))
        locked.insert(text(row[0]));
    std::vector<Promise> promises(commits.size(), Promise::busy);
    Column deliveries, attempts, tokens, places;
    for (std::size_t i = 0; i < commits.size(); ++i) {
        const auto& commit = commits[i];
        if (locked.count(commit.request_id) == 0)
            continue;
        promises[i] = Promise::refused;
        deliveries.add(commit.delivery_id);
        attempts.add(std::int64_t{commit.attempt});
        tokens.add(commit.token);
        places.add(static_cast<std::int64_t>(i));
    }
    if (deliveries.empty())
        return promises;
    const std::vector<std::string> asked{deliveries.literal(), attempts.literal(), tokens.literal(),
                                         places.literal()};
    for (const auto& row : db::execute_composed(tx, kCommit, asked))
        promises.at(row[0].as<std::size_t>()) = Promise::made;
    return promises;
}

std::vector<bool> record_sent(pqxx::work& tx, std::vector<SentAttempt> sent) {
    Column deliveries, attempts, codes, replies;
    for (const auto& attempt : sent) {
        deliveries.add(attempt.delivery_id);
        attempts.add(std::int64_t{attempt.attempt});
        codes.add(std::int64_t{attempt.end.code});
        replies.add(attempt.end.reply);
    }
    tx.exec("SET LOCAL lock_timeout = '300ms'");
    const auto rows =
        db::execute(tx, R"sql(
        WITH closed AS (
            UPDATE pay_private.delivery_attempt t
               SET finished_at = now(), outcome = 'accepted', smtp_code = nullif(asked.code, 0),
                   smtp_reply = nullif(asked.reply, '')
              FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[]) WITH ORDINALITY
                       AS asked (delivery_id, attempt, code, reply, n)
             WHERE t.delivery_id = asked.delivery_id AND t.attempt = asked.attempt
               AND (t.finished_at IS NULL OR t.outcome = 'in_doubt')
            RETURNING asked.n, t.delivery_id, t.attempt, t.smtp_reply)
        UPDATE pay_private.delivery d
           SET state = 'sent', accepted_at = now(), smtp_reply = c.smtp_reply, reason_code = NULL,
               reason_text = NULL
          FROM closed c
         WHERE d.delivery_id = c.delivery_id AND d.attempts = c.attempt
           AND d.state IN ('sending', 'committing', 'in_doubt')
        RETURNING c.n)sql",
                    deliveries.literal(), attempts.literal(), codes.literal(), replies.literal());
    std::vector<bool> recorded(sent.size());
    for (const auto& row : rows)
        recorded.at(row[0].as<std::size_t>() - 1) = true;
    return recorded;
}

bool record_in_doubt(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end) {
    // A payment proves that a message in doubt has arrived.
    return end_attempt(tx, delivery_id, attempt, end, R"sql(
        UPDATE pay_private.delivery d
           SET state = v.state, accepted_at = CASE WHEN v.state = 'sent' THEN now() END,
               smtp_reply = nullif($3, ''),
               reason_code = CASE WHEN v.state = 'in_doubt' THEN nullif($4, '') END,
               reason_text = CASE WHEN v.state = 'in_doubt'
                    THEN 'The mail server may have taken the message: its answer was lost.' END
          FROM pay_private.delivery o
          JOIN pay.payment_request r USING (request_id)
          CROSS JOIN LATERAL (SELECT CASE WHEN r.amount_paid + r.amount_authorized + r.amount_processing > 0
                                           AND o.charge_id IS NULL
                                          THEN 'sent' ELSE 'in_doubt' END AS state) v
         WHERE d.delivery_id = $1 AND d.attempts = $2 AND o.delivery_id = d.delivery_id
           AND d.state IN ('sending', 'committing', 'in_doubt'))sql");
}

bool record_deferred(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end,
                     double delay_seconds, bool counts) {
    if (!end_attempt(tx, delivery_id, attempt, end, R"sql(
        UPDATE pay_private.delivery d
           SET state = CASE WHEN pay_private.request_wants_mails(r) OR d.charge_id IS NOT NULL
                            THEN 'deferred' ELSE 'cancelled' END,
               smtp_reply = nullif($3, ''), reason_code = nullif($4, ''), reason_text = $3,
               leased_until = NULL, leased_by = NULL, lease_token = NULL
          FROM pay.payment_request r
         WHERE d.delivery_id = $1 AND d.attempts = $2 AND r.request_id = d.request_id
           AND d.state IN ('sending', 'committing', 'in_doubt'))sql"))
        return false;
    tx.exec_params0(R"sql(
        UPDATE pay_private.delivery
           SET next_attempt_at = now() + make_interval(secs => $2), put_off = put_off + $3::boolean::int
         WHERE delivery_id = $1 AND state = 'deferred')sql",
                    delivery_id, delay_seconds, counts);
    return true;
}

bool record_ready(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end) {
    return end_attempt(tx, delivery_id, attempt, end, R"sql(
        UPDATE pay_private.delivery d
           SET state = CASE WHEN pay_private.request_wants_mails(r) OR d.charge_id IS NOT NULL
                            THEN 'ready' ELSE 'cancelled' END,
               smtp_reply = nullif($3, ''), reason_code = nullif($4, '')
          FROM pay.payment_request r
         WHERE d.delivery_id = $1 AND d.attempts = $2 AND r.request_id = d.request_id
           AND d.state IN ('sending', 'committing'))sql");
}

bool record_failed(pqxx::work& tx, std::string delivery_id, int attempt, AttemptEnd end,
                   bool suppress) {
    tx.exec("SET LOCAL lock_timeout = '300ms'");
    lock_request_of(tx, delivery_id);
    if (!end_attempt(tx, delivery_id, attempt, end, R"sql(
        UPDATE pay_private.delivery
           SET state = 'failed', smtp_reply = nullif($3, ''), reason_code = nullif($4, ''), reason_text = $3
         WHERE delivery_id = $1 AND attempts = $2 AND state IN ('sending', 'committing', 'in_doubt'))sql"))
        return false;
    tx.exec_params("SELECT pay_private.fail_request_of($1, $2, $3)", delivery_id, end.reason_code,
                   end.reply);
    if (suppress)
        tx.exec_params0(R"sql(
            INSERT INTO pay.suppression (email, reason)
            SELECT recipient, 'the mail server knows no such mailbox'
              FROM pay_private.delivery WHERE delivery_id = $1
            ON CONFLICT DO NOTHING)sql",
                        delivery_id);
    return true;
}

}  // namespace paysync::payment_requests::store
