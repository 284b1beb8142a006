// SPDX-License-Identifier: MIT
#include "daemon/base/loop/loop.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/offload.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace paysync {
namespace {

using namespace std::chrono_literals;

Task<std::string> greet(Loop& loop, std::string name) {
    LoopClock clock(loop);
    co_await clock.sleep(1ms, std::stop_token());
    co_return "hello " + name;
}

Task<std::string> greet_twice(Loop& loop) {
    auto text = co_await greet(loop, "a");
    text += ", " + co_await greet(loop, "b");
    co_return text;
}

TEST(Loop, AwaitsNestedTasks) {
    Loop loop;
    EXPECT_EQ(run_task(loop, greet_twice(loop)), "hello a, hello b");
}

Task<void> throw_after_sleep(Loop& loop) {
    LoopClock clock(loop);
    co_await clock.sleep(0ms, std::stop_token());
    throw std::runtime_error("from below");
}

TEST(Loop, PassesExceptionsToTheAwaiter) {
    Loop loop;
    EXPECT_THROW(run_task(loop, throw_after_sleep(loop)), std::runtime_error);
}

TEST(Loop, RunsPostedWorkOnItsOwnThread) {
    Loop loop;
    std::thread::id ran_on;
    loop.hold();
    std::thread other([&] {
        loop.post([&] {
            ran_on = std::this_thread::get_id();
            loop.release();
        });
    });
    loop.run();
    other.join();
    EXPECT_EQ(ran_on, std::this_thread::get_id());
}

Task<void> sleep_long(Clock& clock, std::stop_token stop, bool& cancelled) {
    try {
        co_await clock.sleep(24h, stop);
    } catch (const Cancelled&) {
        cancelled = true;
    }
}

TEST(Loop, AStopTokenEndsASleepAndTheLoopClosesCleanly) {
    bool cancelled = false;
    {
        Loop loop;
        LoopClock clock(loop);
        std::stop_source stop;
        loop.spawn(sleep_long(clock, stop.get_token(), cancelled), [](std::exception_ptr) {});
        loop.post([&] { stop.request_stop(); });
        loop.hold();
        loop.post([&] { loop.release(); });
        loop.run();
    }  // ~Loop() aborts if a handle is still open
    EXPECT_TRUE(cancelled);
}

TEST(Loop, DoesNotSleepOnceStopped) {
    Loop loop;
    LoopClock clock(loop);
    std::stop_source stop;
    stop.request_stop();
    bool cancelled = false;
    run_task(loop, sleep_long(clock, stop.get_token(), cancelled));
    EXPECT_TRUE(cancelled);
}

Task<void> child(Clock& clock, int& running, int& most) {
    most = std::max(most, ++running);
    co_await clock.sleep(10ms, std::stop_token());
    --running;
}

Task<void> spawn_bounded(Loop& loop, Clock& clock, int& most) {
    int running = 0;
    TaskGroup group(loop);
    for (int i = 0; i < 20; ++i) {
        co_await group.wait_below(3);
        group.spawn(child(clock, running, most));
    }
    co_await group.join();
    EXPECT_EQ(running, 0);
}

TEST(TaskGroup, LimitsHowManyTasksRunAtOnce) {
    Loop loop;
    FakeClock clock(loop);
    int most = 0;
    run_task(loop, clock, spawn_bounded(loop, clock, most));
    EXPECT_EQ(most, 3);
}

Task<void> join_failing(Loop& loop, bool& other_ended) {
    LoopClock clock(loop);
    TaskGroup group(loop);
    group.spawn(throw_after_sleep(loop));
    int running = 0;
    int most = 0;
    group.spawn(child(clock, running, most));
    try {
        co_await group.join();
    } catch (const std::runtime_error&) {
        other_ended = running == 0;
    }
}

TEST(TaskGroup, ThrowsATasksErrorAfterAllHaveEnded) {
    Loop loop;
    bool other_ended = false;
    run_task(loop, join_failing(loop, other_ended));
    EXPECT_TRUE(other_ended);
}

Task<void> spawn_and_fail(Loop& loop, Clock& clock, TaskGroup& group, bool fails, int& running,
                          int& most) {
    group.spawn(throw_after_sleep(loop));
    group.spawn(child(clock, running, most));
    if (fails)
        throw std::logic_error("of the work");
    co_return;
}

Task<void> join_after_work(Loop& loop, bool fails, std::string& error, int& running) {
    LoopClock clock(loop);
    TaskGroup group(loop);
    int most = 0;
    try {
        co_await group.join_after(spawn_and_fail(loop, clock, group, fails, running, most));
    } catch (const std::exception& e) {
        error = e.what();
    }
}

TEST(TaskGroup, WaitsForAllTasksWhetherTheWorkOrATaskFails) {
    for (const bool fails : {true, false}) {
        Loop loop;
        std::string error;
        int running = 0;
        run_task(loop, join_after_work(loop, fails, error, running));
        EXPECT_EQ(running, 0);
        EXPECT_EQ(error == "of the work", fails) << error;
        EXPECT_NE(error, "");
    }
}

Task<void> wait_twice(Wakeup& wakeup, FakeClock& clock, int& woken) {
    co_await wakeup.wait(clock, 1h, std::stop_token());
    ++woken;
    co_await wakeup.wait(clock, 1h, std::stop_token());
    ++woken;
}

TEST(Wakeup, CountsSeveralNotificationsAsOne) {
    Loop loop;
    FakeClock clock(loop);
    Wakeup wakeup;
    int woken = 0;
    loop.spawn(wait_twice(wakeup, clock, woken), [](std::exception_ptr) {});
    settle(loop);
    wakeup.notify();
    wakeup.notify();
    settle(loop);
    EXPECT_EQ(woken, 1);
    clock.advance(1h);
    settle(loop);
    EXPECT_EQ(woken, 2);
}

Task<std::thread::id> where(Loop& loop) {
    std::thread::id id;
    Offload work(loop, [&id] { id = std::this_thread::get_id(); });
    co_await work;
    co_return id;
}

Task<void> offload_throwing(Loop& loop) {
    Offload work(loop, [] { throw std::runtime_error("blocking call failed"); });
    co_await work;
}

TEST(Offload, RunsOnAnotherThreadAndReturnsErrors) {
    Loop loop;
    EXPECT_NE(run_task(loop, where(loop)), std::this_thread::get_id());
    EXPECT_THROW(run_task(loop, offload_throwing(loop)), std::runtime_error);
}

}  // namespace
}  // namespace paysync
