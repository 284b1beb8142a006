// SPDX-License-Identifier: MIT
#include "jobs/onboarding/stage.hpp"

namespace paysync::onboarding {

namespace {

bool rejected(const Observation& seen) {
    return seen.disabled_reason.rfind("rejected.", 0) == 0;
}

bool paused(const Observation& seen) {
    return seen.disabled_reason == "platform_paused" || seen.disabled_reason == "listed" ||
           seen.disabled_reason == "other";
}

bool enabled(const Observation& seen) {
    return seen.charges_enabled && seen.payouts_enabled;
}

bool in_review(const Observation& seen) {
    return !enabled(seen) && (seen.pending_verification || seen.disabled_reason == "under_review" ||
                              seen.disabled_reason == "requirements.pending_verification");
}

bool action_required(const Observation& seen) {
    return seen.past_due || seen.errors || seen.disabled_reason == "requirements.past_due" ||
           seen.disabled_reason == "action_required.requested_capabilities";
}

Stage stage_of(const Observation& seen) {
    if (seen.access_revoked)
        return Stage::disconnected;
    if (enabled(seen) && !seen.past_due && (!seen.currently_due || seen.ever_completed))
        return Stage::completed;
    if (rejected(seen))
        return Stage::incomplete;
    if ((seen.currently_due || seen.past_due) && !seen.flow_open)
        return Stage::incomplete;
    return Stage::pending;
}

/// First match wins.
std::string detail_of(const Observation& seen) {
    if (seen.access_revoked)
        return "disconnected";
    if (rejected(seen))
        return "rejected";
    if (paused(seen))
        return "paused";
    if (!seen.details_submitted)
        return seen.flow_open ? "onboarding" : "details_missing";
    if (action_required(seen))
        return "action_required";
    if (in_review(seen))
        return "in_review";
    if (!enabled(seen))
        return "restricted";
    return seen.currently_due || seen.due_soon ? "enabled_due_soon" : "enabled";
}

Blocker blocker_of(const Observation& seen, const std::string& detail) {
    if (detail == "rejected" || detail == "in_review")
        return Blocker::stripe;
    if (detail == "paused")
        return seen.disabled_reason == "platform_paused" ? Blocker::platform : Blocker::stripe;
    if (detail == "enabled")
        return Blocker::none;
    if (detail == "restricted" && !seen.currently_due)
        return Blocker::stripe;
    return Blocker::merchant;
}

}  // namespace

Verdict derive(const Observation& seen) {
    Verdict verdict;
    verdict.stage = stage_of(seen);
    verdict.detail = detail_of(seen);
    verdict.blocker = blocker_of(seen, verdict.detail);
    return verdict;
}

const char* to_string(Stage stage) noexcept {
    switch (stage) {
        case Stage::pending:
            return "pending";
        case Stage::incomplete:
            return "incomplete";
        case Stage::completed:
            return "completed";
        case Stage::disconnected:
            return "disconnected";
    }
    return "unknown";
}

const char* to_string(Blocker blocker) noexcept {
    switch (blocker) {
        case Blocker::merchant:
            return "merchant";
        case Blocker::stripe:
            return "stripe";
        case Blocker::platform:
            return "platform";
        case Blocker::none:
            return "none";
    }
    return "unknown";
}

}  // namespace paysync::onboarding
