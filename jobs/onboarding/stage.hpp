// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// The stage of a company's integration: a pure function of the last read of its Stripe account.
///
/// How a stage changes:
/// 1. Somebody reads the account at Stripe: a command (CommandExecutor), the ActiveOnboardingJob,
///    the SweepJob or the DiagnosisJob.
/// 2. observation_store turns the answer and the stored row into StageInputs and calls
///    derive_stage().
/// 3. If stage or detail differ from the stored ones, it writes them together with a row in
///    `pay_private.stage_event`; a trigger notifies the channel `pay_stage`.
///
/// SQL has the same rule as `pay_private.stage_rule()`, for changes without a read, such as an
/// expired onboarding link. The test suite StageRule compares both over all inputs.
namespace paysync::onboarding {

enum class Stage { pending, incomplete, completed, disconnected };

/// Who must act before the stage can improve.
enum class Blocker { merchant, stripe, platform, none };

/// Everything that the stage depends on.
struct StageInputs {
    bool details_submitted = false;  ///< the company has finished the onboarding form
    bool charges_enabled = false;
    bool payouts_enabled = false;
    bool currently_due = false;         ///< Stripe requires something now
    bool past_due = false;              ///< a requirement is overdue
    bool pending_verification = false;  ///< Stripe is checking what was submitted
    bool errors = false;                ///< Stripe rejected something that was submitted
    bool due_soon = false;        ///< a deadline is set, in the current or the future requirements
    std::string disabled_reason;  ///< as Stripe says it, for example "rejected.fraud"; may be empty
    bool access_revoked = false;  ///< confirmed: the platform has no access to the account any more
    bool ever_completed = false;  ///< the integration was completed before
    bool flow_open = false;       ///< an onboarding link was issued and neither used nor expired
};

struct DerivedStage {
    Stage stage = Stage::pending;
    std::string detail;  ///< finer reason: not_started, in_review, restricted, enabled, …
    Blocker blocker = Blocker::merchant;
};

/// `completed` requires enabled charges and payouts, nothing overdue, and nothing due now.
/// Exception: an integration that was completed before stays completed while something is due,
/// until the deadline makes it overdue. A stage can also get worse again.
DerivedStage derive_stage(const StageInputs& inputs);

/// The names in the database.
const char* to_string(Stage stage) noexcept;
const char* to_string(Blocker blocker) noexcept;

}  // namespace paysync::onboarding
