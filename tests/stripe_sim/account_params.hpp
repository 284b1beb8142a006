// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account.hpp"
#include "tests/stripe_sim/json.hpp"

#include <string>
#include <vector>

namespace stripe_sim {

class World;

/// Checks the parameters of a call that creates an account: its type and the parameters that the
/// type requires.
void check_new_account(const Json& params);

/// Sets the controller of a new account from `controller` or `type`, and the type that follows from
/// it.
void apply_kind(Json& account, const Json& params);

/// `standard`, `express`, `custom` or `none`: the type that follows from the controller.
std::string kind_of(const Json& controller);

/// Refuses parameters that only the owner may set after a link to the hosted form was made.
void check_writable(const Json& account, const AccountState& state, const Json& params);

/// Writes checked v1 parameters into the account, except its type. `files` are those of the
/// platform; the account's own files may be used as well. Throws ApiError, before anything is
/// changed, for values that Stripe refuses.
void apply_params(Json& account, Account& holder, const Collection& files, const Json& params,
                  int64_t now);

/// The due requirements that the parameters meet.
std::vector<std::string> answered(const Json& account, const Json& params);

/// The currency of a country's banks.
std::string currency_of(const std::string& country);

/// A made-up bank account for accounts that need one.
Json bank_account(const Json& account);

}  // namespace stripe_sim
