// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

namespace stripe_sim {

/// The names of all API calls, script calls, actions on accounts, pages and kinds of faults, for
/// `stripe_sim --describe`.
Json describe();

}  // namespace stripe_sim
