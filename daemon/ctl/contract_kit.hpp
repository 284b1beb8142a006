// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace paysync::cli {

/// What `paysyncctl contract-kit` is told.
struct ContractKit {
    bool fixtures = false;  ///< companies and requests in every state first
    bool once = false;      ///< end when nothing is left to do
};

/// Puts the functions of the contract kit into a test database and plays the daemon there, in SQL
/// alone, until the process is ended. Throws std::exception, also for a database that has been used
/// with Stripe.
void play_contract(const std::string& conninfo, const ContractKit& kit);

}  // namespace paysync::cli
