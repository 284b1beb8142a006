// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/world.hpp"

namespace stripe_sim {

std::string World::authorize(const std::string& account, const std::string& scope) {
    auto guard = lock();
    run_due();
    this->account(account);
    std::string code = ids_.next("ac_", 32);
    codes_[code] = {account, scope, now() + 300};
    return code;
}

Json World::tokens(const OAuthCode& grant) {
    std::string mode = options_.livemode ? "live" : "test";
    std::string refresh = ids_.next("rt_", 24);
    refresh_tokens_[refresh] = {grant.account, grant.scope};
    return {{"access_token", ids_.next("sk_" + mode + "_paysync_", 16)},
            {"livemode", options_.livemode},
            {"refresh_token", refresh},
            {"token_type", "bearer"},
            {"stripe_publishable_key", ids_.next("pk_" + mode + "_paysync_", 16)},
            {"stripe_user_id", grant.account},
            {"scope", grant.scope}};
}

Json World::exchange_code(const std::string& code) {
    auto guard = lock();
    run_due();
    auto found = codes_.find(code);
    bool known = found != codes_.end();
    if (known && found->second.used) {
        // Stripe treats a code that is used twice as stolen, and also revokes the access that the
        // first use gave.
        deauthorize(found->second.account);
    }
    if (!known || found->second.used || found->second.expires_at <= now()) {
        throw ApiError(400, "invalid_grant", "",
                       known ? "This authorization code has already been used or has expired."
                             : "Authorization code does not exist: " + code);
    }
    OAuthCode& grant = found->second;
    grant.used = true;
    reconnect(grant.account, grant.scope);
    return tokens(grant);
}

Json World::refresh_token(const std::string& token, const std::string& scope) {
    auto guard = lock();
    run_due();
    auto found = refresh_tokens_.find(token);
    if (found == refresh_tokens_.end() || access(found->second.account) == nullptr) {
        throw ApiError(400, "invalid_grant", "", "Refresh token does not exist: " + token);
    }
    OAuthCode grant = found->second;
    if (scope == "read_write" && grant.scope == "read_only") {
        throw ApiError(400, "invalid_scope", "",
                       "The requested scope is wider than that of the refresh token.");
    }
    grant.scope = scope.empty() ? grant.scope : scope;
    return tokens(grant);
}

}  // namespace stripe_sim
