// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/onboarding/setting_store.hpp"

#include <string>

namespace paysync::onboarding {

/// Carries a company's settings and brand to its Stripe account: uploads the pictures that the
/// account does not have, then changes the account once. What Stripe refuses is told apart from
/// what it takes by asking for each alone, and noted with its words. May be repeated after a crash
/// at any step.
class SettingsPush {
public:
    SettingsPush(Context& context, std::string company, std::string account_id)
        : context_(context), company_(std::move(company)), account_id_(std::move(account_id)) {}

    /// Throws stripe::Error for what is no setting's fault, db::Unavailable or Cancelled.
    Task<void> run(std::stop_token stop);

private:
    Task<store::Setting> with_file(store::Setting setting, std::stop_token stop);
    Task<void> push(std::vector<store::Setting> settings, std::stop_token stop);
    Task<void> refuse(store::Setting setting, std::string words);

    Context& context_;
    std::string company_;
    std::string account_id_;
};

}  // namespace paysync::onboarding
