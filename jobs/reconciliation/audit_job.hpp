// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/reconciliation/settings.hpp"

namespace paysync::reconciliation {

/// The job `reconciliation.audit`: draws stored objects at random and puts them into
/// pay_private.reread, although nothing says that they changed. The share of those that differed
/// bounds the share of wrong rows in the whole database (view pay.audit).
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
