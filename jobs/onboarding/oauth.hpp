// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "jobs/onboarding/command_executor.hpp"
#include "jobs/onboarding/oauth_store.hpp"
#include "jobs/onboarding/settings.hpp"

#include <stop_token>
#include <string>

namespace paysync::onboarding {

/// Connects an account that a company already has at Stripe, by OAuth:
/// 1. `connect` with `existing`: begin() returns the URL of Stripe's consent page.
/// 2. The account's owner agrees there. Stripe redirects to the platform's page with an
///    authorization code; the application inserts `complete_oauth` with code and state.
/// 3. complete() exchanges the code for the account's id and links the account to the company.
///
/// A code can be spent only once, and the call has no idempotency key. The code is therefore
/// deleted from the database before it is sent. If the answer is lost, the command fails with
/// `outcome_unknown` and the owner agrees once more.
class OAuth {
public:
    OAuth(Context& context, const Settings& settings) : context_(context), settings_(settings) {}

    bool configured() const {
        return !settings_.client_id.empty() && !settings_.oauth_redirect_url.empty();
    }
    /// `only_account` is the account that the owner must choose; empty = any. This and complete()
    /// throw Refused, store::LeaseLost, stripe::Error, db::Unavailable or Cancelled.
    Task<store::CommandResult> begin(store::Command command, std::string only_account);
    Task<store::CommandResult> complete(store::Command command, std::stop_token stop);

private:
    Task<store::OAuthState> find_state(store::Command command);
    Task<std::string> exchange(store::Command command, std::string sha256, std::stop_token stop);
    Task<store::CommandResult> link_existing_account(store::Command command, std::string email,
                                                     std::string account_id, std::stop_token stop);

    Context& context_;
    const Settings& settings_;
};

}  // namespace paysync::onboarding
