// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/reconciliation/settings.hpp"

namespace paysync::reconciliation {

/// `reconciliation.audit`: draws objects at random, whether anything speaks for a change of theirs
/// or not, and has them read again. How many of them differed bounds how many of all rows do
/// (pay.audit).
class AuditJob final : public Job {
public:
    explicit AuditJob(Settings settings) : settings_(settings) {}

    std::string name() const override { return "reconciliation.audit"; }
    std::chrono::milliseconds every() const override { return settings_.audit_every; }
    Task<void> run(Context& context) override;

private:
    Settings settings_;
};

}  // namespace paysync::reconciliation
