// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/keys.hpp"

#include "tests/stripe_sim/error.hpp"

#include <set>
#include <string_view>
#include <utility>

namespace stripe_sim {
namespace {

/// The resource of a path. The first matching prefix wins, so longer prefixes come first.
constexpr std::pair<std::string_view, std::string_view> kResources[] = {
    {"/v1/account_links", "account_link"},
    {"/v1/account_sessions", "account_session"},
    {"/v1/accounts", "connected_account"},
    {"/v1/application_fees", "application_fee"},
    {"/v1/balance_transactions", "balance_transaction_source"},
    {"/v1/balance", "balance"},
    {"/v1/charges", "charge"},
    {"/v1/checkout/sessions", "checkout_session"},
    {"/v1/disputes", "dispute"},
    {"/v1/events", "event"},
    {"/v1/files", "file"},
    {"/v1/payment_intents", "payment_intent"},
    {"/v1/payment_links", "payment_link"},
    {"/v1/payouts", "payout"},
    {"/v1/refunds", "refund"},
    {"/v1/transfers", "transfer"},
    {"/v2/core/account_links", "account_link"},
    {"/v2/core/accounts", "connected_account"},
    {"/v2/core/events", "event"},
};

std::string resource_of(std::string_view path) {
    for (const auto& [prefix, resource] : kResources) {
        if (path.starts_with(prefix)) {
            return std::string(resource);
        }
    }
    return "";
}

void refuse_unless(bool allowed, const char* member, const std::string& value) {
    if (!allowed) {
        throw parameter_invalid("", member, "Unknown " + std::string(member) + ": " + value);
    }
}

}  // namespace

Keys::Keys(const std::string& secret, bool livemode) : livemode_(livemode) {
    keys_[secret].livemode = livemode;
}

Json Keys::set(const Json& script) {
    static const std::set<std::string> kStates = {"active", "expired", "revoked", "blocked"};
    std::string secret = text_of(script, "key");
    if (secret.empty()) {
        throw parameter_missing("key");
    }
    std::lock_guard lock(mutex_);
    Key key;
    key.livemode = livemode_;
    if (auto known = keys_.find(secret); known != keys_.end()) {
        key = known->second;
    }
    key.restricted = secret.starts_with("rk_");
    for (const auto& [name, value] : script.items()) {
        if (name == "state") {
            key.state = value.get<std::string>();
            refuse_unless(kStates.contains(key.state), "state", key.state);
        } else if (name == "livemode") {
            key.livemode = value.get<bool>();
        } else if (name == "permissions") {
            key.permissions.clear();
            for (const auto& [resource, level] : value.items()) {
                refuse_unless(level == "read" || level == "write", "permissions", dump(level));
                key.permissions[resource] = level.get<std::string>();
            }
        } else {
            refuse_unless(name == "key", "member", name);
        }
    }
    keys_[secret] = key;
    return {{"key", masked_key(secret)},
            {"state", key.state},
            {"livemode", key.livemode},
            {"restricted", key.restricted},
            {"permissions", key.permissions}};
}

Key Keys::check(const std::string& key) {
    if (key.empty()) {
        throw ApiError(401, kInvalidRequest, "",
                       "You did not provide an API key. You need to provide your API key in the "
                       "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                       "YOUR_SECRET_KEY').");
    }
    std::lock_guard lock(mutex_);
    auto found = keys_.find(key);
    if (found == keys_.end() || found->second.state == "revoked") {
        throw ApiError(401, kInvalidRequest, "", "Invalid API Key provided: " + masked_key(key));
    }
    if (found->second.state == "expired") {
        throw ApiError(401, kInvalidRequest, "api_key_expired",
                       "Expired API Key provided: " + masked_key(key));
    }
    if (found->second.state == "blocked") {
        throw ApiError(403, kInvalidRequest, "",
                       "The API key provided does not allow requests from your IP address.");
    }
    return found->second;
}

std::string permission_for(const std::string& method, const std::string& path) {
    std::string resource = resource_of(path);
    if (resource.empty()) {
        return "";
    }
    return "rak_" + resource + (method == "GET" ? "_read" : "_write");
}

void check_permission(const std::string& secret, const Key& key, const std::string& method,
                      const std::string& path, const std::string& account) {
    std::string needed = permission_for(method, path);
    if (!key.restricted || needed.empty()) {
        return;
    }
    auto found = key.permissions.find(resource_of(path));
    bool allowed = found != key.permissions.end() && (method == "GET" || found->second == "write");
    if (!allowed) {
        throw permission_missing(secret, account, needed);
    }
}

}  // namespace stripe_sim
