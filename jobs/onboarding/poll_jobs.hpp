// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/job.hpp"
#include "jobs/onboarding/settings.hpp"

namespace paysync::onboarding {

/// Reads all connected accounts, a hundred at a time, and records what changed.
class SweepJob final : public Job {
public:
    explicit SweepJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.sweep"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    Task<void> run(Context& context) override;

private:
    Settings settings_;
};

/// Reads the accounts that somebody is working on, one by one and often, so that a person who comes
/// back from Stripe sees the new stage within seconds.
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
