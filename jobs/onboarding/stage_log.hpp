// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/onboarding/integration_store.hpp"

#include <vector>

namespace paysync::onboarding {

/// Writes one log line for each changed stage.
void log_changes(const std::vector<store::StageChange>& changes);

}  // namespace paysync::onboarding
