// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/fuse.hpp"

#include <string>
#include <vector>

/// SQL of the diagnosis: what becomes of suspected accounts (`pay_private.suspicion`).
namespace paysync::onboarding::store {

/// Claims up to `limit` suspected accounts that are due; each is due again after `seconds`.
std::vector<std::string> claim_suspicions(pqxx::work& tx, int limit, double seconds);

/// The account answered: it is no suspect any more.
void clear_suspicion(pqxx::work& tx, std::string account_id);

/// A read was refused. The second refusal counts only if it comes at least `confirm_seconds` after
/// the first, so the next read is due then. `request_id` is Stripe's, the evidence.
void confirm_suspicion(pqxx::work& tx, std::string account_id, std::string request_id,
                       double confirm_seconds);

struct LostAccount {
    std::string company;
    std::string account_id;
    std::string from;  ///< the stage before
};

struct DiagnosisResult {
    std::vector<LostAccount> lost;  ///< accounts that are disconnected now
    FuseResult fuse;
};

/// Disconnects the accounts that two reads refused, at least `confirm_seconds` apart. The fuse
/// counts all suspects, not only the confirmed ones: otherwise a mass loss would pass in small
/// portions. If it does not pass, nothing is written.
DiagnosisResult disconnect_lost_accounts(pqxx::work& tx, double confirm_seconds, FuseLimits limits);

}  // namespace paysync::onboarding::store
