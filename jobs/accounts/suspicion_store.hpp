// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>
#include <vector>

/// SQL of suspicions, which every job may raise and only the diagnosis decides.
namespace paysync::onboarding::store {

/// Suspects accounts of not being ours any more, to be read one by one; those that are suspected
/// already stay as they are.
void suspect(pqxx::work& tx, std::vector<std::string> accounts, std::string cause);

/// As suspect(), for one.
void suspect_one(pqxx::work& tx, std::string account_id, std::string cause);

}  // namespace paysync::onboarding::store
