// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>
#include <vector>

/// SQL of warnings of deadlines that would end the stage `completed` of an integration.
namespace paysync::onboarding::store {

struct Warning {
    std::string company;
    std::string account_id;
    std::string text;  ///< "Until T Stripe wants: …"
};

/// Starts a warning for each completed integration with a deadline within `seconds`, and ends those
/// that no longer apply. A deadline that has moved starts a new warning. Returns the started ones;
/// of several daemons only one gets each.
std::vector<Warning> start_warnings(pqxx::work& tx, double seconds);

}  // namespace paysync::onboarding::store
