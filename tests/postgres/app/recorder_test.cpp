// SPDX-License-Identifier: MIT
#include "daemon/app/runs/recorder.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "jobs/frame/report.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/store_test.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace paysync::runs {
namespace {

using namespace std::chrono_literals;

class RunRecorder : public test::StoreTest {
protected:
    RunRecorder() {
        db::Pool::Options pool;
        pool.conninfo = database_.dsn();
        pool.workers = 2;
        pool_.emplace(loop_, pool);
        options_.daemon = "one";
        options_.version = "0.1";
        options_.lease = 60s;
        options_.renew = 20ms;
        options_.keep_runs = 24h;
        options_.jobs = {{"job", "every 1m"}};
        options_.on_controls = [this](const std::map<std::string, JobControl>& controls) {
            controls_ = controls;
        };
        recorder_.emplace(loop_, clock_, *pool_, options_);
        run_task(loop_, recorder_->begin(stop_.get_token()));
    }

    /// Makes a new recorder, so that changed options take effect.
    void begin_again() { recorder_.emplace(loop_, clock_, *pool_, options_); }

    void pass(std::int64_t run_id, Task<void> work) {
        run_task(loop_, recorder_->record_pass("job", run_id, &report_, std::move(work),
                                               stop_.get_token()));
    }
    void end() { run_task(loop_, recorder_->end()); }
    std::string runs() {
        return run(
            "SELECT string_agg(concat_ws(' ', cause, state, passes, done, failed, reason), '; ' "
            "ORDER BY run_id) FROM pay.runs");
    }
    Task<void> nothing() { co_return; }
    Task<void> fail(std::string words) {
        co_await clock_.sleep(0ms, std::stop_token());
        throw std::runtime_error(words);
    }
    Task<void> lose_database() {
        co_await clock_.sleep(0ms, std::stop_token());
        throw db::Unavailable("gone");
    }
    Task<void> be_stopped() {
        co_await clock_.sleep(0ms, std::stop_token());
        throw Cancelled();
    }
    /// Waits until the run in the database was renewed after its start.
    Task<void> last() {
        for (;;) {
            co_await clock_.sleep(5ms, std::stop_token());
            if (run("SELECT heartbeat_at > created_at FROM pay_private.run") == "t")
                co_return;
        }
    }

    Loop loop_;
    LoopClock clock_{loop_};
    std::optional<db::Pool> pool_;
    Recorder::Options options_;
    std::optional<Recorder> recorder_;
    std::stop_source stop_;
    Report report_;
    std::map<std::string, JobControl> controls_;
};

TEST_F(RunRecorder, RegistersTheDaemonAndReadsTheOperatorsControls) {
    EXPECT_EQ(run("SELECT daemon FROM pay_private.daemon WHERE alive_until > now()"), "one");
    EXPECT_EQ(run("SELECT schedule || ' ' || state FROM pay.jobs"), "every 1m waiting");
    EXPECT_FALSE(controls_.at("job").paused);
    run("SELECT pay_private.pause_job('job')");
    begin_again();
    run_task(loop_, recorder_->begin(stop_.get_token()));
    EXPECT_TRUE(controls_.at("job").paused) << "before the first pass";
}

TEST_F(RunRecorder, ReportsHowManyDaemonsAreAlive) {
    int alive = 0;
    options_.on_daemons = [&alive](int daemons) { alive = daemons; };
    const auto begin = [this](const std::string& daemon) {
        options_.daemon = daemon;
        begin_again();
        run_task(loop_, recorder_->begin(stop_.get_token()));
    };
    begin("two");
    EXPECT_EQ(alive, 2);
    end();  // of two
    begin("three");
    EXPECT_EQ(alive, 2) << "one, which has not ended, and three";
    run("UPDATE pay_private.daemon SET alive_until = now() WHERE daemon = 'one'");
    begin("four");
    EXPECT_EQ(alive, 2) << "three and four";
}

TEST_F(RunRecorder, AnIdlePassWritesNoRun) {
    const std::string versions =
        "SELECT string_agg(v::text, ' ' ORDER BY v::text) FROM (SELECT xmin::text, ctid FROM "
        "pay_private.job "
        "UNION ALL SELECT xmin::text, ctid FROM pay_private.daemon) v";
    const auto before = run(versions);
    for (int i = 0; i < 100; ++i)
        pass(0, nothing());
    EXPECT_EQ(run(versions), before) << "no row was written";
    end();
    EXPECT_EQ(runs(), "");
}

TEST_F(RunRecorder, ShortPassesAreSummedUpInOneRow) {
    report_.did(2);
    pass(0, nothing());
    pass(0, nothing());
    report_ = Report();
    pass(0, nothing());
    report_.did();
    report_.failed("one could not be read");
    pass(0, nothing());
    EXPECT_EQ(runs(), "") << "not while it gathers";
    end();
    EXPECT_EQ(runs(), "pass partial 3 5 1 one could not be read");
    end();
    EXPECT_EQ(run("SELECT count(*) FROM pay.runs"), "1") << "and written once";
}

TEST_F(RunRecorder, AFailedPassIsRecordedAndItsErrorRethrown) {
    EXPECT_THROW(pass(0, fail("no luck")), std::runtime_error);
    EXPECT_THROW(pass(0, lose_database()), db::Unavailable);
    end();
    EXPECT_EQ(runs(), "pass error 1 0 0 no luck") << "a lost database is no run";
}

TEST_F(RunRecorder, ALongReasonIsCutAtACharacterBoundary) {
    std::string long_reason(499, 'x');
    EXPECT_THROW(pass(0, fail(long_reason + "\u00e4\u00e4")), std::runtime_error);
    end();
    EXPECT_EQ(run("SELECT reason FROM pay.runs"), long_reason);
}

TEST_F(RunRecorder, ARunWithARowEndsInThatRow) {
    const auto request_run = [&] {
        run("SELECT pay_private.run_job('job')");
        return run_task(loop_, recorder_->claim_requested_run("job"));
    };
    report_.did(4);
    pass(request_run(), nothing());
    EXPECT_THROW(pass(request_run(), fail("no luck")), std::runtime_error);
    EXPECT_THROW(pass(request_run(), lose_database()), db::Unavailable);
    stop_.request_stop();
    EXPECT_THROW(pass(request_run(), be_stopped()), Cancelled);
    EXPECT_EQ(runs(),
              "asked ok 1 4 0; asked error 1 4 0 no luck; "
              "asked error 1 4 0 the database did not answer; "
              "asked partial 1 4 0 the daemon was stopped");
}

TEST_F(RunRecorder, ALongPassHasARowAndRenewsIt) {
    options_.long_pass_after = 5ms;
    begin_again();
    report_.did();
    pass(0, last());
    EXPECT_EQ(runs(), "pass ok 1 1 0");
    end();
    EXPECT_EQ(run("SELECT count(*) FROM pay.runs"), "1") << "it is not summed up as well";
}

TEST_F(RunRecorder, ASlotIsClaimedInTheDaemonsName) {
    run("UPDATE pay_private.job SET schedule_since = now() - interval '1 hour'");
    const auto plan = run_task(loop_, recorder_->plan_slot("job"));
    SlotRequest request;
    request.job = "job";
    request.slot = std::chrono::floor<std::chrono::seconds>(plan.now);
    const auto claim = run_task(loop_, recorder_->claim_slot(request));
    EXPECT_EQ(claim.result, SlotClaim::Result::claimed);
    EXPECT_EQ(run("SELECT daemon || ' ' || (alive_until - heartbeat_at) FROM pay_private.run"),
              "one 00:01:00");
}

}  // namespace
}  // namespace paysync::runs
