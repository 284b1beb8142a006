// SPDX-License-Identifier: MIT
#include "jobs/onboarding/stage.hpp"

#include <gtest/gtest.h>

namespace paysync::onboarding {
namespace {

StageInputs enabled() {
    StageInputs inputs;
    inputs.details_submitted = inputs.charges_enabled = inputs.payouts_enabled = true;
    return inputs;
}

struct Case {
    const char* situation;
    StageInputs inputs;
    Stage stage;
    const char* detail;
    Blocker blocker;
};

std::vector<Case> cases() {
    std::vector<Case> all;
    StageInputs link_out;
    link_out.currently_due = link_out.flow_open = true;
    all.push_back(
        {"onboarding link out", link_out, Stage::pending, "onboarding", Blocker::merchant});

    StageInputs left;
    left.currently_due = true;
    all.push_back(
        {"merchant left the form", left, Stage::incomplete, "details_missing", Blocker::merchant});

    StageInputs review;
    review.details_submitted = review.pending_verification = true;
    all.push_back(
        {"all sent, Stripe verifies", review, Stage::pending, "in_review", Blocker::stripe});

    all.push_back({"enabled, nothing due", enabled(), Stage::completed, "enabled", Blocker::none});

    StageInputs due_soon = enabled();
    due_soon.ever_completed = due_soon.currently_due = due_soon.due_soon = true;
    all.push_back({"completed before, new fields due", due_soon, Stage::completed,
                   "enabled_due_soon", Blocker::merchant});

    StageInputs due_first = enabled();
    due_first.currently_due = true;
    all.push_back({"enabled but never completed, fields due", due_first, Stage::incomplete,
                   "enabled_due_soon", Blocker::merchant});

    StageInputs past_due;
    past_due.details_submitted = past_due.past_due = past_due.ever_completed = true;
    past_due.disabled_reason = "requirements.past_due";
    all.push_back(
        {"past due, disabled", past_due, Stage::incomplete, "action_required", Blocker::merchant});

    StageInputs rejected;
    rejected.details_submitted = true;
    rejected.disabled_reason = "rejected.fraud";
    all.push_back({"rejected", rejected, Stage::incomplete, "rejected", Blocker::stripe});

    StageInputs paused;
    paused.details_submitted = true;
    paused.disabled_reason = "platform_paused";
    all.push_back({"paused by the platform", paused, Stage::pending, "paused", Blocker::platform});

    StageInputs half = enabled();
    half.payouts_enabled = false;
    half.ever_completed = true;
    all.push_back({"payouts switched off after completion", half, Stage::pending, "restricted",
                   Blocker::stripe});

    StageInputs gone = enabled();
    gone.access_revoked = gone.ever_completed = true;
    all.push_back({"access lost", gone, Stage::disconnected, "disconnected", Blocker::merchant});
    return all;
}

TEST(OnboardingStage, FollowsTheTableOfStates) {
    for (const auto& example : cases()) {
        const auto derived = derive_stage(example.inputs);
        EXPECT_STREQ(to_string(derived.stage), to_string(example.stage)) << example.situation;
        EXPECT_EQ(derived.detail, example.detail) << example.situation;
        EXPECT_STREQ(to_string(derived.blocker), to_string(example.blocker)) << example.situation;
    }
}

TEST(OnboardingStage, IsNeverCompletedWithoutPayouts) {
    // Every combination of the flags: completed requires both capabilities and nothing past due.
    for (int bits = 0; bits < 64; ++bits) {
        StageInputs inputs;
        inputs.details_submitted = true;
        inputs.charges_enabled = bits & 1;
        inputs.payouts_enabled = bits & 2;
        inputs.currently_due = bits & 4;
        inputs.past_due = bits & 8;
        inputs.ever_completed = bits & 16;
        inputs.flow_open = bits & 32;
        const bool completed = derive_stage(inputs).stage == Stage::completed;
        const bool expected = inputs.charges_enabled && inputs.payouts_enabled &&
                              !inputs.past_due && (!inputs.currently_due || inputs.ever_completed);
        EXPECT_EQ(completed, expected) << bits;
    }
}

}  // namespace
}  // namespace paysync::onboarding
