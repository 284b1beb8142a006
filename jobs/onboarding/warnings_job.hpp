// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/onboarding/settings.hpp"

namespace paysync::onboarding {

/// The job `onboarding.warnings`: warns once for each deadline that would end the stage
/// `completed` of a company, `warn_before` ahead. The warning is a log line and `due_soon` in
/// `pay.integrations`.
class WarningsJob final : public Job {
public:
    explicit WarningsJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.warnings"; }
    std::chrono::milliseconds every() const override;
    Task<void> run(Context& context) override;

private:
    Settings settings_;
};

}  // namespace paysync::onboarding
