// SPDX-License-Identifier: MIT
#pragma once

#include "config/reader.hpp"
#include "jobs/onboarding/sweep_store.hpp"

#include <chrono>
#include <string>

namespace paysync::onboarding {

/// The section `jobs.onboarding`, and what onboarding needs of the section `stripe`.
struct Settings {
    std::chrono::milliseconds every{300000};  ///< between sweeps of all accounts
    std::chrono::milliseconds hot_every{
        5000};  ///< between reads of an account that is being worked on
    std::chrono::milliseconds hot_slowest{15000};  ///< the longest pause while it is hot
    std::chrono::milliseconds confirm_after{
        600000};  ///< between two reads that find an account lost
    std::chrono::milliseconds warn_before{604800000};  ///< before a deadline that takes the stage
    store::Fuse fuse;                                  ///< what counts as a mass change
    std::string return_url;                            ///< the platform's page after onboarding
    std::string refresh_url;         ///< the platform's page that asks for a fresh link
    std::string oauth_redirect_url;  ///< the platform's page after OAuth; empty: no OAuth
    std::chrono::milliseconds oauth_state_lifetime{3600000};  ///< of a page that connect answered
    std::string dashboard = "full";  ///< of new accounts: full, express or none
    std::string country = "US";      ///< of new accounts when neither command nor company names one
    std::string contact;             ///< whom a company that is not enabled should ask

    bool livemode = false;
    std::string client_id;            ///< ca_…, empty when OAuth is not set up
    std::string accounts_api = "v1";  ///< what makes accounts: v1 or v2
    std::string connect_base = "https://connect.stripe.com";  ///< where OAuth lives
};

/// Reads the job's own keys and refuses unknown ones.
Settings settings_from(config::Section section, std::chrono::milliseconds every, bool livemode,
                       std::string client_id);

}  // namespace paysync::onboarding
