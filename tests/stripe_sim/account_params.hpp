// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account.hpp"
#include "tests/stripe_sim/json.hpp"

#include <string>
#include <vector>

namespace stripe_sim {

class World;

/// Checks what a call that makes an account says of it: its kind and what that kind needs.
void check_new_account(const Json& params);

/// Sets the controller of a new account from `controller` or `type`, and the type that follows.
void apply_kind(Json& account, const Json& params);

/// `standard`, `express`, `custom` or `none`: the name of what the controller says.
std::string kind_of(const Json& controller);

/// Refuses parameters that only the owner may set once a link to the hosted form was made.
void check_writable(const Json& account, const AccountState& state, const Json& params);

/// Writes checked v1 parameters into the account, except its kind. `files` are those of the
/// platform; the account's own serve as well. Throws ApiError, before anything is changed, for
/// values that Stripe refuses.
void apply_params(Json& account, Account& holder, const Collection& files, const Json& params,
                  int64_t now);

/// The requirements among those due that the parameters answer.
std::vector<std::string> answered(const Json& account, const Json& params);

/// The currency of a country's banks.
std::string currency_of(const std::string& country);

/// The bank account that the stand-in gives to those that need one.
Json bank_account(const Json& account);

}  // namespace stripe_sim
