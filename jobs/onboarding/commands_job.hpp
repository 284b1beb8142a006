// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/onboarding/command_store.hpp"
#include "jobs/onboarding/settings.hpp"

namespace paysync::onboarding {

/// Carries out what other applications ask for by rows in pay.command, companies side by side, one
/// company's commands one after the other.
class CommandsJob final : public Job {
public:
    explicit CommandsJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.commands"; }
    std::chrono::milliseconds every() const override { return settings_.hot_every; }
    std::vector<std::string> channels() const override { return {"pay_command"}; }
    Task<void> run(Context& context) override;

private:
    Task<void> work_off(Context& context, std::vector<store::Command> commands);
    Task<void> work_all(Context& context, std::vector<store::Command> commands,
                        std::stop_token stop);
    Task<void> work_one(Context& context, store::Command command, std::stop_token stop);

    Settings settings_;
};

}  // namespace paysync::onboarding
