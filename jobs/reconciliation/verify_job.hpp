// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/reconciliation/settings.hpp"

namespace paysync::reconciliation {

/// The job `reconciliation.verify`: checks the rules of pay_private.violation over all rows, opens
/// a discrepancy for each row that breaks one, and closes it when the row keeps the rule again.
class VerifyJob final : public Job {
public:
    explicit VerifyJob(Settings settings) : settings_(settings) {}

    std::string name() const override { return "reconciliation.verify"; }
    std::chrono::milliseconds every() const override { return settings_.verify_every; }
    Task<void> run(Context& context) override;

private:
    Settings settings_;
    int logged_violations_ = 0;  // so that the same number is not logged each hour
};

}  // namespace paysync::reconciliation
