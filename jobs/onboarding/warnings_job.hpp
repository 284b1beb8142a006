// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/onboarding/settings.hpp"

namespace paysync::onboarding {

/// `onboarding.warnings`: says once for each deadline that it is near and would end a completed
/// integration's stage.
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
