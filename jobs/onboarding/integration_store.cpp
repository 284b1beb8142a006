// SPDX-License-Identifier: MIT
#include "jobs/onboarding/integration_store.hpp"

#include "daemon/base/db/row.hpp"
#include "jobs/onboarding/observation_store.hpp"
#include "jobs/onboarding/setting_store.hpp"
#include "jobs/stripe/account.hpp"

#include <pqxx/pqxx>

namespace paysync::onboarding::store {

std::vector<StageChange> record_account(pqxx::work& tx, std::string body, std::string cause,
                                        std::string request_id) {
    const auto account = stripe::parse_account(body);
    std::vector<StageChange> changes;
    for (const auto& [id, row] : load_integrations(tx, {account.id}, true))
        if (auto change = write_if_changed(tx, account, row, cause, request_id))
            changes.push_back(std::move(*change));
    return changes;
}

std::vector<StageChange> link_account(pqxx::work& tx, CommandLease lease, std::string company,
                                      std::string body, bool livemode, std::string origin,
                                      std::string email_of_record, std::string cause,
                                      std::string request_id) {
    lock_command(tx, lease);
    const auto account = stripe::parse_account(body);
    tx.exec_params0(R"sql(
        UPDATE pay_private.integration SET current = false
         WHERE company = $1 AND current AND account_id <> $2)sql",
                    company, account.id);
    const auto before = tx.exec_params(R"sql(
        SELECT stage, ever_completed FROM pay_private.integration WHERE account_id = $1 FOR UPDATE)sql",
                                       account.id);
    const auto linked = tx.exec_params(R"sql(
        INSERT INTO pay_private.integration AS i
               (account_id, company, livemode, origin, current, stage, stage_detail, blocker, access,
                email_of_record, account_created_at, connected_at, flow_open_until)
        VALUES ($1, $2, $3, $4, true, 'pending', 'not_started', 'merchant', 'ok', nullif($5, ''),
                to_timestamp($6), now(), CASE WHEN $4 = 'new' THEN now() + interval '5 minutes' END)
        ON CONFLICT (account_id) DO UPDATE
           SET current = true, access = 'ok', disconnected_by = NULL, connected_at = now(),
               flow_open_until = EXCLUDED.flow_open_until,
               email_of_record = coalesce(EXCLUDED.email_of_record, i.email_of_record)
         WHERE i.company = EXCLUDED.company)sql",
                                       account.id, company, livemode, origin, email_of_record,
                                       account.created.value_or(0));
    if (linked.affected_rows() == 0)
        throw AccountInUse("account " + account.id + " belongs to another company");
    queue_settings_update(tx, company);
    StoredIntegration row;
    row.company = company;
    row.has_settings = true;
    row.flow_open = origin == "new";  // the command issues its first onboarding link next
    if (!before.empty()) {
        row.stage = text(before[0][0]);
        row.ever_completed = before[0][1].as<bool>();
    }
    std::vector<StageChange> changes;
    if (auto change = write_if_changed(tx, account, row, cause, request_id))
        changes.push_back(std::move(*change));
    return changes;
}

void onboarding_link_issued(pqxx::work& tx, CommandLease lease, std::string account_id,
                            std::int64_t expires_at) {
    lock_command(tx, lease);
    tx.exec_params0(R"sql(
        UPDATE pay_private.integration SET flow_open_until = to_timestamp($2::bigint), next_check_at = now()
         WHERE account_id = $1)sql",
                    account_id, expires_at);
    tx.exec_params("SELECT pay_private.restage($1, 'link')", account_id);
}

void onboarding_link_used(pqxx::work& tx, std::string account_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.integration SET flow_open_until = now()
         WHERE account_id = $1 AND flow_open_until > now())sql",
                    account_id);
}

void start_active_reads(pqxx::work& tx, std::string account_id, double seconds) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.integration
           SET hot_until = greatest(hot_until, now() + make_interval(secs => $2)), hot_reads = 0,
               next_check_at = now()
         WHERE account_id = $1)sql",
                    account_id, seconds);
}

std::vector<std::string> claim_active_accounts(pqxx::work& tx, int limit, double fastest,
                                               double slowest) {
    // Somebody waits most impatiently in the first minutes, so the pause grows with every 12 reads.
    const auto rows = tx.exec_params(R"sql(
        UPDATE pay_private.integration
           SET next_check_at = now() + make_interval(secs => least($2::float8 * (1 + hot_reads / 12), $3::float8)),
               hot_reads = hot_reads + 1, hot_read_before = hot_read_at, hot_read_at = now()
         WHERE account_id IN (SELECT account_id FROM pay_private.integration
                               WHERE access = 'ok' AND hot_until > now() AND next_check_at <= now()
                               ORDER BY next_check_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING account_id)sql",
                                     limit, fastest, slowest);
    std::vector<std::string> accounts;
    for (const auto& row : rows)
        accounts.push_back(text(row[0]));
    return accounts;
}

void active_read_failed(pqxx::work& tx, std::string account_id) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.integration SET hot_read_at = hot_read_before WHERE account_id = $1)sql",
                    account_id);
}

void disconnect_account(pqxx::work& tx, CommandLease lease, std::string account_id,
                        std::string cause) {
    lock_command(tx, lease);
    tx.exec_params("SELECT pay_private.disconnect($1, $2, 'command', NULL)", account_id, cause);
}

int count_live_payment_links(pqxx::work& tx, std::string account_id) {
    return tx
        .exec_params1(
            "SELECT count(*) FROM pay_private.payment_link "
            "WHERE account_id = $1 AND active AND attempts < 5",
            account_id)[0]
        .as<int>();
}

std::optional<KnownIntegration> find_integration(pqxx::work& tx, std::string company,
                                                 std::string account_id) {
    const auto rows = tx.exec_params(R"sql(
        SELECT account_id, email_of_record, stage FROM pay_private.integration
         WHERE company = $1 AND account_id = $2)sql",
                                     company, account_id);
    if (rows.empty())
        return std::nullopt;
    return KnownIntegration{text(rows[0][0]), text(rows[0][1]), text(rows[0][2])};
}

}  // namespace paysync::onboarding::store
