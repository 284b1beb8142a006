// SPDX-License-Identifier: MIT
// Schedules, pauses and runs, as operators use them.
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace paysync::test {
namespace {

/// The output of paysyncctl, both streams.
std::string ctl(const Scenario& world, const std::string& arguments) {
    const auto command = std::string(PAYSYNCCTL) + " --config " + world.config_path().string() +
                         " --user " + kOperatorRole + " " + arguments + " 2>&1";
    std::string text;
    FILE* const pipe = ::popen(command.c_str(), "r");
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
        text += static_cast<char>(c);
    ::pclose(pipe);
    return text;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(Jobs, PauseResumeAndRunApplyToAllDaemons) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    EXPECT_TRUE(has(ctl(world, "job pause payment_requests.send --reason 'mail server moves'"),
                    "payment_requests.send: paused"));
    world.wait_for_log("payment_requests.send: paused");
    const auto request = world.request("bakery", "client@example.com");
    EXPECT_TRUE(has(ctl(world, "job list"), "mail server moves"));
    EXPECT_EQ(
        world.sql("SELECT delivery FROM pay.payment_requests WHERE request_id = '" + request + "'"),
        "queued");

    EXPECT_TRUE(has(ctl(world, "job run payment_requests.send"), "is queued"));
    world.wait_for(
        "EXISTS (SELECT FROM pay.runs WHERE job = 'payment_requests.send' AND cause = 'asked' "
        "AND state = 'ok' AND done = 1)");
    EXPECT_EQ(
        world.sql("SELECT delivery FROM pay.payment_requests WHERE request_id = '" + request + "'"),
        "sent");

    const auto second = world.request("bakery", "client@example.com");
    EXPECT_TRUE(has(ctl(world, "job resume payment_requests.send"), "resumed"));
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                   second + "')");
    EXPECT_TRUE(
        has(ctl(world, "job pause onboarding.swep"), "there is no job \"onboarding.swep\""));
    EXPECT_EQ(world.stop(), 0);
    // The results of passes are written when the daemon ends at the latest.
    EXPECT_TRUE(has(ctl(world, "runs payment_requests.send"), "pass"));
}

TEST(Jobs, OneOfTwoDaemonsRunsEachSlot) {
    Scenario one;
    const std::string every_second = "schedules: { verify: { calendar: \"*:*:*\" } }";
    one.configure_reconciliation(every_second);
    one.start();
    Scenario two(one.dsn());
    two.configure_reconciliation(every_second);
    two.start();
    one.wait_for(
        "(SELECT count(*) >= 5 FROM pay.runs WHERE job = 'reconciliation.verify' AND state = "
        "'ok')");
    EXPECT_EQ(one.stop(), 0);
    const auto last = one.sql("SELECT max(run_id) FROM pay.runs");
    two.wait_for("(SELECT max(run_id) > " + last + " FROM pay.runs WHERE state = 'ok')");
    EXPECT_EQ(two.stop(), 0);
    EXPECT_EQ(one.sql("SELECT count(*) = count(DISTINCT slot) AND count(*) >= 5 FROM pay.runs "
                      "WHERE job = 'reconciliation.verify'"),
              "t");
    EXPECT_EQ(one.sql("SELECT bool_and(started_at >= slot) FROM pay.runs WHERE slot IS NOT NULL"),
              "t");
    EXPECT_EQ(one.sql("SELECT count(*) FROM pay_private.daemon"), "2");
}

TEST(Jobs, TheRunOfADeadDaemonIsLostAndItsSlotRunAgain) {
    Scenario world;
    world.configure_reconciliation("schedules: { verify: { cron: \"0 0 1 1 *\" } }");
    world.start();
    world.wait_for("EXISTS (SELECT FROM pay.jobs WHERE job = 'reconciliation.verify')");
    world.kill();
    // As if the daemon had died in the middle of this year's run.
    world.sql(
        "UPDATE pay_private.job SET schedule_since = now() - interval '3 years', "
        "last_slot = date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' WHERE job = "
        "'reconciliation.verify' RETURNING 1");
    world.sql(
        "INSERT INTO pay_private.run (job, cause, slot, state, daemon, started_at, heartbeat_at, "
        "alive_until) "
        "VALUES ('reconciliation.verify', 'slot', date_trunc('year', now() AT TIME ZONE 'UTC') AT "
        "TIME ZONE 'UTC', 'running', 'gone', "
        "now(), now(), "
        "now() - interval '1 second') RETURNING 1");
    EXPECT_TRUE(has(ctl(world, "runs --trouble"), "lost"));
    world.start();
    world.wait_for(
        "(SELECT string_agg(state, ' ' ORDER BY run_id) = 'lost ok' FROM pay.runs "
        "WHERE job = 'reconciliation.verify')");
    EXPECT_EQ(world.stop(), 0);
}

TEST(Jobs, ScheduleListsTheNextRuns) {
    Scenario world;
    world.configure_reconciliation(
        "schedules: { verify: { calendar: \"*-02-29 08:30\", time_zone: Europe/Vienna }, read: { "
        "every: 10m, phase: 2m } }");
    world.start();
    world.wait_for_log("jobs as");
    EXPECT_EQ(world.stop(), 0);
    const auto all = ctl(world, "schedule");
    EXPECT_TRUE(has(all, "onboarding.sweep")) << all;
    EXPECT_TRUE(has(all, "this long after each pass, varied by 10%")) << all;
    EXPECT_TRUE(has(all, "2:00 UTC, varied by 10%")) << all;
    const auto verify = ctl(world, "schedule reconciliation.verify -n 2");
    EXPECT_TRUE(has(verify, "2028-02-29 08:30:00 CET  2028-02-29 07:30:00")) << verify;
    EXPECT_TRUE(has(verify, "2032-02-29 08:30:00 CET  2032-02-29 07:30:00")) << verify;
    EXPECT_TRUE(has(ctl(world, "schedule nobody"), "there is no job nobody"));
}

}  // namespace
}  // namespace paysync::test
