// SPDX-License-Identifier: MIT
#include "jobs/onboarding/stage.hpp"

namespace paysync::onboarding {

namespace {

bool rejected(const StageInputs& inputs) {
    return inputs.disabled_reason.rfind("rejected.", 0) == 0;
}

bool paused(const StageInputs& inputs) {
    return inputs.disabled_reason == "platform_paused" || inputs.disabled_reason == "listed" ||
           inputs.disabled_reason == "other";
}

bool enabled(const StageInputs& inputs) {
    return inputs.charges_enabled && inputs.payouts_enabled;
}

bool in_review(const StageInputs& inputs) {
    return !enabled(inputs) &&
           (inputs.pending_verification || inputs.disabled_reason == "under_review" ||
            inputs.disabled_reason == "requirements.pending_verification");
}

bool action_required(const StageInputs& inputs) {
    return inputs.past_due || inputs.errors || inputs.disabled_reason == "requirements.past_due" ||
           inputs.disabled_reason == "action_required.requested_capabilities";
}

Stage stage_of(const StageInputs& inputs) {
    if (inputs.access_revoked)
        return Stage::disconnected;
    if (enabled(inputs) && !inputs.past_due && (!inputs.currently_due || inputs.ever_completed))
        return Stage::completed;
    if (rejected(inputs))
        return Stage::incomplete;
    if ((inputs.currently_due || inputs.past_due) && !inputs.flow_open)
        return Stage::incomplete;
    return Stage::pending;
}

/// The first rule that matches decides.
std::string detail_of(const StageInputs& inputs) {
    if (inputs.access_revoked)
        return "disconnected";
    if (rejected(inputs))
        return "rejected";
    if (paused(inputs))
        return "paused";
    if (!inputs.details_submitted)
        return inputs.flow_open ? "onboarding" : "details_missing";
    if (action_required(inputs))
        return "action_required";
    if (in_review(inputs))
        return "in_review";
    if (!enabled(inputs))
        return "restricted";
    return inputs.currently_due || inputs.due_soon ? "enabled_due_soon" : "enabled";
}

Blocker blocker_of(const StageInputs& inputs, const std::string& detail) {
    if (detail == "rejected" || detail == "in_review")
        return Blocker::stripe;
    if (detail == "paused")
        return inputs.disabled_reason == "platform_paused" ? Blocker::platform : Blocker::stripe;
    if (detail == "enabled")
        return Blocker::none;
    if (detail == "restricted" && !inputs.currently_due)
        return Blocker::stripe;
    return Blocker::merchant;
}

}  // namespace

DerivedStage derive_stage(const StageInputs& inputs) {
    DerivedStage derived;
    derived.stage = stage_of(inputs);
    derived.detail = detail_of(inputs);
    derived.blocker = blocker_of(inputs, derived.detail);
    return derived;
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
