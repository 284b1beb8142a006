// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account.hpp"
#include "tests/stripe_sim/json.hpp"

#include <string>

namespace stripe_sim {

class World;

/// The platform refuses an account: `reason` and `payouts_action` as Stripe's call has them.
Json reject_account(World& world, const std::string& id, const Json& params);

/// Undoes the platform's own refusal. Throws ApiError if Stripe refused the account, or nobody.
Json unreject_account(World& world, const std::string& id);

/// Stripe holds an account: `disabled_reason` (one of Stripe's, but for those of requirements), and
/// whether `charges` and `payouts` go on.
void restrict_account(World& world, const std::string& id, const std::string& disabled_reason,
                      bool charges, bool payouts);

/// Ends whatever hold there is.
void lift_restriction(World& world, const std::string& id);

/// Ends the platform's access for good, as v2 does; the account stays readable there.
void close_account(World& world, const std::string& id);

/// Throws ApiError with the message if the account has money.
void check_empty(const Account& account, const std::string& message);

}  // namespace stripe_sim
