// SPDX-License-Identifier: MIT
#include "tests/unit/stripe/budget_fixture.hpp"

#include <algorithm>

/// How accounts share the places of a Budget.
namespace paysync::stripe {
namespace {

TEST_F(StripeBudget, TheAccountWithTheFewestCallsGoesFirst) {
    Budget budget(clock_, options(1000, 1000, 10));
    for (int i = 0; i < 8; ++i)
        ask(budget, Priority::background, "large", {}, "acct_large");
    EXPECT_EQ(granted(), 4) << "no more than half of what background may have";
    for (int i = 0; i < 4; ++i)
        ask(budget, Priority::background, "small", {}, "acct_small");
    EXPECT_EQ(granted(), 8);
    EXPECT_EQ(std::count(granted_.begin(), granted_.end(), "small"), 4);
    drain(budget);
}

TEST_F(StripeBudget, OneCallIsNotDelayedByAHundredOfAnotherAccount) {
    Budget budget(clock_, options(10, 1, 8));
    for (int i = 0; i < 100; ++i)
        ask(budget, Priority::interactive, "large", {}, "acct_large");
    EXPECT_EQ(granted_within(budget, milliseconds(1000)), 10);
    ask(budget, Priority::interactive, "small", {}, "acct_small");
    EXPECT_EQ(granted_within(budget, milliseconds(100)), 1);
    EXPECT_EQ(granted_.back(), "small") << "though the others waited longer";
    EXPECT_EQ(granted_within(budget, milliseconds(100)), 1);
    EXPECT_EQ(granted_.back(), "large");
    drain(budget);
}

TEST_F(StripeBudget, AnAccountThatDoesNotAnswerLeavesRoomToPeopleOfOthers) {
    Budget budget(clock_, options(1000, 1000, 8));
    for (int i = 0; i < 20; ++i)
        ask(budget, Priority::interactive, "dead", {}, "acct_dead");
    EXPECT_EQ(granted(), 6) << "three quarters";
    ask(budget, Priority::interactive, "alive", {}, "acct_alive");
    EXPECT_EQ(granted(), 7);
    EXPECT_EQ(granted_.back(), "alive");
    drain(budget);
}

TEST_F(StripeBudget, AccountsThatDoNotAnswerDelayNoOther) {
    Budget budget(clock_, options(1000, 1000, 10));
    for (int i = 0; i < 8; ++i)
        ask(budget, Priority::background, "dead", {}, "acct_dead" + std::to_string(i % 4));
    EXPECT_EQ(granted(), 8);
    ask(budget, Priority::background, "alive", {}, "acct_alive");
    EXPECT_EQ(granted(), 8);
    clock_.advance(std::chrono::seconds(3));
    EXPECT_EQ(granted(), 9);
    EXPECT_EQ(granted_.back(), "alive");
    // But never more than sixteen times the slots.
    for (int i = 0; i < 200; ++i)
        ask(budget, Priority::interactive, "more", {}, "acct_more" + std::to_string(i));
    for (int i = 0; i < 20; ++i) {
        clock_.advance(std::chrono::minutes(1));
        granted();
    }
    EXPECT_EQ(granted(), 160);
    drain(budget);
}

TEST_F(StripeBudget, PeoplesCallsThatHangLeaveRoomToBackground) {
    Budget budget(clock_, options(1000, 1000, 8));
    for (int i = 0; i < 20; ++i)
        ask(budget, Priority::interactive, "dead", {}, "acct_dead" + std::to_string(i % 2));
    EXPECT_EQ(granted(), 8) << "nobody else wants a slot";
    ask(budget, Priority::background, "alive", {}, "acct_alive");
    EXPECT_EQ(granted(), 8);
    clock_.advance(std::chrono::seconds(3));
    EXPECT_EQ(granted(), 9) << "the dead accounts wait for their own calls";
    EXPECT_EQ(granted_.back(), "alive");
    drain(budget);
}

TEST_F(StripeBudget, OneBackgroundCallIsUnderWayBesideAnyNumberOfOthers) {
    Budget budget(clock_, options(1000, 1000, 8));
    ask(budget, Priority::interactive, 8);
    EXPECT_EQ(granted(), 8);
    ask(budget, Priority::background, 2);
    ask(budget, Priority::interactive, 8);
    release(budget);
    EXPECT_EQ(granted(), 9);
    EXPECT_EQ(granted_.back(), "b");
    release(budget);
    EXPECT_EQ(granted(), 10);
    EXPECT_EQ(granted_.back(), "i") << "one background call is under way";
    drain(budget);
}

TEST_F(StripeBudget, AnAccountThatHungHasAQuarterUntilItAnswersQuickly) {
    Budget budget(clock_, options(1000, 1000, 8));
    const auto ask_dead = [&](int count) {
        for (int i = 0; i < count; ++i)
            ask(budget, Priority::interactive, "dead", {}, "acct_dead");
    };
    ask_dead(6);
    EXPECT_EQ(granted(), 6);
    clock_.advance(std::chrono::seconds(80));
    for (int i = 0; i < 6; ++i)
        release(budget);
    ask_dead(7);
    EXPECT_EQ(granted(), 8) << "two at its next attempt";
    for (int i = 0; i < 6; ++i)
        ask(budget, Priority::interactive, "alive", {}, "acct_alive");
    EXPECT_EQ(granted(), 14) << "the other one has its six at once";
    release(budget);  // of acct_dead, quickly
    EXPECT_EQ(granted(), 15);
    drain(budget);
}

}  // namespace
}  // namespace paysync::stripe
