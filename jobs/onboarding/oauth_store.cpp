// SPDX-License-Identifier: MIT
#include "jobs/onboarding/oauth_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::onboarding::store {

std::int64_t create_state(pqxx::work& tx, CommandLease lease, std::string company,
                          std::string email, std::string only_account, std::string sha256,
                          double lifetime_seconds) {
    lock_command(tx, lease);
    tx.exec_params0(R"sql(
        DELETE FROM pay_private.oauth_state
         WHERE used_by IS NULL AND (command_id = $1 OR company = $2 AND expires_at < now() - interval '1 day'))sql",
                    lease.command_id, company);
    return tx
        .exec_params1(R"sql(
        INSERT INTO pay_private.oauth_state (state_sha256, company, command_id, email, only_account, expires_at)
        VALUES ($1, $2, $3, $4, nullif($5, ''), date_trunc('second', now() + make_interval(secs => $6)))
        RETURNING extract(epoch FROM expires_at)::bigint)sql",
                      sha256, company, lease.command_id, email, only_account, lifetime_seconds)[0]
        .as<std::int64_t>();
}

std::vector<OAuthState> usable_states(pqxx::work& tx, std::string company, std::string command_id) {
    std::vector<OAuthState> states;
    for (const auto& row : tx.exec_params(R"sql(
            SELECT s.state_sha256, s.email, s.only_account, s.account_id, s.used_by IS NOT NULL AS spent
              FROM pay_private.oauth_state s
              JOIN pay.command c ON c.command_id = $2
             WHERE s.company = $1
               AND (s.used_by = $2 OR s.used_by IS NULL AND s.expires_at > c.created_at))sql",
                                          company, command_id)) {
        OAuthState state;
        state.sha256 = text(row["state_sha256"]);
        state.email = text(row["email"]);
        state.only_account = text(row["only_account"]);
        state.account_id = text(row["account_id"]);
        state.spent = row["spent"].as<bool>();
        states.push_back(std::move(state));
    }
    return states;
}

std::string spend_code(pqxx::work& tx, CommandLease lease, std::string sha256) {
    lock_command(tx, lease);
    const auto code =
        tx.exec_params("DELETE FROM pay_private.oauth_code WHERE command_id = $1 RETURNING code",
                       lease.command_id);
    if (code.empty())
        return "";
    const auto spent = tx.exec_params(R"sql(
        UPDATE pay_private.oauth_state SET used_by = $2, used_at = now()
         WHERE state_sha256 = $1 AND used_by IS NULL
        RETURNING command_id)sql",
                                      sha256, lease.command_id);
    if (spent.empty())
        return "";
    // The URL contains the state as plain text.
    tx.exec_params0("UPDATE pay.command SET result_url = NULL WHERE command_id = $1",
                    text(spent[0][0]));
    return text(code[0][0]);
}

void return_code(pqxx::work& tx, CommandLease lease, std::string sha256, std::string code) {
    lock_command(tx, lease);
    tx.exec_params0(R"sql(
        UPDATE pay_private.oauth_state SET used_by = NULL, used_at = NULL
         WHERE state_sha256 = $1 AND used_by = $2 AND account_id IS NULL)sql",
                    sha256, lease.command_id);
    tx.exec_params0("INSERT INTO pay_private.oauth_code (command_id, code) VALUES ($1, $2)",
                    lease.command_id, code);
}

void record_exchange(pqxx::work& tx, CommandLease lease, std::string sha256,
                     std::string account_id) {
    lock_command(tx, lease);
    tx.exec_params0(R"sql(
        UPDATE pay_private.oauth_state SET account_id = $3, exchanged_at = now()
         WHERE state_sha256 = $1 AND used_by = $2)sql",
                    sha256, lease.command_id, account_id);
}

}  // namespace paysync::onboarding::store
