// SPDX-License-Identifier: MIT
#include "jobs/onboarding/warnings_job.hpp"

#include "daemon/base/db/pool.hpp"
#include "daemon/base/log/line.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/onboarding/warnings_store.hpp"

#include <algorithm>

namespace paysync::onboarding {

std::chrono::milliseconds WarningsJob::every() const {
    return std::min<std::chrono::milliseconds>(settings_.every, std::chrono::minutes(1));
}

Task<void> WarningsJob::run(Context& context) {
    const std::chrono::duration<double> before = settings_.warn_before;
    const auto warnings = co_await context.db.run(store::start_warnings, before.count());
    context.report.did(static_cast<int>(warnings.size()));
    for (const auto& warning : warnings)
        log::about()
            .company(warning.company)
            .account(warning.account_id)
            .warn("company {}: account {}: due soon: {}", warning.company, warning.account_id,
                  warning.text);
}

}  // namespace paysync::onboarding
