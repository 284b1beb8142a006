// SPDX-License-Identifier: MIT
#include "jobs/accounts/suspicion_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::onboarding::store {

void suspect_accounts(pqxx::work& tx, std::vector<std::string> accounts, std::string cause) {
    // listed_before: the last complete sweep that listed the account. It must be newer than the
    // connection, or it says nothing about this account.
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.suspicion (account_id, cause, listed_before)
        SELECT i.account_id, $2, (SELECT s.proven_at FROM pay_private.sweep s WHERE s.proven_at > i.connected_at)
          FROM pay_private.integration i
         WHERE i.account_id = ANY($1::text[]) AND i.access = 'ok' AND i.stage <> 'disconnected'
        ON CONFLICT (account_id) DO NOTHING)sql",
                    text_array(accounts), cause);
}

void suspect_account(pqxx::work& tx, std::string account_id, std::string cause) {
    suspect_accounts(tx, {std::move(account_id)}, std::move(cause));
}

}  // namespace paysync::onboarding::store
