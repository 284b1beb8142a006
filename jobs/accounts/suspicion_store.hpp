// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>
#include <vector>

/// SQL of suspicions: accounts to which the platform may have lost access.
///
/// Every job can meet such an account, for example when Stripe refuses a call for it. It only
/// records the suspicion; onboarding's DiagnosisJob finds out and decides. One refused call never
/// disconnects an account.
namespace paysync::onboarding::store {

/// Records suspects, with `cause` in words for people. Accounts that are suspects already keep
/// their first cause; accounts that are not connected are ignored.
void suspect_accounts(pqxx::work& tx, std::vector<std::string> accounts, std::string cause);

/// As suspect_accounts(), for one account.
void suspect_account(pqxx::work& tx, std::string account_id, std::string cause);

}  // namespace paysync::onboarding::store
