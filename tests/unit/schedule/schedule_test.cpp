// SPDX-License-Identifier: MIT
#include "daemon/base/schedule/schedule.hpp"

#include "daemon/base/schedule/calendar.hpp"
#include "daemon/base/schedule/cron.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace paysync::schedule {
namespace {

using namespace std::chrono_literals;
using Times = std::vector<std::string>;

Slots::Time at(int year, unsigned month, unsigned day, std::chrono::seconds time) {
    return date::sys_days{date::year{year} / static_cast<int>(month) / static_cast<int>(day)} +
           time;
}

Times next(const Slots& slots, Slots::Time after, int count) {
    Times times;
    for (auto time = slots.next(after); time && count > 0; time = slots.next(*time), --count)
        times.push_back(slots.format_local(*time));
    return times;
}

Slots calendar(const std::string& text, const std::string& zone = "UTC") {
    return Slots(parse_calendar(text).times, zone);
}

template <typename F>
std::string refusal(F parse) {
    try {
        parse();
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "no refusal";
}

TEST(Calendar, ReadsTheExamplesOfItsManual) {
    const auto first = [](const std::string& text) {
        return next(calendar(text), at(2026, 1, 1, 0h), 1).at(0);
    };
    EXPECT_EQ(first("Sat,Thu,Mon..Wed,Sat..Sun"), "Sat 2026-01-03 00:00:00 UTC");
    EXPECT_EQ(first("Mon,Sun 28-*-* 2,1:23"), "Sun 2028-01-02 01:23:00 UTC");
    EXPECT_EQ(first("Wed, 17:48"), "Wed 2026-01-07 17:48:00 UTC");
    EXPECT_EQ(first("*:2/3"), "Thu 2026-01-01 00:02:00 UTC");
    EXPECT_EQ(first("05:40"), "Thu 2026-01-01 05:40:00 UTC");
    EXPECT_EQ(first("*-02~03"), "Thu 2026-02-26 00:00:00 UTC");
    EXPECT_EQ(first("Mon *-05~07/1"), "Mon 2026-05-25 00:00:00 UTC");
    EXPECT_EQ(parse_calendar("Mon 08:00 Europe/Vienna").zone, "Europe/Vienna");
}

TEST(Calendar, ErrorsNameThePlaceAndTheReason) {
    const auto problem = [](const char* text) { return refusal([text] { parse_calendar(text); }); };
    EXPECT_EQ(problem(""), "the calendar expression is empty");
    EXPECT_EQ(problem("25:00"), R"(the hour must be from 0 to 23 at column 1 of "25:00")");
    EXPECT_EQ(problem("Mon..Sun..Tue"),
              R"(a range must have two ends at column 9 of "Mon..Sun..Tue")");
    EXPECT_EQ(problem("Sun..Mon"),
              R"(the range of weekdays runs backwards at column 6 of "Sun..Mon")");
    EXPECT_EQ(problem("*-*~29"), R"(the day must be from 1 to 28 at column 5 of "*-*~29")");
    EXPECT_EQ(problem("0:0:0.5"),
              R"(fractions of a second are not supported at column 6 of "0:0:0.5")");
    EXPECT_EQ(problem("@1767225600"),
              R"(a timestamp is a single moment, not a schedule at column 1 of "@1767225600")");
    EXPECT_EQ(problem("0/0:0"), R"(a step must be at least 1 at column 3 of "0/0:0")");
    EXPECT_EQ(problem("0:0:0:0"), R"(expected the end, found ':' at column 6 of "0:0:0:0")");
    EXPECT_EQ(problem("9999999:0"), R"(the number is too large at column 7 of "9999999:0")");
}

TEST(Cron, ErrorsNameThePlaceAndTheReason) {
    const auto problem = [](const char* text) { return refusal([text] { parse_cron(text); }); };
    EXPECT_EQ(problem("* * * *"),
              R"(the field for the weekday is missing at column 8 of "* * * *")");
    EXPECT_EQ(problem("* * * * * *"),
              R"(expected five fields, found '*' at column 11 of "* * * * * *")");
    EXPECT_EQ(problem("60 * * * *"),
              R"(the minute must be from 0 to 59 at column 1 of "60 * * * *")");
    EXPECT_EQ(problem("5/10 * * * *"),
              R"(a step needs a range or '*': write 5-59/N at column 2 of "5/10 * * * *")");
    EXPECT_EQ(problem("9-3 * * * *"),
              R"(the range of the minute runs backwards at column 1 of "9-3 * * * *")");
    EXPECT_EQ(problem("*/0 * * * *"),
              R"(the step of the minute must be from 1 to 59 at column 3 of "*/0 * * * *")");
    EXPECT_EQ(problem("@reboot"), R"(expected a number, found '@' at column 1 of "@reboot")");
}

TEST(Cron, AcceptsNamesShortFormsAndBothSundays) {
    const auto after = at(2026, 1, 1, 0h);  // a Thursday
    const auto first = [&](const char* text) {
        return next(Slots(parse_cron(text), "UTC"), after, 1).at(0);
    };
    EXPECT_EQ(first("0 8 * feb Mon-wed"), "Mon 2026-02-02 08:00:00 UTC");
    EXPECT_EQ(first("0 8 * * 7"), "Sun 2026-01-04 08:00:00 UTC");
    EXPECT_EQ(first("0 8 * * 0"), "Sun 2026-01-04 08:00:00 UTC");
    EXPECT_EQ(first("@monthly"), "Sun 2026-02-01 00:00:00 UTC");
    EXPECT_EQ(first("0 8 13 * 5"), "Fri 2026-01-02 08:00:00 UTC") << "either of the two days";
    EXPECT_EQ(first("0 8 */12 * 5"), "Fri 2026-02-13 08:00:00 UTC") << "both of them";
}

TEST(Slots, ATimeSkippedByDaylightSavingRunsAtTheEndOfTheGap) {
    // On 29 March 2026 Vienna goes from 01:59:59 to 03:00:00.
    EXPECT_EQ(next(calendar("02:30", "Europe/Vienna"), at(2026, 3, 28, 12h), 3),
              (Times{"Sun 2026-03-29 03:00:00 CEST", "Mon 2026-03-30 02:30:00 CEST",
                     "Tue 2026-03-31 02:30:00 CEST"}));
    // Several times in the gap are one slot, also together with a time right after the gap.
    EXPECT_EQ(next(calendar("1..3:0/20", "Europe/Vienna"), at(2026, 3, 29, 40min), 4),
              (Times{"Sun 2026-03-29 03:00:00 CEST", "Sun 2026-03-29 03:20:00 CEST",
                     "Sun 2026-03-29 03:40:00 CEST", "Mon 2026-03-30 01:00:00 CEST"}));
    // Lord Howe's gap is half an hour.
    EXPECT_EQ(next(calendar("02:15", "Australia/Lord_Howe"), at(2026, 10, 3, 0h), 2),
              (Times{"Sun 2026-10-04 02:30:00 +11", "Mon 2026-10-05 02:15:00 +11"}));
}

TEST(Slots, ATimeRepeatedByDaylightSavingRunsTheFirstTime) {
    // On 25 October 2026 Vienna goes from 02:59:59 CEST back to 02:00:00 CET.
    EXPECT_EQ(next(calendar("02:30", "Europe/Vienna"), at(2026, 10, 24, 12h), 2),
              (Times{"Sun 2026-10-25 02:30:00 CEST", "Mon 2026-10-26 02:30:00 CET"}));
    EXPECT_EQ(next(calendar("*:0/30", "Europe/Vienna"), at(2026, 10, 24, 23h + 45min), 4),
              (Times{"Sun 2026-10-25 02:00:00 CEST", "Sun 2026-10-25 02:30:00 CEST",
                     "Sun 2026-10-25 03:00:00 CET", "Sun 2026-10-25 03:30:00 CET"}));
    // In the second of the two hours, the slot is over.
    EXPECT_EQ(next(calendar("02:30", "Europe/Vienna"), at(2026, 10, 25, 1h + 10min), 1),
              (Times{"Mon 2026-10-26 02:30:00 CET"}));
}

TEST(Slots, AnUnknownTimeZoneIsNamed) {
    EXPECT_NE(refusal([] {
                  calendar("daily", "Europe/Wien");
              }).find("\"Europe/Wien\" is not a known time zone"),
              std::string::npos);
}

TEST(Slots, TheLatestSlotIsFoundAmongFewAndMany) {
    const auto now = at(2026, 11, 26, 3h);
    EXPECT_EQ(calendar("minutely").latest(at(2020, 1, 1, 0h), now), now);
    EXPECT_EQ(calendar("*:*:*").latest(now - 5s, now), now);
    EXPECT_EQ(calendar("yearly").latest(at(2020, 1, 1, 0h), now), at(2026, 1, 1, 0h));
    EXPECT_EQ(calendar("*-02-29").latest(at(2021, 1, 1, 0h), now), at(2024, 2, 29, 0h));
    EXPECT_EQ(calendar("yearly").latest(at(2026, 1, 1, 0h), now), std::nullopt)
        << "that one is settled";
    EXPECT_EQ(calendar("2030-01-01").latest(at(2020, 1, 1, 0h), now), std::nullopt);
}

TEST(Slots, ThereIsNoSlotAfterTheLast) {
    EXPECT_EQ(calendar("2026-01-01").next(at(2026, 1, 1, 0h)), std::nullopt);
    EXPECT_EQ(calendar("*-02-30").next(at(2026, 1, 1, 0h)), std::nullopt);
}

TEST(Schedule, CountsPhasesFromTheUnixEpoch) {
    const auto time = [](std::chrono::milliseconds since) {
        return std::chrono::system_clock::time_point(since);
    };
    EXPECT_EQ(next_in_phase(10min, 3min, time(0min)), time(3min));
    EXPECT_EQ(next_in_phase(10min, 3min, time(3min)), time(13min)) << "after, not at";
    EXPECT_EQ(next_in_phase(10min, 0min, time(9min)), time(10min));
    EXPECT_EQ(next_in_phase(10min, 3min, time(1min - 1h)), time(3min - 1h));
}

}  // namespace
}  // namespace paysync::schedule
