// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account_state.hpp"
#include "tests/stripe_sim/json.hpp"

#include <string>

namespace stripe_sim {

class World;

/// Whether Stripe has a capability of this name.
bool capability_exists(const std::string& name);

/// The capability object. Throws ApiError if there is no capability of this name.
Json capability_json(const Json& account, const AccountState& state, const std::string& name);

/// Requests and unrequests capabilities: {name: {requested}}.
void request_capabilities(Json& account, AccountState& state, const Json& wanted, int64_t now);

}  // namespace stripe_sim
