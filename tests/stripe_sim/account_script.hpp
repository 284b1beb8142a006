// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <string>
#include <vector>

namespace stripe_sim {

class World;

/// Does what a script asks of an account: an `action`, or members of the object to change. Throws
/// ApiError that names what is wrong with the body.
Json account_script(World& world, const std::string& id, const Json& in);

/// The names of all actions.
std::vector<std::string> account_actions();

}  // namespace stripe_sim
