// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "jobs/onboarding/command_store.hpp"
#include "jobs/onboarding/settings.hpp"
#include "jobs/stripe/account.hpp"
#include "jobs/stripe/call_store.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

namespace paysync {
struct Context;
}
namespace paysync::stripe {
struct Reply;
}

namespace paysync::onboarding {

/// The version of Stripe's API that creates accounts and onboarding links, v1 or v2
/// (`stripe.accounts_api`). Everything else uses v1 for all accounts: v1 also reads accounts that
/// v2 created.
class AccountsApi {
public:
    virtual ~AccountsApi() = default;

    /// Path and body of the call that creates an account.
    virtual std::string accounts_path() const = 0;
    virtual std::string account_body(const store::Command& command,
                                     const Settings& settings) const = 0;
    /// Path and body of the call that creates an onboarding link.
    virtual std::string links_path() const = 0;
    virtual std::string link_body(const std::string& account_id,
                                  const Settings& settings) const = 0;

    /// Sends a stored call unchanged.
    virtual Task<stripe::Reply> post(Context& context, stripe::StoredCall call,
                                     std::stop_token stop) const = 0;
    /// For how many seconds Stripe is certain to remember an idempotency key.
    virtual std::int64_t idempotency_key_lifetime() const noexcept = 0;
    /// Looks for the account that the command created, through its metadata; for calls that are
    /// older than the lifetime of their key. Looks back `age_seconds`. Returns an id, or "".
    virtual Task<std::string> find_created_account(Context& context, std::string command_id,
                                                   std::int64_t age_seconds,
                                                   std::stop_token stop) const = 0;

    /// The id in the answer to creating an account.
    virtual std::string account_id(std::string_view body) const = 0;
    /// The link in the answer to creating one.
    virtual stripe::AccountLink account_link(std::string_view body) const = 0;
    /// Whether the answer to creating an account has the form of GET /v1/accounts/{id}, so that the
    /// account need not be read.
    virtual bool answers_with_account() const noexcept = 0;
};

const AccountsApi& accounts_v1();
const AccountsApi& accounts_v2();

/// The API for a new call: the configured one.
const AccountsApi& accounts_api(const Settings& settings);
/// The API for a stored call: the one that it was stored for, even if the configuration has
/// changed.
const AccountsApi& accounts_api(const stripe::StoredCall& call);

/// The country of a new account: of the command, else of the company, else of the configuration.
std::string country_for(const store::Command& command, const Settings& settings);

}  // namespace paysync::onboarding
