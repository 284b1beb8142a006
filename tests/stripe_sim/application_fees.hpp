// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/world.hpp"

#include <string>

namespace stripe_sim {

/// Gives the platform its share of a successful charge: the fee object and its ledger row. Returns
/// the fee's id; empty if the charge has none.
std::string take_application_fee(World& world, Account& payer, const Json& charge);

/// Refunds a part of a fee to the account it came from, with a ledger row on both sides. Amount 0 =
/// all that is left. Returns the fee refund. Throws ApiError.
Json refund_application_fee(World& world, const std::string& fee, int64_t amount);

/// The fee refund with this id, which is stored within its fee; nothing if there is none.
Text find_fee_refund(World& world, const std::string& id);

}  // namespace stripe_sim
