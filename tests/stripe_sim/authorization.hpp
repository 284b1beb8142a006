// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/call.hpp"
#include "tests/stripe_sim/form.hpp"
#include "tests/stripe_sim/world.hpp"

#include <string>

namespace stripe_sim {

/// Answers POST /oauth/token and /oauth/deauthorize. Throws ApiError whose type is OAuth's `error`
/// and whose message is its `error_description`.
Json oauth_call(World& world, const Options& options, const Call& call, const FormPairs& form,
                const std::string& key);

/// Refuses a write to an account whose owner granted read access only.
void check_scope(const Account& account, const std::string& key);

}  // namespace stripe_sim
