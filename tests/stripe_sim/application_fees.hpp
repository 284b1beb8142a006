// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/world.hpp"

#include <string>

namespace stripe_sim {

/// Gives the platform its share of a charge that succeeded: the fee object and its ledger row.
/// Returns the fee's id; empty if the charge has none.
std::string take_application_fee(World& world, Account& payer, const Json& charge);

/// Gives a part of a fee back to the account it came from, with a ledger row on both sides.
/// Amount 0 = all that is left. Returns the fee refund. Throws ApiError.
Json refund_application_fee(World& world, const std::string& fee, int64_t amount);

/// The fee refund of that id, which stands within its fee; nothing if there is none.
Text find_fee_refund(World& world, const std::string& id);

}  // namespace stripe_sim
