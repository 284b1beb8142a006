// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <map>
#include <mutex>
#include <string>

namespace stripe_sim {

/// An API key of the platform.
struct Key {
    /// `active`, `expired` (401, code `api_key_expired`), `revoked` (401) or `blocked` (403: the
    /// caller's address is not on the key's list).
    std::string state = "active";
    /// Whether it is a live-mode key. Accounts of the other mode do not exist for it.
    bool livemode = false;
    /// Only for restricted keys (`rk_…`): the permissions by resource (`charge`, `payout`, …):
    /// `read`, or `write`, which includes read. A missing resource is not allowed.
    std::map<std::string, std::string> permissions;

    bool restricted = false;
};

/// The platform's keys: the secret one from the start, and those that scripts add.
class Keys {
public:
    Keys(const std::string& secret, bool livemode);

    /// Adds or changes a key as a script says: `key`, `state`, `livemode`, `permissions`. Throws
    /// ApiError for invalid members.
    Json set(const Json& script);
    /// The key if it may be used. Throws ApiError with Stripe's 401 or 403 otherwise.
    Key check(const std::string& key);

private:
    std::mutex mutex_;
    std::map<std::string, Key> keys_;
    bool livemode_;
};

/// The permission that a call needs, such as `rak_charge_read`; empty if any key may make it.
std::string permission_for(const std::string& method, const std::string& path);

/// Throws Stripe's 403 (without a code) if a restricted key lacks the permission for the call.
void check_permission(const std::string& secret, const Key& key, const std::string& method,
                      const std::string& path, const std::string& account);

}  // namespace stripe_sim
