// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <string>
#include <vector>

namespace stripe_sim {

class World;

/// Changes an account as a script says: by an `action`, or by members of the object. Throws
/// ApiError that names the mistake in the body.
Json account_script(World& world, const std::string& id, const Json& in);

/// The names of all actions.
std::vector<std::string> account_actions();

}  // namespace stripe_sim
