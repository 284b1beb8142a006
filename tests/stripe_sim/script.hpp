// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/api.hpp"
#include "tests/stripe_sim/call.hpp"
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {

/// Answers `/_sim/…`: JSON in and out, no key; the README lists the calls.
Answer script(World& world, Api& api, const Call& call);

}  // namespace stripe_sim
