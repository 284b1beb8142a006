// SPDX-License-Identifier: MIT
#include "jobs/onboarding/stage.hpp"

#include <gtest/gtest.h>

namespace paysync::onboarding {
namespace {

Observation enabled() {
    Observation seen;
    seen.details_submitted = seen.charges_enabled = seen.payouts_enabled = true;
    return seen;
}

struct Case {
    const char* situation;
    Observation seen;
    Stage stage;
    const char* detail;
    Blocker blocker;
};

std::vector<Case> cases() {
    std::vector<Case> all;
    Observation link_out;
    link_out.currently_due = link_out.flow_open = true;
    all.push_back(
        {"onboarding link out", link_out, Stage::pending, "onboarding", Blocker::merchant});

    Observation left;
    left.currently_due = true;
    all.push_back(
        {"merchant left the form", left, Stage::incomplete, "details_missing", Blocker::merchant});

    Observation review;
    review.details_submitted = review.pending_verification = true;
    all.push_back(
        {"all sent, Stripe verifies", review, Stage::pending, "in_review", Blocker::stripe});

    all.push_back({"enabled, nothing due", enabled(), Stage::completed, "enabled", Blocker::none});

    Observation due_soon = enabled();
    due_soon.ever_completed = due_soon.currently_due = due_soon.due_soon = true;
    all.push_back({"completed before, new fields due", due_soon, Stage::completed,
                   "enabled_due_soon", Blocker::merchant});

    Observation due_first = enabled();
    due_first.currently_due = true;
    all.push_back({"enabled but never completed, fields due", due_first, Stage::incomplete,
                   "enabled_due_soon", Blocker::merchant});

    Observation past_due;
    past_due.details_submitted = past_due.past_due = past_due.ever_completed = true;
    past_due.disabled_reason = "requirements.past_due";
    all.push_back(
        {"past due, disabled", past_due, Stage::incomplete, "action_required", Blocker::merchant});

    Observation rejected;
    rejected.details_submitted = true;
    rejected.disabled_reason = "rejected.fraud";
    all.push_back({"rejected", rejected, Stage::incomplete, "rejected", Blocker::stripe});

    Observation paused;
    paused.details_submitted = true;
    paused.disabled_reason = "platform_paused";
    all.push_back({"paused by the platform", paused, Stage::pending, "paused", Blocker::platform});

    Observation half = enabled();
    half.payouts_enabled = false;
    half.ever_completed = true;
    all.push_back({"payouts switched off after completion", half, Stage::pending, "restricted",
                   Blocker::stripe});

    Observation gone = enabled();
    gone.access_revoked = gone.ever_completed = true;
    all.push_back({"access lost", gone, Stage::disconnected, "disconnected", Blocker::merchant});
    return all;
}

TEST(OnboardingStage, FollowsTheTableOfStates) {
    for (const auto& example : cases()) {
        const auto verdict = derive(example.seen);
        EXPECT_STREQ(to_string(verdict.stage), to_string(example.stage)) << example.situation;
        EXPECT_EQ(verdict.detail, example.detail) << example.situation;
        EXPECT_STREQ(to_string(verdict.blocker), to_string(example.blocker)) << example.situation;
    }
}

TEST(OnboardingStage, IsNeverCompletedWithoutPayouts) {
    // Every combination of the flags: completed requires both capabilities and nothing past due.
    for (int bits = 0; bits < 64; ++bits) {
        Observation seen;
        seen.details_submitted = true;
        seen.charges_enabled = bits & 1;
        seen.payouts_enabled = bits & 2;
        seen.currently_due = bits & 4;
        seen.past_due = bits & 8;
        seen.ever_completed = bits & 16;
        seen.flow_open = bits & 32;
        const bool completed = derive(seen).stage == Stage::completed;
        const bool expected = seen.charges_enabled && seen.payouts_enabled && !seen.past_due &&
                              (!seen.currently_due || seen.ever_completed);
        EXPECT_EQ(completed, expected) << bits;
    }
}

}  // namespace
}  // namespace paysync::onboarding
