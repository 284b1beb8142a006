// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

namespace stripe_sim {

/// The names of all calls of the API, calls of scripts, actions on accounts, pages and kinds of
/// faults.
Json describe();

}  // namespace stripe_sim
