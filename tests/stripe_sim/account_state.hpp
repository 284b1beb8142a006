// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace stripe_sim {

/// The state of an account beyond its v1 object: decisions of the owner, the platform and Stripe,
/// and their times.
struct AccountState {
    /// The access that the owner granted (OAuth): `read_write` or `read_only`.
    std::string scope = "read_write";
    /// A link to the hosted form was made. From then on the platform can neither read nor set the
    /// owner's own data.
    bool linked = false;
    /// Closed through v2: gone for v1, still readable through v2.
    bool closed = false;
    /// The disabled_reason that holds the account whatever its requirements say; empty = none.
    std::string hold;
    bool charges_off = false;
    bool payouts_off = false;
    /// When each capability was requested.
    std::map<std::string, int64_t> requested_at;
    /// When each requirement falls due, or becomes one if it is a future one.
    std::map<std::string, int64_t> deadlines;
    std::map<std::string, int64_t> future_deadlines;
    /// Seconds between the day a future requirement becomes one and its own deadline.
    std::map<std::string, int64_t> grace;
    /// The capabilities (or `payouts`) that each requirement disables; without an entry: all.
    std::map<std::string, std::vector<std::string>> restricts;
    /// Requirements under review that keep the account disabled until they are verified.
    std::set<std::string> blocking;
    /// The v2 configurations that were applied; empty for an account created by v1.
    std::set<std::string> configurations;
    /// Members that only v2 has, in its form.
    Json v2 = Json::object();

    bool operator==(const AccountState&) const = default;
};

}  // namespace stripe_sim
