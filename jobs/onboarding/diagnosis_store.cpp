// SPDX-License-Identifier: MIT
#include "jobs/onboarding/diagnosis_store.hpp"

#include "daemon/base/db/row.hpp"
#include "jobs/onboarding/fuse_store.hpp"

#include <pqxx/pqxx>

namespace paysync::onboarding::store {

std::vector<std::string> claim_suspicions(pqxx::work& tx, int limit, double seconds) {
    // Accounts that were disconnected meanwhile are no suspects any more.
    tx.exec0(R"sql(
        DELETE FROM pay_private.suspicion s USING pay_private.integration i
         WHERE i.account_id = s.account_id AND (i.access = 'revoked' OR i.stage = 'disconnected'))sql");
    std::vector<std::string> accounts;
    for (const auto& row : tx.exec_params(R"sql(
            UPDATE pay_private.suspicion SET next_read_at = now() + make_interval(secs => $2)
             WHERE account_id IN (SELECT account_id FROM pay_private.suspicion WHERE next_read_at <= now()
                                   ORDER BY next_read_at LIMIT $1 FOR UPDATE SKIP LOCKED)
            RETURNING account_id)sql",
                                          limit, seconds))
        accounts.push_back(text(row[0]));
    return accounts;
}

void clear_suspicion(pqxx::work& tx, std::string account_id) {
    tx.exec_params0("DELETE FROM pay_private.suspicion WHERE account_id = $1", account_id);
}

void confirm_suspicion(pqxx::work& tx, std::string account_id, std::string request_id,
                       double confirm_seconds) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.suspicion
           SET agreeing_reads = agreeing_reads + 1, first_read_at = coalesce(first_read_at, now()),
               last_read_at = now(), stripe_request_id = $2,
               next_read_at = greatest(coalesce(first_read_at, now()) + make_interval(secs => $3),
                                       next_read_at)
         WHERE account_id = $1)sql",
                    account_id, request_id, confirm_seconds);
}

DiagnosisResult disconnect_lost_accounts(pqxx::work& tx, double confirm_seconds,
                                         FuseLimits limits) {
    DiagnosisResult result;
    const auto confirmed = tx.exec_params(R"sql(
        SELECT s.account_id, i.company, i.stage, s.stripe_request_id
          FROM pay_private.suspicion s JOIN pay_private.integration i USING (account_id)
         WHERE s.agreeing_reads >= 2 AND s.last_read_at - s.first_read_at >= make_interval(secs => $1)
         ORDER BY s.account_id FOR UPDATE)sql",
                                          confirm_seconds);
    if (confirmed.empty())
        return result;
    const auto suspects = tx.exec1("SELECT count(*) FROM pay_private.suspicion")[0].as<int>();
    const int accounts = count_connected_accounts(tx);
    const auto reason = "Stripe says of " + std::to_string(suspects) + " of " +
                        std::to_string(accounts) + " accounts that they are not ours";
    result.fuse = check_fuse(tx, suspects, accounts, reason, limits);
    if (!result.fuse.passed)
        return result;
    for (const auto& row : confirmed) {
        tx.exec_params("SELECT pay_private.disconnect($1, 'diagnosis', 'diagnosis', $2)",
                       text(row["account_id"]), text(row["stripe_request_id"]));
        result.lost.push_back({text(row["company"]), text(row["account_id"]), text(row["stage"])});
    }
    return result;
}

}  // namespace paysync::onboarding::store
