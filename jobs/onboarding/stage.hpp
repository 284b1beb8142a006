// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// The stage of a company's integration: a pure function of what was last seen of its Stripe
/// account.
namespace paysync::onboarding {

enum class Stage { pending, incomplete, completed, disconnected };

/// Who has to act before the stage can get better.
enum class Blocker { merchant, stripe, platform, none };

/// What the stage depends on, and nothing else does.
struct Observation {
    bool details_submitted = false;
    bool charges_enabled = false;
    bool payouts_enabled = false;
    bool currently_due = false;         ///< requirements are due now
    bool past_due = false;              ///< requirements are overdue
    bool pending_verification = false;  ///< Stripe is looking at what was sent
    bool errors = false;                ///< Stripe refused something that was sent
    bool due_soon = false;              ///< a deadline is set, here or in the future requirements
    std::string disabled_reason;        ///< Stripe's word, empty for none
    bool access_revoked = false;  ///< Stripe says that the account is not ours to see, confirmed
    bool ever_completed = false;  ///< the integration was completed before
    bool flow_open = false;  ///< an onboarding link is out that was neither used up nor expired
};

struct Verdict {
    Stage stage = Stage::pending;
    std::string detail;  ///< the finer reason: not_started, in_review, restricted, enabled, …
    Blocker blocker = Blocker::merchant;
};

/// Completed means: charges and payouts enabled, nothing overdue, and nothing due now unless it was
/// completed before (then it has until the deadline). Downgrades count.
Verdict derive(const Observation& seen);

const char* to_string(Stage stage) noexcept;
const char* to_string(Blocker blocker) noexcept;

}  // namespace paysync::onboarding
