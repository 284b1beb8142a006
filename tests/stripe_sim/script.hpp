// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/api.hpp"
#include "tests/stripe_sim/call.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {

/// Answers `/_sim/…`: JSON in and out, without a key. docs/stand-ins/stripe_sim.md lists the calls.
Answer script(World& world, Api& api, const Call& call);
/// "METHOD /_sim/…" of all calls, `{}` for an id.
std::vector<std::string> script_names();

}  // namespace stripe_sim
