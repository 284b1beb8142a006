// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/integration_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// SQL of the sweep through all accounts. A sweep is read whole and judged whole, before anything
/// of it is written.
namespace paysync::onboarding::store {

/// Begins a sweep, unless another daemon is at it: then 0. The token is the right to go on.
std::int64_t claim_sweep(pqxx::work& tx, double lease_seconds, std::string daemon_id);
void renew_sweep_lease(pqxx::work& tx, std::int64_t token, double lease_seconds);
/// Gives a sweep up: what it had found is forgotten.
void release_sweep_lease(pqxx::work& tx, std::int64_t token);

/// One page of `GET /v1/accounts`.
struct SweptPage {
    std::vector<std::string> accounts;  ///< all ids on the page, ours or not
    int rejected = 0;  ///< accounts that could not be understood; the others were taken
    bool has_more = false;
    std::string last_account;  ///< cursor of the next page
};

/// Keeps the accounts of ours that differ from what is stored. Unchanged ones cost no write. Throws
/// LeaseLost.
SweptPage keep_page(pqxx::work& tx, std::int64_t token, std::string body, std::string request_id);

/// Up to `limit` accounts that ought to be listed, in order, behind `after`: those that were
/// connected before the sweep began.
std::vector<std::string> expected_accounts(pqxx::work& tx, std::string after, int limit);

/// When a mass change is held back: more than the share of all accounts, and at least so many.
struct Fuse {
    double share = 0.05;
    int at_least = 20;
};

/// What the fuse said.
struct Judgement {
    bool passed = false;
    int changes = 0;  ///< stages that would change, with the accounts that are missing
    int accounts = 0;
};

/// Asks the fuse whether so many stages may change at once. `reason` says it to a person, with {0}
/// for the changes and {1} for all accounts.
Judgement ask_fuse(pqxx::work& tx, int changes, const std::string& reason, const Fuse& fuse);

/// Judges the sweep that is read: `missing` accounts were not listed. If it does not pass, what it
/// found is forgotten.
Judgement judge(pqxx::work& tx, std::int64_t token, int missing, Fuse fuse);

/// Writes up to `limit` of the accounts that differ; none left = empty and `done`.
struct TakenOver {
    std::vector<Change> changes;
    bool done = false;
};
TakenOver take_over(pqxx::work& tx, std::int64_t token, int limit);

/// The sweep is written: all that it left unchanged was so when it began.
void finish_sweep(pqxx::work& tx, std::int64_t token, int accounts);

}  // namespace paysync::onboarding::store
