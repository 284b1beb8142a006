// SPDX-License-Identifier: MIT
#include "jobs/onboarding/stage_log.hpp"

#include "daemon/base/log/line.hpp"

namespace paysync::onboarding {

void log_changes(const std::vector<store::StageChange>& changes) {
    for (const auto& change : changes)
        log::event(log::kStageChanged)
            .company(change.company)
            .account(change.account_id)
            .info("company {}: account {}: stage {} -> {} ({})", change.company, change.account_id,
                  change.from.empty() ? "new" : change.from, change.to, change.detail);
}

}  // namespace paysync::onboarding
