// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/frame/lease_store.hpp"
#include "jobs/onboarding/fuse.hpp"
#include "jobs/onboarding/integration_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// SQL of the sweep over all accounts (`pay_private.sweep`, one row, and
/// `pay_private.swept_account`). While the list is being read, only differences are stored aside;
/// evaluate_sweep() looks at all of them together before apply_differences() writes any.
namespace paysync::onboarding::store {

using leases::LeaseLost;

inline constexpr leases::LeasedTable kSweepLeases{.name = "pay_private.sweep"};

/// Starts a sweep and returns its lease token; 0 if another daemon is sweeping. Differences that an
/// earlier sweep left behind are deleted.
std::int64_t claim_sweep(pqxx::work& tx, double lease_seconds, std::string daemon_id);

/// One page of `GET /v1/accounts`.
struct SweptPage {
    std::vector<std::string> accounts;  ///< all ids on the page, ours or not
    int rejected = 0;                   ///< accounts on the page that could not be parsed
};

/// Stores aside the accounts of ours that differ from their rows. Throws LeaseLost.
SweptPage store_differences(pqxx::work& tx, std::int64_t token, std::string body,
                            std::string request_id);

/// Up to `limit` ids of accounts that the list must contain, in order, after the id `after`: the
/// connected ones that were connected before the sweep began.
std::vector<std::string> expected_accounts(pqxx::work& tx, std::string after, int limit);

/// Asks the fuse whether the changes of the complete sweep may be written. `missing` is the number
/// of expected accounts that the list did not contain. If not, the differences are deleted. Throws
/// LeaseLost.
FuseResult evaluate_sweep(pqxx::work& tx, std::int64_t token, int missing, FuseLimits limits);

struct AppliedDifferences {
    std::vector<StageChange> changes;
    bool done = false;  ///< no differences are left
};

/// Writes up to `limit` of the differences. An account that was read individually after the sweep
/// had read it is left as it is, because that read is newer. Throws LeaseLost.
AppliedDifferences apply_differences(pqxx::work& tx, std::int64_t token, int limit);

/// Everything is written. Accounts without a difference are now known to be unchanged as of the
/// start of the sweep.
void finish_sweep(pqxx::work& tx, std::int64_t token, int accounts);

}  // namespace paysync::onboarding::store
