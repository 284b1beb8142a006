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
    request.frozen = row["frozen"].as<bool>();
    request.links_made = row["links_made"].as<int>();
    request.has_file = row["has_file"].as<bool>();
    return request;
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
               EXISTS (SELECT FROM pay_private.delivery d
                        WHERE d.request_id = c.request_id AND d.kind = 'request'
                          AND d.link_id = l.link_id) AS frozen,
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

bool link_created(pqxx::work& tx, std::string request_id, std::int64_t token,
                  std::string account_id, bool livemode, std::string link_id, std::string url) {
    const auto updated = tx.exec_params(R"sql(
        UPDATE pay.payment_request SET delivery = 'linked', account_id = $3, livemode = $4
         WHERE request_id = $1 AND lease_token = $2 AND state = 'open')sql",
                                        request_id, token, account_id, livemode);
    const bool wanted = updated.affected_rows() == 1;
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link SET wanted_active = false, deactivation_reason = 'replaced'
         WHERE request_id = $1 AND account_id <> $2 AND wanted_active)sql",
                    request_id, account_id);
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

void retire_links(pqxx::work& tx, std::string request_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.payment_link SET wanted_active = false, deactivation_reason = 'failed'
         WHERE request_id = $1 AND wanted_active)sql",
                    request_id);
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
    retire_links(tx, request_id);
    return true;
}

bool postpone(pqxx::work& tx, std::string request_id, std::int64_t token, double delay_seconds,
              std::string reason_code, std::string reason_text) {
    return tx.exec_params(R"sql(
        UPDATE pay.payment_request
           SET next_attempt_at = CASE WHEN state = 'open' THEN now() + make_interval(secs => $3) END,
               reason_code = CASE WHEN state = 'open' THEN $4 ELSE reason_code END,
               reason_text = CASE WHEN state = 'open' THEN $5 ELSE reason_text END,
               leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE request_id = $1 AND lease_token = $2 AND delivery <> 'committing')sql",
                          request_id, token, delay_seconds, reason_code, reason_text)
               .affected_rows() == 1;
}

void release_leases(pqxx::work& tx, std::int64_t token) {
    tx.exec_params0(R"sql(
        UPDATE pay.payment_request SET leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE lease_token = $1 AND delivery <> 'committing')sql",
                    token);
}

}  // namespace paysync::payment_requests::store
