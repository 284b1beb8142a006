// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/onboarding/settings.hpp"

#include <string>

namespace paysync::onboarding {

/// `onboarding.diagnosis`: finds out whether a suspected account is really lost. It takes a
/// platform key that works in the right mode, two endpoints that both say so, twice, some minutes
/// apart, and a fuse that does not object; anything else proves nothing about the account.
class DiagnosisJob final : public Job {
public:
    explicit DiagnosisJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "onboarding.diagnosis"; }
    std::chrono::milliseconds every() const override;
    Task<void> run(Context& context) override;

private:
    Task<void> examine(Context& context, std::string account_id);
    Task<void> decide(Context& context);

    Settings settings_;
};

}  // namespace paysync::onboarding
