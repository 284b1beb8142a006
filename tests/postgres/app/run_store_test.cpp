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
using Answer = SlotClaim::Answer;
using Missed = schedule::Schedule::Missed;
using Overlap = schedule::Schedule::Overlap;

const std::string kJob = "onboarding.sweep";

class RunStore : public test::StoreTest {
protected:
    RunStore() {
        call(&know_jobs, std::vector<Known>{{kJob, "calendar daily"}, {"other", "every 1m"}});
        // The schedule is one day old.
        run("UPDATE pay_private.job SET schedule_since = now() - interval '1 day'");
    }

    static Runner runner(const std::string& daemon = "one") { return {daemon, 60}; }
    SlotTime slot(std::chrono::seconds ago) {
        const auto now = std::stoll(run("SELECT floor(extract(epoch FROM now()))::bigint"));
        return SlotTime(std::chrono::seconds(now) - ago);
    }
    static SlotWish wish(SlotTime slot) {
        SlotWish wish;
        wish.job = kJob;
        wish.slot = slot;
        return wish;
    }
    SlotClaim claim(const SlotWish& wish, const std::string& daemon = "one") {
        return call(&claim_slot, wish, runner(daemon));
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
        call(&finish, run_id, Outcome{Outcome::State::ok, 3, 0, ""});
    }
};

TEST_F(RunStore, ASlotIsRunOnce) {
    const auto wanted = wish(slot(1s));
    const auto first = claim(wanted, "one");
    EXPECT_EQ(first.answer, Answer::mine);
    EXPECT_GT(first.run_id, 0);
    EXPECT_EQ(claim(wanted, "two").answer, Answer::taken);
    finish_ok(first.run_id);
    EXPECT_EQ(claim(wanted, "two").answer, Answer::taken);
    EXPECT_EQ(claim(wish(slot(10s)), "two").answer, Answer::taken) << "an older one comes too late";
    EXPECT_EQ(states(), "ok");
}

TEST_F(RunStore, OnlyOneOfManyDaemonsGetsTheSlot) {
    const auto wanted = wish(slot(1s));
    std::atomic<int> mine = 0;
    std::atomic<int> others = 0;
    std::vector<std::thread> daemons;
    for (int i = 0; i < 8; ++i)
        daemons.emplace_back([&, i] {
            pqxx::connection connection(database_.dsn());
            pqxx::work tx(connection);
            const auto answer = claim_slot(tx, wanted, runner(std::to_string(i))).answer;
            tx.commit();
            ++(answer == Answer::mine ? mine : others);
            EXPECT_TRUE(answer == Answer::mine || answer == Answer::taken);
        });
    for (auto& daemon : daemons)
        daemon.join();
    EXPECT_EQ(mine, 1);
    EXPECT_EQ(others, 7);
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.run"), "1");
}

TEST_F(RunStore, ASlotThatOverlapsWaitsOrIsSkippedAsConfigured) {
    const auto first = claim(wish(slot(20s)));
    auto second = wish(slot(10s));
    EXPECT_EQ(claim(second, "two").answer, Answer::busy);
    second.overlap = Overlap::skip;
    EXPECT_EQ(claim(second, "two").answer, Answer::skipped);
    EXPECT_EQ(claim(second, "three").answer, Answer::taken) << "it is settled for all";
    EXPECT_EQ(states(), "running skipped");
    finish_ok(first.run_id);
    EXPECT_EQ(claim(wish(slot(1s)), "two").answer, Answer::mine);
}

TEST_F(RunStore, ASlotDuringARunOfTheSameDaemonIsSkipped) {
    auto wanted = wish(slot(1s));
    wanted.overlapped = true;
    wanted.overlap = Overlap::skip;
    EXPECT_EQ(claim(wanted).answer, Answer::skipped);
    EXPECT_EQ(run("SELECT reason FROM pay.runs"), "the run before it had not ended");
}

TEST_F(RunStore, AMissedSlotIsRunOnceOrSkippedAsConfigured) {
    auto late = wish(slot(2h));
    late.late = true;
    late.missed = Missed::skip;
    EXPECT_EQ(claim(late).answer, Answer::skipped);
    EXPECT_EQ(run("SELECT reason FROM pay.runs"), "no daemon could run it when its time came");
    late.slot = slot(1h);
    late.missed = Missed::run_once;
    EXPECT_EQ(claim(late).answer, Answer::mine);
}

TEST_F(RunStore, TheSlotOfADeadDaemonIsLostAndRepeatedALimitedNumberOfTimes) {
    const auto wanted = wish(slot(5s));
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(claim(wanted).answer, Answer::mine);
        EXPECT_FALSE(call(&plan, kJob).lost) << "it is alive";
        die();
        EXPECT_EQ(run("SELECT state FROM pay.runs ORDER BY run_id DESC LIMIT 1"), "lost");
        const auto lost = call(&plan, kJob).lost;
        EXPECT_EQ(lost.has_value(), i < 3) << i;
        EXPECT_EQ(lost.value_or(wanted.slot), wanted.slot);
    }
    EXPECT_EQ(states(), "lost lost lost");
}

TEST_F(RunStore, AStaleDaemonCannotEndARunThatAnotherTookOver) {
    const auto wanted = wish(slot(5s));
    const auto first = claim(wanted, "one");
    die();
    const auto second = claim(wanted, "two");
    EXPECT_EQ(second.answer, Answer::mine);
    finish_ok(first.run_id);
    call(&keep_alive, first.run_id, runner("one"));
    EXPECT_EQ(states(), "lost running");
    call(&keep_alive, second.run_id, runner("two"));
    finish_ok(second.run_id);
    EXPECT_EQ(states(), "lost ok");
}

TEST_F(RunStore, ThePlanStartsAfterTheLastSettledSlotByDatabaseTime) {
    const auto before = call(&plan, kJob);
    EXPECT_EQ(before.since, std::chrono::floor<std::chrono::seconds>(before.now) - 24h);
    const auto wanted = wish(slot(5s));
    finish_ok(claim(wanted).run_id);
    const auto after = call(&plan, kJob);
    EXPECT_EQ(after.since, wanted.slot);
    EXPECT_FALSE(after.paused);
    // After a change of the schedule no earlier slot is missed.
    call(&know_jobs, std::vector<Known>{{kJob, "calendar hourly"}});
    EXPECT_GT(call(&plan, kJob).since, wanted.slot);
    const auto again = call(&plan, kJob).since;
    call(&know_jobs, std::vector<Known>{{kJob, "calendar hourly"}});
    EXPECT_EQ(call(&plan, kJob).since, again) << "the same schedule changes nothing";
}

TEST_F(RunStore, APausedJobGetsNoSlot) {
    EXPECT_EQ(run("SELECT pay_private.pause_job('" + kJob + "', 'Stripe is down')"), "t");
    EXPECT_EQ(run("SELECT pay_private.pause_job('" + kJob + "')"), "f") << "it was paused already";
    EXPECT_EQ(run("SELECT state || ': ' || pause_reason FROM pay.jobs WHERE job = '" + kJob + "'"),
              "paused: Stripe is down");
    EXPECT_TRUE(call(&plan, kJob).paused);
    EXPECT_TRUE(call(&controls).at(kJob).paused);
    EXPECT_FALSE(call(&controls).at("other").paused);
    const auto wanted = wish(slot(1s));
    EXPECT_EQ(claim(wanted).answer, Answer::paused);
    EXPECT_EQ(run("SELECT pay_private.resume_job('" + kJob + "')"), "t");
    EXPECT_EQ(run("SELECT pay_private.resume_job('" + kJob + "')"), "f");
    EXPECT_EQ(claim(wanted).answer, Answer::mine);
    EXPECT_EQ(run("SELECT state FROM pay.jobs WHERE job = '" + kJob + "'"), "running");
}

TEST_F(RunStore, ARequestedRunIsClaimedOnceByOneDaemon) {
    const auto id = run("SELECT pay_private.run_job('" + kJob + "')");
    EXPECT_EQ(run("SELECT pay_private.run_job('" + kJob + "')"), id) << "asked for twice, run once";
    EXPECT_TRUE(call(&controls).at(kJob).asked);
    EXPECT_EQ(std::to_string(call(&claim_asked, kJob, runner("one"))), id);
    EXPECT_EQ(call(&claim_asked, kJob, runner("two")), 0);
    EXPECT_FALSE(call(&controls).at(kJob).asked);
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
    Summary summary;
    summary.job = kJob;
    summary.began_ago = 90;
    summary.ended_ago = 30;
    summary.passes = 4;
    summary.outcome = {Outcome::State::partial, 10, 2, "two could not be read"};
    call(&add, std::vector<Summary>{summary}, std::string("one"));
    EXPECT_EQ(run("SELECT concat_ws('|', cause, state, daemon, passes, done, failed, reason, "
                  "finished_at - started_at) "
                  "FROM pay.runs"),
              "pass|partial|one|4|10|2|two could not be read|00:01:00");
}

TEST_F(RunStore, ALongPassIsVisibleWhileItRuns) {
    const auto id = call(&open, kJob, 12.5, runner());
    EXPECT_EQ(run("SELECT state || ' ' || (heartbeat_at - started_at) FROM pay.runs"),
              "running 00:00:12.5");
    die();
    EXPECT_EQ(states(), "lost");
    call(&keep_alive, id, runner());
    EXPECT_EQ(states(), "running") << "it was alive after all";
}

TEST_F(RunStore, OldRunsAreDeletedAndTheirSlotsAreNotRepeated) {
    const auto wanted = wish(slot(5s));
    finish_ok(claim(wanted).run_id);
    const auto running = call(&open, std::string("other"), 0.0, runner());
    run("UPDATE pay_private.run SET finished_at = now() - interval '31 days' WHERE finished_at IS "
        "NOT NULL");
    EXPECT_EQ(call(&prune, 30 * 86400.0), 1);
    EXPECT_EQ(call(&prune, 30 * 86400.0), 0);
    EXPECT_EQ(run("SELECT run_id FROM pay_private.run"), std::to_string(running));
    EXPECT_EQ(claim(wanted).answer, Answer::taken);
}

TEST_F(RunStore, ADaemonIsForgottenOneDayAfterItsLastHeartbeat) {
    call(&beat, runner("old"), std::string("0.1"), std::vector<std::string>());
    run("UPDATE pay_private.daemon SET alive_until = now() - interval '25 hours'");
    call(&beat, runner("new"), std::string("0.1"), std::vector<std::string>{kJob});
    EXPECT_EQ(run("SELECT string_agg(daemon, ' ') FROM pay_private.daemon"), "new");
    EXPECT_EQ(run("SELECT string_agg(job, ' ') FROM pay.jobs WHERE last_pass_at IS NOT NULL"),
              kJob);
    call(&beat, runner("new"), std::string("0.1"), std::vector<std::string>());
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.daemon"), "1");
}

}  // namespace
}  // namespace paysync::runs::store
