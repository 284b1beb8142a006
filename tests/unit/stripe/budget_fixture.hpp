// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/cancelled.hpp"
#include "jobs/stripe/budget.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace paysync::stripe {

using std::chrono::milliseconds;

/// Calls that ask a Budget for their turn, and a clock that the test turns.
class StripeBudget : public testing::Test {
protected:
    /// Requests a call and records when it is granted.
    void ask(Budget& budget, Priority priority, const std::string& name, std::stop_token stop = {},
             const std::string& account = "") {
        loop_.spawn(wait(this, &budget, priority, name, account, std::move(stop)),
                    [this, name](std::exception_ptr error) {
                        if (error)
                            cancelled_.push_back(name);
                    });
    }

    void ask(Budget& budget, Priority priority, int count) {
        for (int i = 0; i < count; ++i)
            ask(budget, priority, priority == Priority::interactive ? "i" : "b");
    }

    int granted() {
        settle(loop_);
        return static_cast<int>(granted_.size());
    }

    /// Calls that end at once, so that only the rate limits them.
    int granted_and_released(Budget& budget) {
        settle(loop_);
        while (budget.in_flight() > 0) {
            release(budget);
            settle(loop_);
        }
        return granted();
    }

    int granted_within(Budget& budget, milliseconds time) {
        const int before = granted_and_released(budget);
        for (milliseconds passed{0}; passed < time; passed += milliseconds(10)) {
            clock_.advance(milliseconds(10));
            granted_and_released(budget);
        }
        return granted() - before;
    }

    void drain(Budget& budget) {
        while (budget.waiting() > 0) {
            clock_.advance(std::chrono::seconds(1));
            granted_and_released(budget);
        }
        granted_and_released(budget);
        EXPECT_EQ(budget.in_flight(), 0);
        EXPECT_EQ(clock_.sleepers(), 0U);
    }

    /// Ends the call that has been in flight the longest.
    void release(Budget& budget) {
        budget.release(calls_.front());
        calls_.pop_front();
    }

    static Task<void> wait(StripeBudget* test, Budget* budget, Priority priority, std::string name,
                           std::string account, std::stop_token stop) {
        const auto call = co_await budget->acquire(priority, account, stop);
        test->calls_.push_back(call);
        test->granted_.push_back(name);
    }

    static Budget::Options options(double rate, double burst, int in_flight) {
        Budget::Options options;
        options.rate = rate;
        options.burst = burst;
        options.in_flight = in_flight;
        return options;
    }

    Loop loop_;
    FakeClock clock_{loop_};
    std::deque<Budget::Call> calls_;
    std::vector<std::string> granted_;
    std::vector<std::string> cancelled_;
};

}  // namespace paysync::stripe
