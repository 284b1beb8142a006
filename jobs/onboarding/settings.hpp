// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/onboarding/fuse.hpp"

#include <chrono>
#include <string>

namespace paysync::config {
class Section;
}

namespace paysync::onboarding {

/// The section `jobs.onboarding`, and what onboarding needs of the section `stripe`.
/// docs/configuration.md explains the keys.
struct Settings {
    /// Pause between two sweeps over all accounts.
    std::chrono::milliseconds every{300000};
    /// Pause between two reads of an active account (ActiveOnboardingJob), and the longest one.
    std::chrono::milliseconds hot_every{5000};
    std::chrono::milliseconds hot_slowest{15000};
    /// Least time between the two refused reads that prove that an account is lost.
    std::chrono::milliseconds confirm_after{600000};
    /// How long before a deadline of Stripe a completed company is warned.
    std::chrono::milliseconds warn_before{604800000};
    FuseLimits fuse;
    std::string return_url;          ///< the platform's page after Stripe's onboarding form
    std::string refresh_url;         ///< the platform's page that asks for a new onboarding link
    std::string oauth_redirect_url;  ///< the platform's page after OAuth; empty = no OAuth
    /// How long the OAuth page that `connect` returns can be used.
    std::chrono::milliseconds oauth_state_lifetime{3600000};
    std::string dashboard = "full";  ///< of new accounts: full, express or none
    std::string country = "US";      ///< of new accounts, if neither command nor company has one
    std::string contact;             ///< text for companies that are not enabled

    bool livemode = false;
    std::string client_id;            ///< ca_…; empty = no OAuth
    std::string accounts_api = "v1";  ///< version of the API that creates accounts: v1 or v2
    std::string connect_base = "https://connect.stripe.com";  ///< base URL of OAuth
};

/// Reads the keys of `jobs.onboarding`. Throws config::Error, also for unknown keys.
Settings settings_from(config::Section section, std::chrono::milliseconds every, bool livemode,
                       std::string client_id);

}  // namespace paysync::onboarding
