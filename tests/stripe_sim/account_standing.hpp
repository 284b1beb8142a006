// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account.hpp"
#include "tests/stripe_sim/json.hpp"

#include <string>

namespace stripe_sim {

class World;

/// The platform rejects an account. `reason` and `payouts_action` are those of Stripe's call.
Json reject_account(World& world, const std::string& id, const Json& params);

/// Undoes a rejection by the platform. Throws ApiError if Stripe rejected the account, or nobody
/// did.
Json unreject_account(World& world, const std::string& id);

/// Stripe holds an account for a `disabled_reason` (any of Stripe's that does not come from
/// requirements). `charges` and `payouts` say what stays enabled.
void restrict_account(World& world, const std::string& id, const std::string& disabled_reason,
                      bool charges, bool payouts);

/// Ends a hold, whatever its reason.
void lift_restriction(World& world, const std::string& id);

/// Ends the platform's access for good, as v2 does. The account stays readable through v2.
void close_account(World& world, const std::string& id);

/// Throws ApiError with this message if the account has money.
void check_empty(const Account& account, const std::string& message);

}  // namespace stripe_sim
