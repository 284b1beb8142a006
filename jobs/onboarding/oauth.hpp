// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/onboarding/commands.hpp"
#include "jobs/onboarding/oauth_store.hpp"

namespace paysync::onboarding {

/// Connects an account that a company has already: `begin` answers with the page at Stripe where
/// its owner agrees, `complete` takes what Stripe sent back. An authorization code is exchanged at
/// most once, whatever happens meanwhile.
class OAuth {
public:
    OAuth(Context& context, const Settings& settings) : context_(context), settings_(settings) {}

    bool configured() const {
        return !settings_.client_id.empty() && !settings_.oauth_redirect_url.empty();
    }
    /// Both throw Refused, stripe::Error, db::Unavailable or Cancelled.
    /// `only_account` is the account that the owner has to choose; empty = any.
    Task<store::Result> begin(store::Command command, std::string only_account);
    Task<store::Result> complete(store::Command command, std::stop_token stop);

private:
    Task<store::OAuthState> known_state(store::Command command);
    Task<std::string> exchange(store::Command command, std::string sha256, std::stop_token stop);
    Task<store::Result> take_over(store::Command command, std::string email, std::string account_id,
                                  std::stop_token stop);

    Context& context_;
    const Settings& settings_;
};

}  // namespace paysync::onboarding
