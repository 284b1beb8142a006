// SPDX-License-Identifier: MIT
#include "daemon/app/scheduler.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/schedule/calendar.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace paysync {
namespace {

using namespace std::chrono_literals;

using Result = runs::SlotClaim::Result;
using Missed = schedule::Schedule::Missed;
using Overlap = schedule::Schedule::Overlap;

/// The database as one daemon sees it: its clock, and who has which slot.
class FakeSlotClaims final : public runs::SlotClaims {
public:
    explicit FakeSlotClaims(FakeClock& clock) : clock_(clock) {}

    Task<runs::SlotPlan> plan_slot(std::string) override {
        runs::SlotPlan plan;
        plan.now = std::chrono::floor<std::chrono::milliseconds>(clock_.wall());
        plan.settled_until = settled_until;
        plan.lost_slot = lost_slot;
        plan.paused = paused;
        co_return plan;
    }
    Task<runs::SlotClaim> claim_slot(runs::SlotRequest request) override {
        requests.push_back(request);
        lost_slot.reset();
        runs::SlotClaim claim;
        claim.result = result;
        claim.run_id = 7;
        if (result == Result::claimed || result == Result::taken || result == Result::skipped)
            settled_until = std::max(settled_until, request.slot);
        co_return claim;
    }
    Task<std::int64_t> claim_requested_run(std::string) override {
        co_return std::exchange(requested_run, 0);
    }

    runs::SlotTime settled_until;
    std::optional<runs::SlotTime> lost_slot;
    bool paused = false;
    Result result = Result::claimed;
    std::int64_t requested_run = 0;
    std::vector<runs::SlotRequest> requests;

private:
    FakeClock& clock_;
};

class JobScheduler : public testing::Test {
protected:
    void add(std::chrono::milliseconds every, int jitter = 0) {
        schedule::Schedule schedule;
        schedule.every = every;
        schedule.jitter_percent = jitter;
        add(schedule);
    }
    /// Adds a job with a slot at every full minute.
    void add_minutely(Missed missed = Missed::run_once, Overlap overlap = Overlap::wait) {
        schedule::Schedule schedule;
        schedule.slots.emplace(schedule::parse_calendar("minutely").times, "UTC");
        schedule.missed = missed;
        schedule.overlap = overlap;
        slots_.settled_until = std::chrono::floor<std::chrono::seconds>(clock_.wall());
        add(schedule);
    }
    void add(schedule::Schedule schedule) {
        Scheduler::Entry entry;
        entry.name = "job";
        entry.schedule = std::move(schedule);
        entry.pass = [this](std::int64_t run_id, std::stop_token) { return pass(run_id); };
        scheduler_.add(std::move(entry));
        loop_.spawn(scheduler_.run(stop_.get_token()), [](std::exception_ptr) {});
        settle(loop_);
    }
    void TearDown() override {
        stop_.request_stop();
        settle(loop_);
        while (running_ > 0)  // a pass that takes its time hears of no stop
            advance(takes_);
    }
    void advance(std::chrono::milliseconds duration) {
        clock_.advance(duration);
        settle(loop_);
    }

    Loop loop_;
    FakeClock clock_{loop_};
    FakeSlotClaims slots_{clock_};
    Scheduler scheduler_{loop_, clock_, slots_};
    std::stop_source stop_;
    int begun_ = 0;
    int running_ = 0;
    std::chrono::milliseconds takes_{0};
    bool fail_ = false;
    bool no_database_ = false;
    std::vector<std::int64_t> runs_;

    void apply_controls(bool paused, bool run_requested) {
        scheduler_.apply_controls({{"job", runs::JobControl{paused, run_requested}}});
        settle(loop_);
    }

private:
    Task<void> pass(std::int64_t run_id) {
        ++begun_;
        runs_.push_back(run_id);
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

TEST_F(JobScheduler, RunsAtOnceAndThenEveryPeriodAfterTheEndOfAPass) {
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

TEST_F(JobScheduler, RunsOnRequestWithoutOverlapAndMergesRequests) {
    takes_ = 3s;
    add(1h);
    scheduler_.wake("job");
    scheduler_.wake("job");
    settle(loop_);
    EXPECT_EQ(begun_, 1) << "the first pass still runs";
    advance(3s);
    EXPECT_EQ(begun_, 2);
    advance(3s);
    EXPECT_EQ(begun_, 2) << "two requests count as one";
    scheduler_.wake("nobody");
}

TEST_F(JobScheduler, WaitsLongerAfterEachFailureAndRecovers) {
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

TEST_F(JobScheduler, IgnoresWakeUpsRightAfterAFailure) {
    fail_ = true;
    add(1h);
    scheduler_.wake("job");
    advance(29s);
    EXPECT_EQ(begun_, 1) << "being woken mends nothing";
    advance(1s);
    EXPECT_EQ(begun_, 2);
}

TEST_F(JobScheduler, RetriesALostDatabaseAtAConstantPeriod) {
    no_database_ = true;
    add(1h);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(clock_.slept().back(), 2s);
        ASSERT_TRUE(clock_.advance_to_next());
        settle(loop_);
    }
    EXPECT_EQ(begun_, 6);
}

TEST_F(JobScheduler, KeepsJitterWithinItsLimit) {
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

TEST_F(JobScheduler, StartsInPhaseAndNeverBeforeIt) {
    schedule::Schedule schedule;
    schedule.every = 10min;
    schedule.phase = 3min;
    schedule.jitter_percent = 20;
    add(schedule);
    EXPECT_EQ(begun_, 0);
    for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(clock_.advance_to_next());
        settle(loop_);
        const auto behind = (clock_.wall().time_since_epoch() - 3min) % 10min;
        EXPECT_LE(behind, 2min + 1ms);
        EXPECT_EQ(begun_, i + 1) << "one pass a period";
    }
}

TEST_F(JobScheduler, StartsNoPassWhilePaused) {
    add(10s);
    apply_controls(true, false);
    advance(30s);
    advance(5min);
    scheduler_.wake("job");
    settle(loop_);
    EXPECT_EQ(begun_, 1) << "the one before the pause";
    apply_controls(false, false);
    EXPECT_EQ(begun_, 2) << "at once when it is resumed";
    advance(10s);
    EXPECT_EQ(begun_, 3);
}

TEST_F(JobScheduler, RunsOnRequestWhilePausedOrIgnoringWakeUps) {
    fail_ = true;
    add(1h);
    slots_.requested_run = 12;
    apply_controls(true, true);
    EXPECT_EQ(runs_, (std::vector<std::int64_t>{0, 12}));
}

TEST_F(JobScheduler, KeepsAWakeUpIfAnotherDaemonClaimedTheRequestedRun) {
    add(1h);
    apply_controls(false, true);
    EXPECT_EQ(runs_, (std::vector<std::int64_t>{0, 0}));
}

TEST_F(JobScheduler, RunsASlotWhenItIsDue) {
    add_minutely();
    EXPECT_EQ(begun_, 0);
    for (int i = 1; i <= 3; ++i) {
        advance(59s);
        EXPECT_EQ(begun_, i - 1);
        scheduler_.wake("job");
        settle(loop_);
        EXPECT_EQ(begun_, i - 1) << "rows that come in do not wake it";
        advance(1s);
        EXPECT_EQ(begun_, i);
        EXPECT_FALSE(slots_.requests.back().late);
        EXPECT_FALSE(slots_.requests.back().overlapped);
        EXPECT_EQ(slots_.requests.back().slot, clock_.wall());
    }
    EXPECT_EQ(runs_, (std::vector<std::int64_t>{7, 7, 7}));
}

TEST_F(JobScheduler, LeavesASlotToTheDaemonThatClaimedIt) {
    slots_.result = Result::taken;
    add_minutely();
    advance(60s);
    advance(60s);
    EXPECT_EQ(slots_.requests.size(), 2U);
    EXPECT_EQ(begun_, 0);
}

TEST_F(JobScheduler, MarksASlotAsMissedIfItWasNotWaitedFor) {
    schedule::Schedule schedule;
    schedule.slots.emplace(schedule::parse_calendar("hourly").times, "UTC");
    schedule.missed = Missed::skip;
    clock_.advance(30min);  // the fake day begins with a full hour
    slots_.settled_until = std::chrono::floor<std::chrono::seconds>(clock_.wall()) - 3h;
    add(schedule);
    ASSERT_EQ(slots_.requests.size(), 1U) << "of several that were missed the last one counts";
    EXPECT_TRUE(slots_.requests[0].late);
    EXPECT_EQ(slots_.requests[0].missed, Missed::skip);
    EXPECT_EQ(slots_.requests[0].slot, clock_.wall() - 30min);
}

TEST_F(JobScheduler, MarksASlotAsOverlappedIfTheRunBeforeHadNotEnded) {
    takes_ = 150s;
    add_minutely(Missed::skip, Overlap::skip);
    advance(60s);
    advance(150s);  // the second and the third minute pass, and the run ends
    ASSERT_EQ(slots_.requests.size(), 2U);
    EXPECT_TRUE(slots_.requests[1].overlapped);
    EXPECT_FALSE(slots_.requests[1].late);
    EXPECT_EQ(slots_.requests[1].slot, slots_.requests[0].slot + 2min);
    advance(150s);
}

TEST_F(JobScheduler, RetriesASlotWhileTheJobRunsElsewhere) {
    slots_.result = Result::busy;
    add_minutely();
    advance(60s);
    for (int i = 0; i < 4; ++i)
        advance(5s);
    EXPECT_EQ(begun_, 0);
    EXPECT_EQ(slots_.requests.size(), 5U);
    slots_.result = Result::claimed;
    advance(5s);
    EXPECT_EQ(begun_, 1);
    EXPECT_FALSE(slots_.requests.back().late) << "it waited for it";
}

TEST_F(JobScheduler, RunsTheSlotOfADeadDaemon) {
    add_minutely();
    const auto slot = slots_.settled_until;
    slots_.lost_slot = slot;
    advance(30s);
    EXPECT_EQ(begun_, 0) << "not looked yet";
    advance(30s);
    ASSERT_EQ(slots_.requests.size(), 1U);
    EXPECT_EQ(begun_, 1);
    EXPECT_NE(slots_.requests[0].slot, slot) << "the next slot does its work as well";
    slots_.lost_slot = slot;
    apply_controls(false, true);  // whatever makes it look
    ASSERT_EQ(slots_.requests.size(), 2U);
    EXPECT_EQ(slots_.requests[1].slot, slot);
    EXPECT_FALSE(slots_.requests[1].late);
}

TEST_F(JobScheduler, SkipsTheSlotOfADeadDaemonIfMissedSlotsAreSkipped) {
    add_minutely(Missed::skip);
    slots_.lost_slot = slots_.settled_until;
    apply_controls(false, true);
    EXPECT_TRUE(slots_.requests.empty());
}

TEST_F(JobScheduler, WritesNothingForASlotWhilePaused) {
    slots_.paused = true;
    add_minutely();
    advance(60s);
    advance(60s);
    EXPECT_TRUE(slots_.requests.empty());
    slots_.paused = false;
    apply_controls(true, false);
    apply_controls(false, false);
    ASSERT_EQ(slots_.requests.size(), 1U);
    EXPECT_EQ(begun_, 1) << "missed: run_once";
}

TEST_F(JobScheduler, WaitsForTheNextSlotAfterAFailure) {
    fail_ = true;
    add_minutely();
    advance(60s);
    EXPECT_EQ(begun_, 1);
    for (int i = 0; i < 5; ++i)
        advance(10s);
    EXPECT_EQ(begun_, 1);
    advance(10s);
    EXPECT_EQ(begun_, 2);
}

TEST_F(JobScheduler, ReportsAJobThatNoChannelWakes) {
    add(60s);
    EXPECT_EQ(scheduler_.stalled(), "");
    clock_.advance(60s + 4min);  // its time has come, and the loop does not turn
    EXPECT_EQ(scheduler_.stalled(), "") << "a busy loop is late";
    clock_.advance(2min);
    EXPECT_EQ(scheduler_.stalled(), "job is overdue");
    settle(loop_);
    EXPECT_EQ(scheduler_.stalled(), "");
    takes_ = 1h;
    advance(60s);
    advance(30min);
    EXPECT_EQ(scheduler_.stalled(), "") << "a pass may take its time";
}

}  // namespace
}  // namespace paysync
