// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

namespace stripe_sim {

class World;

/// Creates a session for embedded components from checked parameters.
Json create_account_session(World& world, const Json& params);

}  // namespace stripe_sim
