// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/reconciliation/settings.hpp"

namespace paysync::reconciliation {

/// `reconciliation.verify`: checks the rules of pay_private.violation over all rows, makes a
/// discrepancy of what breaks one, and closes those that are in order again.
class VerifyJob final : public Job {
public:
    explicit VerifyJob(Settings settings) : settings_(settings) {}

    std::string name() const override { return "reconciliation.verify"; }
    std::chrono::milliseconds every() const override { return settings_.verify_every; }
    Task<void> run(Context& context) override;

private:
    Settings settings_;
    int found_ = 0;  ///< when it was last said
};

}  // namespace paysync::reconciliation
