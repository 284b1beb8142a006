// SPDX-License-Identifier: MIT
#include "daemon/scheduler.hpp"

#include "daemon/db/errors.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace paysync {
namespace {

using namespace std::chrono_literals;

class SchedulerTest : public testing::Test {
protected:
    void add(std::chrono::milliseconds every, int jitter = 0) {
        Scheduler::Entry entry;
        entry.name = "job";
        entry.every = every;
        entry.jitter_percent = jitter;
        entry.pass = [this](std::stop_token) { return pass(); };
        scheduler_.add(std::move(entry));
        loop_.spawn(scheduler_.run(stop_.get_token()), [](std::exception_ptr) {});
        settle(loop_);
    }
    void TearDown() override {
        stop_.request_stop();
        settle(loop_);
    }
    void advance(std::chrono::milliseconds duration) {
        clock_.advance(duration);
        settle(loop_);
    }

    Loop loop_;
    FakeClock clock_{loop_};
    Scheduler scheduler_{loop_, clock_};
    std::stop_source stop_;
    int begun_ = 0;
    int running_ = 0;
    std::chrono::milliseconds takes_{0};
    bool fail_ = false;
    bool no_database_ = false;

private:
    Task<void> pass() {
        ++begun_;
        EXPECT_EQ(++running_, 1) << "a pass overlaps itself";
        if (takes_ > 0ms)
            co_await clock_.sleep(takes_, std::stop_token());
        --running_;
        if (no_database_)
            throw db::Unavailable("down");
        if (fail_)
            throw std::runtime_error("failed on purpose");
    }
};

TEST_F(SchedulerTest, runsAtOnceAndThenEveryPeriodAfterTheEndOfAPass) {
    takes_ = 3s;
    add(10s);
    EXPECT_EQ(begun_, 1);
    advance(3s);  // ends the pass
    advance(9s);
    EXPECT_EQ(begun_, 1);
    advance(1s);
    EXPECT_EQ(begun_, 2);
    advance(3s);
}

TEST_F(SchedulerTest, runsNowWithoutOverlapAndConflatesRequests) {
    takes_ = 3s;
    add(1h);
    EXPECT_TRUE(scheduler_.run_now("job"));
    EXPECT_TRUE(scheduler_.run_now("job"));
    settle(loop_);
    EXPECT_EQ(begun_, 1) << "the first pass still runs";
    advance(3s);
    EXPECT_EQ(begun_, 2);
    advance(3s);
    EXPECT_EQ(begun_, 2) << "two requests count as one";
    EXPECT_FALSE(scheduler_.run_now("nobody"));
}

TEST_F(SchedulerTest, waitsLongerAfterEachFailureAndRecovers) {
    fail_ = true;
    add(1s);
    std::vector<std::chrono::nanoseconds> pauses;
    const auto next_pass = [&] {
        const auto began = clock_.now();
        for (const int before = begun_; begun_ == before;) {
            ASSERT_TRUE(clock_.advance_to_next());
            settle(loop_);
        }
        pauses.push_back(clock_.now() - began);
    };
    for (int i = 0; i < 12; ++i)
        next_pass();
    EXPECT_EQ(pauses[0], 1s);
    EXPECT_EQ(pauses[1], 2s);
    EXPECT_EQ(pauses[4], 16s);
    EXPECT_EQ(pauses[11], 5min);
    fail_ = false;
    next_pass();
    next_pass();
    EXPECT_EQ(pauses.back(), 1s);
}

TEST_F(SchedulerTest, isDeafToWakeUpsRightAfterAFailure) {
    fail_ = true;
    add(1h);
    scheduler_.run_now("job");
    advance(29s);
    EXPECT_EQ(begun_, 1) << "being woken mends nothing";
    advance(1s);
    EXPECT_EQ(begun_, 2);
}

TEST_F(SchedulerTest, asksForALostDatabaseAtASteadyPace) {
    no_database_ = true;
    add(1h);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(clock_.slept().back(), 2s);
        ASSERT_TRUE(clock_.advance_to_next());
        settle(loop_);
    }
    EXPECT_EQ(begun_, 6);
}

TEST_F(SchedulerTest, keepsJitterWithinItsShare) {
    add(100s, 20);
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(clock_.advance_to_next());
        settle(loop_);
    }
    bool varied = false;
    for (const auto pause : clock_.slept()) {
        EXPECT_GE(pause, 80s);
        EXPECT_LE(pause, 120s);
        varied = varied || pause != clock_.slept().front();
    }
    EXPECT_TRUE(varied);
}

}  // namespace
}  // namespace paysync
