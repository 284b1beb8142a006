// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace stripe_sim {

/// What is known of an account beyond its v1 object: who decided what about it, and when.
struct AccountState {
    /// What the owner let the platform do: `read_write` or `read_only` (OAuth).
    std::string scope = "read_write";
    /// A link to the hosted form was made; the owner's own data are Stripe's business from then on.
    bool linked = false;
    /// Closed through v2: gone for v1, still readable in v2.
    bool closed = false;
    /// The disabled_reason that holds the account whatever its requirements say; empty = none.
    std::string hold;
    bool charges_off = false;
    bool payouts_off = false;
    /// When each capability was requested.
    std::map<std::string, int64_t> requested_at;
    /// When a requirement falls due, or becomes one if it is a future one.
    std::map<std::string, int64_t> deadlines;
    std::map<std::string, int64_t> future_deadlines;
    /// Seconds between the day a future requirement becomes one and its own deadline.
    std::map<std::string, int64_t> grace;
    /// The capabilities (or `payouts`) that a requirement holds up; without an entry: all.
    std::map<std::string, std::vector<std::string>> restricts;
    /// Requirements under review that keep the account disabled until they are verified.
    std::set<std::string> blocking;
    /// The v2 configurations that were applied; empty for an account made by v1.
    std::set<std::string> configurations;
    /// What only v2 can say of the account, in its form.
    Json v2 = Json::object();

    bool operator==(const AccountState&) const = default;
};

}  // namespace stripe_sim
