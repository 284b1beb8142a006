// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account.hpp"
#include "tests/stripe_sim/json.hpp"

#include <string>

namespace stripe_sim {

class World;

/// Adds an event of v2 about the account: it names the account and says no more than `data`.
void emit_thin(World& world, Account& account, const std::string& type, const Json& data = nullptr);

/// Adds the events of v2 that the difference between two v1 objects of the account makes.
void emit_changes(World& world, Account& account, const Json& old, const Json& now);

}  // namespace stripe_sim
