// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/task.hpp"
#include "jobs/onboarding/setting_store.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace paysync {
struct Context;
}

namespace paysync::onboarding {

/// Sends a company's pending settings and brand to its Stripe account: uploads pictures that the
/// account does not have, then updates the account with one call.
///
/// Stripe accepts or refuses such a call as a whole. If it refuses several settings, each is sent
/// alone, so that only the refused ones are recorded as refused, with Stripe's message. All steps
/// can be repeated after a crash.
class SettingsPush {
public:
    SettingsPush(Context& context, std::string company, std::string account_id)
        : context_(context), company_(std::move(company)), account_id_(std::move(account_id)) {}

    /// Throws stripe::Error for errors that are not about a setting, db::Unavailable or Cancelled.
    Task<void> run(std::stop_token stop);

private:
    Task<store::Setting> upload_picture(store::Setting setting, std::stop_token stop);
    Task<void> push(std::vector<store::Setting> settings, std::stop_token stop);
    Task<void> record_refusal(store::Setting setting, std::string message);

    Context& context_;
    std::string company_;
    std::string account_id_;
};

}  // namespace paysync::onboarding
