// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/audit_job.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "jobs/reconciliation/verify_store.hpp"

#include <chrono>

namespace paysync::reconciliation {

Task<void> AuditJob::run(Context& context) {
    const double every = std::chrono::duration<double>(settings_.audit_every).count();
    const int drawn = co_await context.db.run(store::draw_sample, settings_.audit_size, every);
    context.report.did(drawn);
    if (drawn > 0)
        log::about().job(name()).debug("audit: {} objects drawn at random, to be read by id",
                                       drawn);
}

}  // namespace paysync::reconciliation
