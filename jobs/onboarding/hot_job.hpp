// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/onboarding/settings.hpp"

namespace paysync::onboarding {

/// `onboarding.hot`: reads the accounts that somebody is setting up right now, one by one and often
/// at first.
class HotJob final : public Job {
public:
    explicit HotJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.hot"; }
    std::chrono::milliseconds every() const override { return settings_.hot_every; }
    std::vector<std::string> channels() const override { return {"pay_command_done"}; }
    Task<void> run(Context& context) override;

private:
    Task<void> read(Context& context, std::string account_id);

    Settings settings_;
};

}  // namespace paysync::onboarding
