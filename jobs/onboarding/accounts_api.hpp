// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/onboarding/command_store.hpp"
#include "jobs/onboarding/settings.hpp"
#include "jobs/stripe/account.hpp"
#include "jobs/stripe/call_store.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

namespace paysync::onboarding {

/// How Stripe is asked for new accounts and for its onboarding pages: one version of its API. All
/// else, reading above all, is the first version's for the accounts of both.
class AccountsApi {
public:
    virtual ~AccountsApi() = default;

    /// Where accounts are made, and with what.
    virtual std::string accounts_path() const = 0;
    virtual std::string account_body(const store::Command& command,
                                     const Settings& settings) const = 0;
    /// Where onboarding pages are made, and with what.
    virtual std::string links_path() const = 0;
    virtual std::string link_body(const std::string& account_id,
                                  const Settings& settings) const = 0;

    /// Sends a stored call, as it stands.
    virtual Task<stripe::Reply> post(Context& context, stripe::StoredCall call,
                                     std::stop_token stop) const = 0;
    /// For how long Stripe surely knows a key.
    virtual std::int64_t key_life_seconds() const noexcept = 0;
    /// The account that a call of this command made at most `age_seconds` ago, empty for none.
    virtual Task<std::string> find(Context& context, std::string command_id,
                                   std::int64_t age_seconds, std::stop_token stop) const = 0;

    /// What the answers hold.
    virtual std::string account_id(std::string_view body) const = 0;
    virtual stripe::AccountLink account_link(std::string_view body) const = 0;
    /// Whether the answer to making an account is the account as it is read.
    virtual bool answers_with_account() const noexcept = 0;
};

/// The two there are.
const AccountsApi& accounts_v1();
const AccountsApi& accounts_v2();

/// What the settings say, for what is new.
const AccountsApi& accounts_api(const Settings& settings);
/// What a stored call was written for, whatever the settings say now.
const AccountsApi& accounts_api(const stripe::StoredCall& call);

/// The country of a new account.
std::string country_of(const store::Command& command, const Settings& settings);

}  // namespace paysync::onboarding
