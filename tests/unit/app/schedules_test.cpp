// SPDX-License-Identifier: MIT
#include "daemon/app/schedules.hpp"

#include "jobs/frame/context.hpp"
#include "tests/unit/config/files.hpp"

#include <gtest/gtest.h>

namespace paysync {
namespace {

using namespace std::chrono_literals;
using config::test::error_of;
using Missed = schedule::Schedule::Missed;
using Overlap = schedule::Schedule::Overlap;

class Verify final : public Job {
public:
    std::string name() const override { return "reconciliation.verify"; }
    std::chrono::milliseconds every() const override { return 1h; }
    Task<void> run(Context&) override { co_return; }
};

config::Config configured(const std::string& reconciliation) {
    return config::read_config(config::Document::parse(
        "f.yaml",
        "database: { dsn: dbname=x }\nsmtp: { host: localhost }\n"
        "mail: { from: { address: billing@example.com } }\n"
        "stripe: { api_key: { file: /k }, livemode: false }\njobs:\n  reconciliation:\n" +
            reconciliation));
}

schedule::Schedule schedule(const std::string& verify) {
    return schedule_of(configured("    schedules:\n      verify: " + verify + "\n"), Verify());
}

std::string refusal(const std::string& verify) {
    const auto error = error_of([&] { schedule(verify); });
    const std::string at = "f.yaml:8:";
    EXPECT_EQ(error.substr(0, at.size()), at);
    const auto column = error.find(": jobs.reconciliation.schedules.verify");
    return column == error.npos ? error : error.substr(column + 38);
}

TEST(Schedules, DefaultToTheJobsOwnPeriod) {
    const auto plain = schedule_of(configured("    jitter: 7%\n"), Verify());
    EXPECT_EQ(plain.every, 1h);
    EXPECT_EQ(plain.jitter_percent, 7);
    EXPECT_FALSE(plain.slots || plain.phase);
    EXPECT_EQ(plain.text, "every 1h");
}

TEST(Schedules, AcceptAPeriodWithPhaseAndJitter) {
    const auto period = schedule("{ every: 30s, phase: 5s, jitter: 0% }");
    EXPECT_EQ(period.every, 30s);
    EXPECT_EQ(period.phase, 5s);
    EXPECT_EQ(period.jitter_percent, 0);
    EXPECT_EQ(period.text, "every 30s, phase 5s");
    EXPECT_EQ(schedule("{ phase: 5m }").every, 1h);
}

TEST(Schedules, AcceptCronAndCalendarWithAZone) {
    const auto cron = schedule("{ cron: '30 8 * * 1-5', time_zone: Europe/Vienna, missed: skip }");
    ASSERT_TRUE(cron.slots);
    EXPECT_EQ(cron.missed, Missed::skip);
    EXPECT_EQ(cron.overlap, Overlap::wait);
    EXPECT_EQ(cron.text, "cron 30 8 * * 1-5 Europe/Vienna");
    const auto now = schedule::Slots::Time(1767225600s);  // 1 January 2026, a Thursday
    EXPECT_EQ(cron.slots->format_local(cron.slots->next(now).value()),
              "Thu 2026-01-01 08:30:00 CET");

    const auto calendar = schedule("{ calendar: 'Mon 06:00 America/New_York', overlap: skip }");
    ASSERT_TRUE(calendar.slots);
    EXPECT_EQ(calendar.missed, Missed::run_once);
    EXPECT_EQ(calendar.overlap, Overlap::skip);
    EXPECT_EQ(calendar.slots->format_local(calendar.slots->next(now).value()),
              "Mon 2026-01-05 06:00:00 EST");
    const auto utc = schedule("{ calendar: daily }");
    EXPECT_EQ(utc.slots->format_local(utc.slots->next(now).value()), "Fri 2026-01-02 00:00:00 UTC");
}

TEST(Schedules, NameThePlaceOfAMistake) {
    EXPECT_EQ(refusal("{ cron: '61 * * * *' }"),
              R"(.cron: the minute must be from 0 to 59 at column 1 of "61 * * * *")");
    EXPECT_EQ(refusal("{ calendar: 'Mon 8' }"),
              R"(.calendar: expected ':', found the end at column 6 of "Mon 8")");
    EXPECT_EQ(refusal("{ calendar: '*-02-30' }"), ".calendar: this time never comes again");
    EXPECT_EQ(refusal("{ every: 1m, cron: '* * * * *' }"),
              ".cron: `every` is given already: a job has one schedule");
    EXPECT_EQ(refusal("{ every: 1m, missed: skip }"), ".missed: belongs to `cron` and `calendar`");
    EXPECT_EQ(refusal("{ cron: '@daily', jitter: 5% }"),
              ".jitter: belongs to `every`, not to times of day");
    EXPECT_EQ(refusal("{ calendar: '8:00 UTC', time_zone: UTC }"),
              ".time_zone: the calendar expression names its time zone itself");
    EXPECT_EQ(refusal("{ every: 1m, phase: 1m }"), ".phase: must be from 0s to 59s999ms, got '1m'");
    EXPECT_EQ(refusal("{ cron: '@daily', missed: maybe }"),
              ".missed: must be one of run_once, skip, got 'maybe'");
    EXPECT_EQ(refusal("{ crn: '@daily' }"), ": unknown key 'crn' (did you mean 'cron'?)");
    EXPECT_NE(refusal("{ cron: '@daily', time_zone: Europe/Wien }")
                  .find(".time_zone: \"Europe/Wien\" is not a known time zone"),
              std::string::npos);
}

TEST(Schedules, RefuseUnknownJobs) {
    std::vector<std::unique_ptr<Job>> jobs;
    jobs.push_back(std::make_unique<Verify>());
    const auto config = configured("    schedules: { verfy: { every: 1m } }\n");
    EXPECT_EQ(
        error_of([&] { check_schedules(config, jobs); }),
        "f.yaml:7:18: jobs.reconciliation.schedules: unknown key 'verfy' (did you mean 'verify'?)");
}

}  // namespace
}  // namespace paysync
