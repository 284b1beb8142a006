// SPDX-License-Identifier: MIT
#include "daemon/app/runs/run_store.hpp"

#include "tests/support/store_test.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace paysync::runs::store {
namespace {

using namespace std::chrono_literals;
using Result = SlotClaim::Result;
using Missed = schedule::Schedule::Missed;
using Overlap = schedule::Schedule::Overlap;

const std::string kJob = "onboarding.sweep";

class RunStore : public test::StoreTest {
protected:
    RunStore() {
        call(&register_jobs,
             std::vector<RegisteredJob>{{kJob, "calendar daily"}, {"other", "every 1m"}});
        // The schedule has been there for a while.
        run("UPDATE pay_private.job SET schedule_since = now() - interval '1 day'");
    }

    static DaemonLease lease(const std::string& daemon = "one") { return {daemon, 60}; }
    SlotTime slot(std::chrono::seconds ago) {
        const auto now = std::stoll(run("SELECT floor(extract(epoch FROM now()))::bigint"));
        return SlotTime(std::chrono::seconds(now) - ago);
    }
    static SlotRequest request(SlotTime slot) {
        SlotRequest request;
        request.job = kJob;
        request.slot = slot;
        return request;
    }
    SlotClaim claim(const SlotRequest& request, const std::string& daemon = "one") {
        return call(&claim_slot, request, lease(daemon));
    }
    /// Makes the leases of all running runs expire, as if their daemon had died.
    void die() {
        run("UPDATE pay_private.run SET alive_until = now() - interval '1 second' WHERE state = "
            "'running'");
    }
    std::string states() {
        return run("SELECT string_agg(state, ' ' ORDER BY run_id) FROM pay.runs WHERE job = '" +
                   kJob + "'");
    }
    void finish_ok(std::int64_t run_id) {
        call(&finish_run, run_id, Outcome{Outcome::State::ok, 3, 0, ""});
    }
};

TEST_F(RunStore, ASlotIsRunOnce) {
    const auto wanted = request(slot(1s));
    const auto first = claim(wanted, "one");
    EXPECT_EQ(first.result, Result::claimed);
    EXPECT_GT(first.run_id, 0);
    EXPECT_EQ(claim(wanted, "two").result, Result::taken);
    finish_ok(first.run_id);
    EXPECT_EQ(claim(wanted, "two").result, Result::taken);
    EXPECT_EQ(claim(request(slot(10s)), "two").result, Result::taken)
        << "an older one comes too late";
    EXPECT_EQ(states(), "ok");
}

TEST_F(RunStore, OnlyOneOfManyDaemonsGetsTheSlot) {
    const auto wanted = request(slot(1s));
    std::atomic<int> mine = 0;
    std::atomic<int> others = 0;
    std::vector<std::thread> daemons;
    for (int i = 0; i < 8; ++i)
        daemons.emplace_back([&, i] {
            pqxx::connection connection(database_.dsn());
            pqxx::work tx(connection);
            const auto result = claim_slot(tx, wanted, lease(std::to_string(i))).result;
            tx.commit();
            ++(result == Result::claimed ? mine : others);
            EXPECT_TRUE(result == Result::claimed || result == Result::taken);
        });
    for (auto& daemon : daemons)
        daemon.join();
    EXPECT_EQ(mine, 1);
    EXPECT_EQ(others, 7);
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.run"), "1");
}

TEST_F(RunStore, ASlotThatOverlapsWaitsOrIsSkippedAsConfigured) {
    const auto first = claim(request(slot(20s)));
    auto second = request(slot(10s));
    EXPECT_EQ(claim(second, "two").result, Result::busy);
    second.overlap = Overlap::skip;
    EXPECT_EQ(claim(second, "two").result, Result::skipped);
    EXPECT_EQ(claim(second, "three").result, Result::taken) << "it is settled for all";
    EXPECT_EQ(states(), "running skipped");
    finish_ok(first.run_id);
    EXPECT_EQ(claim(request(slot(1s)), "two").result, Result::claimed);
}

TEST_F(RunStore, ASlotDuringARunOfTheSameDaemonIsSkipped) {
    auto wanted = request(slot(1s));
    wanted.overlapped = true;
    wanted.overlap = Overlap::skip;
    EXPECT_EQ(claim(wanted).result, Result::skipped);
    EXPECT_EQ(run("SELECT reason FROM pay.runs"), "the previous run had not ended");
}

TEST_F(RunStore, AMissedSlotIsRunOnceOrSkippedAsConfigured) {
    auto late = request(slot(2h));
    late.late = true;
    late.missed = Missed::skip;
    EXPECT_EQ(claim(late).result, Result::skipped);
    EXPECT_EQ(run("SELECT reason FROM pay.runs"), "no daemon could run it at its time");
    late.slot = slot(1h);
    late.missed = Missed::run_once;
    EXPECT_EQ(claim(late).result, Result::claimed);
}

TEST_F(RunStore, TheSlotOfADeadDaemonIsLostAndRepeatedALimitedNumberOfTimes) {
    const auto wanted = request(slot(5s));
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(claim(wanted).result, Result::claimed);
        EXPECT_FALSE(call(&plan_slot, kJob).lost_slot) << "it is alive";
        die();
        EXPECT_EQ(run("SELECT state FROM pay.runs ORDER BY run_id DESC LIMIT 1"), "lost");
        const auto lost = call(&plan_slot, kJob).lost_slot;
        EXPECT_EQ(lost.has_value(), i < 3) << i;
        EXPECT_EQ(lost.value_or(wanted.slot), wanted.slot);
    }
    EXPECT_EQ(states(), "lost lost lost");
}

TEST_F(RunStore, AStaleDaemonCannotEndARunThatAnotherTookOver) {
    const auto wanted = request(slot(5s));
    const auto first = claim(wanted, "one");
    die();
    const auto second = claim(wanted, "two");
    EXPECT_EQ(second.result, Result::claimed);
    finish_ok(first.run_id);
    call(&renew_run, first.run_id, lease("one"));
    EXPECT_EQ(states(), "lost running");
    call(&renew_run, second.run_id, lease("two"));
    finish_ok(second.run_id);
    EXPECT_EQ(states(), "lost ok");
}

TEST_F(RunStore, ThePlanStartsAfterTheLastSettledSlotByDatabaseTime) {
    const auto before = call(&plan_slot, kJob);
    EXPECT_EQ(before.settled_until, std::chrono::floor<std::chrono::seconds>(before.now) - 24h);
    const auto wanted = request(slot(5s));
    finish_ok(claim(wanted).run_id);
    const auto after = call(&plan_slot, kJob);
    EXPECT_EQ(after.settled_until, wanted.slot);
    EXPECT_FALSE(after.paused);
    // With another schedule nothing of before is missed.
    call(&register_jobs, std::vector<RegisteredJob>{{kJob, "calendar hourly"}});
    EXPECT_GT(call(&plan_slot, kJob).settled_until, wanted.slot);
    const auto again = call(&plan_slot, kJob).settled_until;
    call(&register_jobs, std::vector<RegisteredJob>{{kJob, "calendar hourly"}});
    EXPECT_EQ(call(&plan_slot, kJob).settled_until, again) << "the same schedule changes nothing";
}

TEST_F(RunStore, APausedJobGetsNoSlot) {
    EXPECT_EQ(run("SELECT pay_private.pause_job('" + kJob + "', 'Stripe is down')"), "t");
    EXPECT_EQ(run("SELECT pay_private.pause_job('" + kJob + "')"), "f") << "it was paused already";
    EXPECT_EQ(run("SELECT state || ': ' || pause_reason FROM pay.jobs WHERE job = '" + kJob + "'"),
              "paused: Stripe is down");
    EXPECT_TRUE(call(&plan_slot, kJob).paused);
    EXPECT_TRUE(call(&read_controls).at(kJob).paused);
    EXPECT_FALSE(call(&read_controls).at("other").paused);
    const auto wanted = request(slot(1s));
    EXPECT_EQ(claim(wanted).result, Result::paused);
    EXPECT_EQ(run("SELECT pay_private.resume_job('" + kJob + "')"), "t");
    EXPECT_EQ(run("SELECT pay_private.resume_job('" + kJob + "')"), "f");
    EXPECT_EQ(claim(wanted).result, Result::claimed);
    EXPECT_EQ(run("SELECT state FROM pay.jobs WHERE job = '" + kJob + "'"), "running");
}

TEST_F(RunStore, ARequestedRunIsClaimedOnceByOneDaemon) {
    const auto id = run("SELECT pay_private.run_job('" + kJob + "')");
    EXPECT_EQ(run("SELECT pay_private.run_job('" + kJob + "')"), id) << "asked for twice, run once";
    EXPECT_TRUE(call(&read_controls).at(kJob).run_requested);
    EXPECT_EQ(std::to_string(call(&claim_requested_run, kJob, lease("one"))), id);
    EXPECT_EQ(call(&claim_requested_run, kJob, lease("two")), 0);
    EXPECT_FALSE(call(&read_controls).at(kJob).run_requested);
    EXPECT_NE(run("SELECT pay_private.run_job('" + kJob + "')"), id)
        << "one that runs is no answer";
}

TEST_F(RunStore, AnUnknownJobIsRefused) {
    for (const auto* function : {"pause_job", "resume_job", "run_job"})
        try {
            run(fmt::format("SELECT pay_private.{}('onboarding.swep')", function));
            ADD_FAILURE() << function;
        } catch (const pqxx::sql_error& e) {
            EXPECT_EQ(e.sqlstate(), "PY404");
            EXPECT_NE(std::string(e.what()).find("there is no job \"onboarding.swep\""),
                      std::string::npos);
        }
}

TEST_F(RunStore, SummariesOfPassesAreStoredAsRuns) {
    PassSummary summary;
    summary.job = kJob;
    summary.began_seconds_ago = 90;
    summary.ended_seconds_ago = 30;
    summary.passes = 4;
    summary.outcome = {Outcome::State::partial, 10, 2, "two could not be read"};
    call(&add_summaries, std::vector<PassSummary>{summary}, std::string("one"));
    EXPECT_EQ(run("SELECT concat_ws('|', cause, state, daemon, passes, done, failed, reason, "
                  "finished_at - started_at) "
                  "FROM pay.runs"),
              "pass|partial|one|4|10|2|two could not be read|00:01:00");
}

TEST_F(RunStore, ALongPassIsVisibleWhileItRuns) {
    const auto id = call(&open_run, kJob, 12.5, lease());
    EXPECT_EQ(run("SELECT state || ' ' || (heartbeat_at - started_at) FROM pay.runs"),
              "running 00:00:12.5");
    die();
    EXPECT_EQ(states(), "lost");
    call(&renew_run, id, lease());
    EXPECT_EQ(states(), "running") << "it was alive after all";
}

TEST_F(RunStore, OldRunsAreDeletedAndTheirSlotsAreNotRepeated) {
    const auto wanted = request(slot(5s));
    finish_ok(claim(wanted).run_id);
    const auto running = call(&open_run, std::string("other"), 0.0, lease());
    run("UPDATE pay_private.run SET finished_at = now() - interval '31 days' WHERE finished_at IS "
        "NOT NULL");
    EXPECT_EQ(call(&delete_old_runs, 30 * 86400.0), 1);
    EXPECT_EQ(call(&delete_old_runs, 30 * 86400.0), 0);
    EXPECT_EQ(run("SELECT run_id FROM pay_private.run"), std::to_string(running));
    EXPECT_EQ(claim(wanted).result, Result::taken);
}

TEST_F(RunStore, ADaemonIsForgottenOneDayAfterItsLastHeartbeat) {
    call(&heartbeat, lease("old"), std::string("0.1"), std::vector<std::string>());
    run("UPDATE pay_private.daemon SET alive_until = now() - interval '25 hours'");
    call(&heartbeat, lease("new"), std::string("0.1"), std::vector<std::string>{kJob});
    EXPECT_EQ(run("SELECT string_agg(daemon, ' ') FROM pay_private.daemon"), "new");
    EXPECT_EQ(run("SELECT string_agg(job, ' ') FROM pay.jobs WHERE last_pass_at IS NOT NULL"),
              kJob);
    call(&heartbeat, lease("new"), std::string("0.1"), std::vector<std::string>());
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.daemon"), "1");
}

}  // namespace
}  // namespace paysync::runs::store
