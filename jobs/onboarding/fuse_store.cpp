// SPDX-License-Identifier: MIT
#include "jobs/onboarding/fuse_store.hpp"

#include <pqxx/pqxx>

namespace paysync::onboarding::store {

int count_connected_accounts(pqxx::work& tx) {
    return tx
        .exec1(R"sql(
        SELECT count(*) FROM pay_private.integration
         WHERE access = 'ok' AND stage <> 'disconnected')sql")[0]
        .as<int>();
}

FuseResult check_fuse(pqxx::work& tx, int changes, int accounts, const std::string& reason,
                      const FuseLimits& limits) {
    FuseResult result;
    result.changes = changes;
    result.accounts = accounts;
    result.passed =
        tx.exec_params1("SELECT pay_private.fuse_lets_pass($1, $2, $3::numeric, $4, $5)", changes,
                        accounts, limits.share, limits.at_least, reason)[0]
            .as<bool>();
    return result;
}

}  // namespace paysync::onboarding::store
