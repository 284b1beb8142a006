// SPDX-License-Identifier: MIT
#include "jobs/onboarding/command_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::onboarding::store {

std::vector<Command> claim_commands(pqxx::work& tx, int limit, double lease_seconds,
                                    std::string daemon_id) {
    const auto token = leases::new_token(tx);
    const auto rows = tx.exec_params(R"sql(
        WITH due AS (
            SELECT command_id FROM pay.command c
             WHERE state IN ('queued', 'running') AND run_after <= now()
               AND (leased_until IS NULL OR leased_until < now())
               -- seq is assigned at INSERT but visible at COMMIT, so a running command may have a higher one.
               AND NOT EXISTS (SELECT FROM pay.command other
                                WHERE other.company = c.company AND other.command_id <> c.command_id
                                  AND (other.state = 'running'
                                       OR (c.state = 'queued' AND other.state = 'queued'
                                           AND other.seq < c.seq)))
             ORDER BY seq LIMIT $1
             FOR UPDATE SKIP LOCKED),
        claimed AS (
            UPDATE pay.command c
               SET state = 'running', attempts = attempts + 1, lease_token = $2,
                   leased_until = now() + make_interval(secs => $3), leased_by = $4
              FROM due WHERE c.command_id = due.command_id
            RETURNING c.*)
        SELECT c.command_id, c.attempts, c.kind, c.company, c.email, c.country, c.account_id, c.confirmation,
               coalesce(c.arguments -> 'existing' = 'true', false) AS existing,
               c.arguments ->> 'state_sha256' AS state_sha256,
               coalesce(co.name, c.company) AS company_name, co.enabled, co.country AS company_country,
               i.account_id AS current_account, i.stage AS current_stage
          FROM claimed c
          JOIN pay.company co ON co.company = c.company
          LEFT JOIN pay_private.integration i ON i.company = c.company AND i.current
         ORDER BY c.seq)sql",
                                     limit, token, lease_seconds, daemon_id);
    std::vector<Command> commands;
    for (const auto& row : rows) {
        Command command;
        command.command_id = text(row["command_id"]);
        command.token = token;
        command.attempts = row["attempts"].as<int>();
        command.kind = text(row["kind"]);
        command.company = text(row["company"]);
        command.email = text(row["email"]);
        command.country = text(row["country"]);
        command.account_id = text(row["account_id"]);
        command.confirmation = text(row["confirmation"]);
        command.existing = row["existing"].as<bool>();
        command.state_sha256 = text(row["state_sha256"]);
        command.company_name = text(row["company_name"]);
        command.company_enabled = row["enabled"].as<bool>();
        command.default_country = text(row["company_country"]);
        command.current_account = text(row["current_account"]);
        command.current_stage = text(row["current_stage"]);
        commands.push_back(std::move(command));
    }
    return commands;
}

void lock_command(pqxx::work& tx, const CommandLease& lease) {
    leases::lock_row(tx, kCommandLeases, lease.command_id, lease.token,
                     "the command " + lease.command_id);
}

bool finish_command(pqxx::work& tx, CommandLease lease, CommandResult result) {
    return tx.exec_params(R"sql(
        UPDATE pay.command
           SET state = 'done', finished_at = now(), result_url = nullif($3, ''),
               result_url_expires_at = to_timestamp(nullif($4::bigint, 0)), result_account_id = nullif($5, ''),
               result = CASE WHEN $6 <> '' THEN jsonb_build_object('confirmation', $6::text) ELSE result END,
               error_code = NULL, error_text = NULL, leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE command_id = $1 AND lease_token = $2 AND state = 'running')sql",
                          lease.command_id, lease.token, result.url, result.url_expires_at,
                          result.account_id, result.confirmation)
               .affected_rows() == 1;
}

bool fail_command(pqxx::work& tx, CommandLease lease, std::string code, std::string text) {
    return tx.exec_params(R"sql(
        UPDATE pay.command
           SET state = 'failed', finished_at = now(), error_code = $3, error_text = $4,
               leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE command_id = $1 AND lease_token = $2 AND state = 'running')sql",
                          lease.command_id, lease.token, code, text)
               .affected_rows() == 1;
}

bool retry_command_later(pqxx::work& tx, CommandLease lease, double delay_seconds, std::string code,
                         std::string text) {
    return tx.exec_params(R"sql(
        UPDATE pay.command
           SET state = 'queued', run_after = now() + make_interval(secs => $3), error_code = $4, error_text = $5,
               leased_until = NULL, leased_by = NULL, lease_token = NULL
         WHERE command_id = $1 AND lease_token = $2 AND state = 'running')sql",
                          lease.command_id, lease.token, delay_seconds, code, text)
               .affected_rows() == 1;
}

std::string pending_confirmation(pqxx::work& tx, std::string company, std::string command_id) {
    const auto rows = tx.exec_params(R"sql(
        SELECT asked.result ->> 'confirmation' FROM pay.command asked
         WHERE asked.company = $1 AND asked.kind = 'disconnect' AND asked.state = 'done'
           AND asked.result ? 'confirmation'
           AND asked.finished_at > (SELECT created_at FROM pay.command WHERE command_id = $2)
                                   - interval '1 hour'
           AND NOT EXISTS (SELECT FROM pay.command used
                            WHERE used.company = $1 AND used.kind = 'disconnect' AND used.state = 'done'
                              AND used.confirmation = asked.result ->> 'confirmation')
         ORDER BY asked.seq DESC LIMIT 1)sql",
                                     company, command_id);
    return rows.empty() ? "" : text(rows[0][0]);
}

int recent_reconnect_failures(pqxx::work& tx, std::string company) {
    return tx
        .exec_params1(R"sql(
        SELECT count(*) FROM pay.command
         WHERE company = $1 AND kind = 'reconnect' AND state = 'failed'
           AND finished_at > now() - interval '1 hour')sql",
                      company)[0]
        .as<int>();
}

}  // namespace paysync::onboarding::store
