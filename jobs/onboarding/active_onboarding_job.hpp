// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/onboarding/settings.hpp"

#include <string>

namespace paysync::onboarding {

/// The job `onboarding.hot`: reads the accounts that somebody is setting up right now, one by one.
///
/// Why: the sweep reads every account only once in `every` (5 minutes). A person who has just left
/// Stripe's form wants to see the new stage within seconds. Each command therefore marks its
/// account as active for 30 minutes (kActiveSeconds), and this job reads it every `hot_every` at
/// first and every `hot_slowest` later.
class ActiveOnboardingJob final : public Job {
public:
    explicit ActiveOnboardingJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.hot"; }
    std::chrono::milliseconds every() const override { return settings_.hot_every; }
    std::vector<std::string> channels() const override { return {"pay_command_done"}; }
    Task<void> run(Context& context) override;

private:
    Task<void> read(Context& context, std::string account_id);

    Settings settings_;
};

}  // namespace paysync::onboarding
