// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/bounces_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {

std::vector<std::string> apply_bounces(pqxx::work& tx, std::vector<BounceReport> reports) {
    std::vector<std::string> results;
    for (const auto& report : reports)
        results.push_back(text(
            tx.exec_params1("SELECT pay_private.take_bounce($1, $2, $3, $4, $5, $6, $7, $8)",
                            report.source, report.message_id, report.request_id, report.kind,
                            report.recipient, report.action, report.status, report.diagnostic)[0]));
    return results;
}

}  // namespace paysync::payment_requests::store
