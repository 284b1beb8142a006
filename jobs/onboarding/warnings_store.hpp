// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>
#include <vector>

/// SQL of the early warnings: deadlines that would end a completed integration's stage.
namespace paysync::onboarding::store {

/// A warning that begins.
struct Warning {
    std::string company;
    std::string account_id;
    std::string words;
};

/// Begins a warning for each completed integration with a deadline within `seconds`, another one
/// for a deadline that was moved, and ends those that are over. Of several daemons only one gets
/// each warning.
std::vector<Warning> warn(pqxx::work& tx, double seconds);

}  // namespace paysync::onboarding::store
