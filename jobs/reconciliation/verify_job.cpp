// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/verify_job.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "jobs/reconciliation/verify_store.hpp"

#include <utility>

namespace paysync::reconciliation {

Task<void> VerifyJob::run(Context& context) {
    const auto check = co_await context.db.run(store::record_violations);
    context.report.did(check.violations + check.repaired);
    if (check.repaired > 0)
        log::about().info("verify: {} discrepancies closed: their rows keep the rules again",
                          check.repaired);
    const bool is_news = check.violations != std::exchange(logged_violations_, check.violations);
    if (is_news && check.violations > 0)
        log::event(log::kRuleBroken)
            .error("verify: {} rows break a rule; see 'paysyncctl verify'", check.violations);
}

}  // namespace paysync::reconciliation
