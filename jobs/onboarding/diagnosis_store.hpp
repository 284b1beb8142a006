// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/sweep_store.hpp"

#include <string>
#include <vector>

/// SQL of the diagnosis: accounts that may not be ours any more.
namespace paysync::onboarding::store {

/// Takes up to `limit` suspected accounts whose next read is due; each is due again after
/// `seconds`, whatever comes of this one.
std::vector<std::string> claim_suspicions(pqxx::work& tx, int limit, double seconds);

/// A read answered for the account: the suspicion was wrong.
void acquit(pqxx::work& tx, std::string account_id);

/// A read says that the account is not ours; a second one `confirm_seconds` after the first
/// decides. `request_id` is Stripe's, the proof.
void agree(pqxx::work& tx, std::string account_id, std::string request_id, double confirm_seconds);

/// An account that was found disconnected.
struct Lost {
    std::string company;
    std::string account_id;
    std::string from;  ///< the stage before
};

/// What became of the accounts that two reads agree on.
struct Verdicts {
    std::vector<Lost> lost;
    Judgement fuse;  ///< of all suspected accounts together
};

/// Disconnects the accounts that two reads, `confirm_seconds` apart, agree on, unless there are too
/// many suspected ones for the fuse.
Verdicts disconnect_lost(pqxx::work& tx, double confirm_seconds, Fuse fuse);

}  // namespace paysync::onboarding::store
