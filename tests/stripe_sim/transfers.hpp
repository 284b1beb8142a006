// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {

/// Moves the money of a destination charge of the platform to the account in its `transfer_data`:
/// the transfer, the payment `py_…` that it becomes there, and a ledger row on both sides. Does
/// nothing for other charges.
void transfer_charge(World& world, Record& charge);

}  // namespace stripe_sim
