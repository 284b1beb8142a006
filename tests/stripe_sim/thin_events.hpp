// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account.hpp"
#include "tests/stripe_sim/json.hpp"

#include <string>

namespace stripe_sim {

class World;

/// Adds a v2 event about the account. It names the account and has only `data` besides.
void emit_thin(World& world, Account& account, const std::string& type, const Json& data = nullptr);

/// Adds the v2 events that follow from the difference between two v1 objects of the account.
void emit_changes(World& world, Account& account, const Json& old, const Json& now);

}  // namespace stripe_sim
