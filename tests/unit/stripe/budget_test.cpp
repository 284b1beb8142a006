// SPDX-License-Identifier: MIT
#include "tests/unit/stripe/budget_fixture.hpp"

#include <algorithm>

namespace paysync::stripe {
namespace {

TEST_F(StripeBudget, GrantsTheBurstAtOnceAndThenTheRate) {
    Budget budget(clock_, options(10, 5, 1000));
    ask(budget, Priority::interactive, 100);
    EXPECT_EQ(granted(), 5);
    clock_.advance(milliseconds(99));
    EXPECT_EQ(granted(), 5);
    clock_.advance(milliseconds(1));
    EXPECT_EQ(granted(), 6);
    EXPECT_EQ(granted_within(budget, milliseconds(2000)), 20);
    drain(budget);
    // A long pause accumulates no more than the burst.
    clock_.advance(std::chrono::hours(1));
    ask(budget, Priority::interactive, 50);
    EXPECT_EQ(granted(), 105);
    drain(budget);
}

TEST_F(StripeBudget, LimitsCallsInFlight) {
    Budget budget(clock_, options(1000, 1000, 4));
    ask(budget, Priority::interactive, 10);
    EXPECT_EQ(granted(), 4);
    clock_.advance(std::chrono::seconds(2));
    EXPECT_EQ(granted(), 4);
    release(budget);
    EXPECT_EQ(granted(), 5);
    EXPECT_EQ(budget.in_flight(), 4);
    EXPECT_EQ(budget.waiting(), 5);
    drain(budget);
}

TEST_F(StripeBudget, ServesInTheOrderOfRequests) {
    Budget budget(clock_, options(10, 1, 100));
    std::vector<std::string> names;
    for (int i = 0; i < 8; ++i) {
        names.push_back(std::to_string(i));
        ask(budget, Priority::background, names.back());
    }
    drain(budget);
    EXPECT_EQ(granted_, names);
}

TEST_F(StripeBudget, BackgroundLeavesAFifthOfTheSlotsFree) {
    Budget budget(clock_, options(1000, 1000, 10));
    ask(budget, Priority::background, 20);
    EXPECT_EQ(granted(), 8);
    ask(budget, Priority::interactive, 2);
    EXPECT_EQ(granted(), 10);
    EXPECT_EQ(granted_.back(), "i");
    // Two slots are free again, but they are the last two, which background calls may not use.
    release(budget);
    release(budget);
    EXPECT_EQ(granted(), 10);
    release(budget);
    EXPECT_EQ(granted(), 11);
    EXPECT_EQ(granted_.back(), "b");
    drain(budget);
}

TEST_F(StripeBudget, TheShareThatBackgroundLeavesIsRoundedUp) {
    for (const auto& [slots, background] : {std::pair(8, 6), std::pair(35, 28), std::pair(2, 1)}) {
        Budget budget(clock_, options(1000, 1000, slots));
        const int before = granted();
        ask(budget, Priority::background, 50);
        EXPECT_EQ(granted() - before, background) << slots;
        drain(budget);
    }
}

TEST_F(StripeBudget, BackgroundLeavesAFifthOfTheBurst) {
    Budget budget(clock_, options(1, 10, 100));
    ask(budget, Priority::background, 20);
    EXPECT_EQ(granted(), 8);
    ask(budget, Priority::interactive, 5);
    EXPECT_EQ(granted(), 10);
    drain(budget);
}

TEST_F(StripeBudget, ASingleSlotServesBackgroundToo) {
    Budget budget(clock_, options(1, 1, 1));
    ask(budget, Priority::background, 1);
    EXPECT_EQ(granted(), 1);
    drain(budget);
}

TEST_F(StripeBudget, InteractiveGoesFirst) {
    Budget budget(clock_, options(10, 1, 100));
    ask(budget, Priority::background, 3);
    EXPECT_EQ(granted(), 1);
    ask(budget, Priority::interactive, 3);
    drain(budget);
    EXPECT_EQ(granted_, (std::vector<std::string>{"b", "i", "i", "i", "b", "b"}));
}

TEST_F(StripeBudget, BackgroundIsNotStarved) {
    Budget budget(clock_, options(100, 1, 1));
    ask(budget, Priority::interactive, 1);
    EXPECT_EQ(granted(), 1);
    ask(budget, Priority::interactive, 100);
    ask(budget, Priority::background, 3);
    EXPECT_EQ(granted_within(budget, milliseconds(200)), 20);
    EXPECT_EQ(std::count(granted_.begin(), granted_.end(), "b"), 2);
    drain(budget);
}

TEST_F(StripeBudget, HalvesTheRateOn429AndRecoversSlowly) {
    Budget budget(clock_, options(16, 2, 100));
    ask(budget, Priority::interactive, 1000);
    EXPECT_EQ(granted_within(budget, milliseconds(1000)), 16);
    budget.throttled(Budget::Excess::rate, milliseconds(0));
    EXPECT_DOUBLE_EQ(budget.rate(), 8);
    // The other calls in flight get the same 429.
    budget.throttled(Budget::Excess::rate, milliseconds(0));
    EXPECT_DOUBLE_EQ(budget.rate(), 8);
    const int slow = granted_within(budget, milliseconds(1000));
    EXPECT_GE(slow, 7);
    EXPECT_LE(slow, 9);
    EXPECT_NEAR(budget.rate(), 8.8, 0.05);
    budget.throttled(Budget::Excess::rate, milliseconds(0));
    EXPECT_NEAR(budget.rate(), 4.4, 0.05);
    granted_within(budget, milliseconds(20000));
    EXPECT_DOUBLE_EQ(budget.rate(), 16);
    EXPECT_EQ(granted_within(budget, milliseconds(1000)), 16);
    drain(budget);
}

TEST_F(StripeBudget, KeepsAMinimumRate) {
    Budget budget(clock_, options(16, 1, 8));
    for (int i = 0; i < 20; ++i) {
        budget.throttled(Budget::Excess::rate, milliseconds(0));
        budget.throttled(Budget::Excess::concurrency, milliseconds(0));
        clock_.advance(milliseconds(1000));
    }
    EXPECT_GT(budget.rate(), 0);
    EXPECT_GE(budget.in_flight_limit(), 1);
}

TEST_F(StripeBudget, ConcurrencyLimitErrorsLowerTheSlots) {
    Budget budget(clock_, options(1000, 1000, 8));
    budget.throttled(Budget::Excess::concurrency, milliseconds(0));
    EXPECT_EQ(budget.in_flight_limit(), 4);
    EXPECT_DOUBLE_EQ(budget.rate(), 1000);
    clock_.advance(milliseconds(10));
    ask(budget, Priority::interactive, 8);
    EXPECT_EQ(granted(), 4);
    drain(budget);
    clock_.advance(std::chrono::seconds(30));
    ask(budget, Priority::interactive, 20);
    EXPECT_EQ(granted(), 8 + 8);
    drain(budget);
}

TEST_F(StripeBudget, PausesForRetryAfter) {
    Budget budget(clock_, options(10, 5, 100));
    ask(budget, Priority::interactive, 1);
    EXPECT_EQ(granted(), 1);
    budget.throttled(Budget::Excess::rate, milliseconds(3000));
    ask(budget, Priority::interactive, 1);
    clock_.advance(milliseconds(3000));
    EXPECT_EQ(granted(), 1);
    clock_.advance(milliseconds(200));
    EXPECT_EQ(granted(), 2);
    drain(budget);
}

TEST_F(StripeBudget, ACancelledCallLeavesTheQueue) {
    Budget budget(clock_, options(10, 1, 100));
    std::stop_source first;
    std::stop_source last;
    ask(budget, Priority::interactive, "running");
    EXPECT_EQ(granted(), 1);
    ask(budget, Priority::interactive, "first", first.get_token());
    ask(budget, Priority::interactive, "middle");
    ask(budget, Priority::interactive, "last", last.get_token());
    settle(loop_);
    EXPECT_EQ(budget.waiting(), 3);
    first.request_stop();
    last.request_stop();
    settle(loop_);
    EXPECT_EQ(budget.waiting(), 1);
    EXPECT_EQ(cancelled_, (std::vector<std::string>{"first", "last"}));
    // The call after the first takes its place and its time.
    clock_.advance(milliseconds(100));
    EXPECT_EQ(granted(), 2);
    EXPECT_EQ(granted_.back(), "middle");
    EXPECT_EQ(budget.in_flight(), 2);
    drain(budget);
}

TEST_F(StripeBudget, ACallThatWasNotGrantedOccupiesNoSlot) {
    Budget budget(clock_, options(10, 5, 100));
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_THROW(
        run_task(loop_, clock_, budget.acquire(Priority::interactive, "", stopped.get_token())),
        Cancelled);
    EXPECT_EQ(budget.in_flight(), 0);
    const auto call = run_task(loop_, clock_, budget.acquire(Priority::interactive, "", {}));
    EXPECT_EQ(budget.in_flight(), 1);
    { const Budget::Permit permit(budget, call); }
    EXPECT_EQ(budget.in_flight(), 0);
}

TEST_F(StripeBudget, TheRateCanBeLowered) {
    Budget budget(clock_, options(20, 5, 100));
    budget.set_rate(10);
    EXPECT_DOUBLE_EQ(budget.rate(), 10);
    ask(budget, Priority::interactive, 100);
    granted_within(budget, milliseconds(1000));
    EXPECT_EQ(granted_within(budget, milliseconds(1000)), 10);
    drain(budget);
}

}  // namespace
}  // namespace paysync::stripe
