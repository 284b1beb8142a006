// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/verify_job.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "jobs/reconciliation/verify_store.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace paysync::reconciliation {

Task<void> VerifyJob::run(Context& context) {
    const auto verdict = co_await context.db.run(store::record_violations);
    context.report.did(verdict.found + verdict.repaired);
    if (verdict.repaired > 0)
        spdlog::info("verify: {} discrepancies are in order again", verdict.repaired);
    if (verdict.found != std::exchange(found_, verdict.found) && verdict.found > 0)
        log::event(log::kRuleBroken)
            .error("verify: {} rows break a rule; see 'paysyncctl verify'", verdict.found);
}

}  // namespace paysync::reconciliation
