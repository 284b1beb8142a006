// SPDX-License-Identifier: MIT
#include "jobs/onboarding/warnings_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::onboarding::store {

std::vector<Warning> start_warnings(pqxx::work& tx, double seconds) {
    const auto rows = tx.exec_params(R"sql(
        WITH near AS (
            SELECT account_id,
                   CASE WHEN stage = 'completed' AND access = 'ok'
                             AND least(current_deadline, future_deadline) <= now() + make_interval(secs => $1)
                        THEN least(current_deadline, future_deadline) END AS deadline
              FROM pay_private.integration
             WHERE current_deadline IS NOT NULL OR future_deadline IS NOT NULL OR warned_for IS NOT NULL),
        changed AS (
            UPDATE pay_private.integration i
               SET warned_for = near.deadline, warned_at = CASE WHEN near.deadline IS NOT NULL THEN now() END
              FROM near
             WHERE near.account_id = i.account_id AND i.warned_for IS DISTINCT FROM near.deadline
            RETURNING i.company, i.account_id, i.warned_for)
        SELECT company, account_id, pay_private.due_words(account_id, warned_for)
          FROM changed WHERE warned_for IS NOT NULL ORDER BY company)sql",
                                     seconds);
    std::vector<Warning> warnings;
    for (const auto& row : rows)
        warnings.push_back({text(row[0]), text(row[1]), text(row[2])});
    return warnings;
}

}  // namespace paysync::onboarding::store
