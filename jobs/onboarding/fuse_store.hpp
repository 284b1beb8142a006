// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/fuse.hpp"

#include <string>

/// SQL of the fuse (`pay_private.fuse`), which stops mass changes of stages.
namespace paysync::onboarding::store {

/// Number of connected accounts.
int count_connected_accounts(pqxx::work& tx);

/// Decides whether so many changes may be written at once. If not, the fuse blows, with `reason` as
/// the text for people. A fuse that was cleared by a person lets one mass change pass.
FuseResult check_fuse(pqxx::work& tx, int changes, int accounts, const std::string& reason,
                      const FuseLimits& limits);

}  // namespace paysync::onboarding::store
