// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account_state.hpp"
#include "tests/stripe_sim/json.hpp"

#include <set>
#include <string>

namespace stripe_sim {

class World;

/// A capability by its v2 name, and the configuration that it belongs to.
struct CapabilityName {
    std::string configuration;
    std::string name;
};
CapabilityName v2_capability(const std::string& v1_name);
/// The v1 name of a capability of the merchant configuration.
std::string v1_capability(const std::string& merchant_name);

/// The configurations of an account. For an account created by v1 they follow from its
/// capabilities.
std::set<std::string> configurations_of(const Json& account, const AccountState& state);

/// The account in the form of v2: another view of the same state. Sections that are not in
/// `include` are null.
Json account_v2(World& world, const std::string& id, const std::set<std::string>& include);

/// The requirements (or future requirements) of an account in the form of v2.
Json requirements_v2(const Json& account, const AccountState& state, bool future);

/// Creates or changes an account from a JSON body, which is checked strictly. Returns the id.
std::string create_account_v2(World& world, const Json& body);
void update_account_v2(World& world, const std::string& id, const Json& body);
/// The sections that a body asks to include.
std::set<std::string> included(const Json& params);

}  // namespace stripe_sim
