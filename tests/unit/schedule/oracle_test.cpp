// SPDX-License-Identifier: MIT
// Random expressions are compared with systemd's results. The seeds are fixed, so that a failure is
// repeatable.
#include "daemon/base/schedule/calendar.hpp"
#include "daemon/base/schedule/cron.hpp"
#include "daemon/base/schedule/slots.hpp"
#include "tests/support/calendar_oracle.hpp"

#include <date/tz.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>

namespace paysync::schedule {
namespace {

using namespace std::chrono_literals;
using Times = std::vector<std::string>;

constexpr int kTimes = 12;
constexpr std::size_t kBatch = 25;

class ScheduleOracle : public testing::Test {
protected:
    void SetUp() override {
        if (!test::has_calendar_oracle())
            GTEST_SKIP() << "systemd-analyze is not here";
    }

    int from(int low, int high) {
        return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
    }
    bool chance(int percent) { return from(1, 100) <= percent; }

    /// A field of a calendar expression, sometimes an invalid one.
    std::string field(int low, int high, int width, bool of_seconds = false) {
        if (chance(35))
            return "*";
        std::string text;
        for (int parts = chance(70) ? 1 : from(2, 3); parts > 0; --parts) {
            const int start = from(low, high);
            text += fmt::format("{}{:0{}}", text.empty() ? "" : ",", start, chance(50) ? width : 1);
            if (chance(4)) {
                text += fmt::format("..{}", chance(50) ? high + 1 : low);
                continue;  // systemd takes an end beyond the field if a step leaves it out
            }
            // systemd 252 refuses a range of one second (58..58), for no documented reason.
            const int least = of_seconds ? start + 1 : start;
            if (chance(30) && least <= high)
                text += fmt::format("..{}", from(least, high));
            if (chance(30))
                text += fmt::format("/{}", from(chance(95) ? 1 : 0, std::max(1, (high - low) / 2)));
        }
        return text;
    }

    /// In systemd 252 the second part of a list reaches three days less far, and the third six.
    std::string from_end() {
        const auto text = field(1, 28, 2);
        return text.find(',') == text.npos ? text : field(1, 20, 2);
    }

    std::string weekdays() {
        static constexpr std::array names{"Mon", "tue",      "Wednesday", "Thu",
                                          "FRI", "Saturday", "Sun"};
        const auto name = [&](int day) {
            return std::string(names[static_cast<std::size_t>(day)]);
        };
        std::string text;
        for (int parts = from(1, 3); parts > 0; --parts) {
            const int day = from(0, 6);
            text += (text.empty() ? "" : ",") + name(day);
            if (chance(30))
                text += ".." + name(chance(90) ? from(day, 6) : from(0, 6));
        }
        return text;
    }

    std::string calendar() {
        static constexpr std::array forms{"minutely",     "hourly",  "daily",
                                          "weekly",       "monthly", "quarterly",
                                          "semiannually", "yearly",  "annually"};
        if (chance(4))
            return forms[static_cast<std::size_t>(from(0, static_cast<int>(forms.size()) - 1))];
        std::string text;
        const auto add = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
        if (chance(35))
            add(weekdays());
        if (text.empty() || chance(70)) {
            const bool last = chance(20);
            const auto day = last ? "~" + from_end() : "-" + field(1, 31, 2);
            const auto month = field(1, 12, 2);
            add((chance(60) ? (chance(80) ? "*" : field(2024, 2032, 4)) + "-" : "") + month + day);
        }
        if (text.empty() || chance(75))
            add(field(0, 23, 2) + ":" + field(0, 59, 2) +
                (chance(40) ? ":" + field(0, 59, 2, true) : ""));
        return text;
    }

    std::mt19937 random_{20261126};
    const std::string base_ = "2026-02-26 21:13:47 UTC";
    const Slots::Time began_ = date::sys_days{date::year{2026} / 2 / 26} + 21h + 13min + 47s;
};

std::string shown(Slots::Time time) {
    return date::format("%a %F %T UTC", time);
}

Times times_of(const Slots& slots, Slots::Time after, int count) {
    Times times;
    for (auto time = slots.next(after); time && count > 0; time = slots.next(*time), --count)
        times.push_back(shown(*time));
    return times;
}

/// systemd 252 sometimes omits a time when it passes from one day to the next, but returns it if it
/// is asked for the time right before. So each of our times that systemd omitted must be one that
/// it returns then, and we must omit none of its times.
void expect_same(const std::string& expression, const Slots& slots, Slots::Time after,
                 const Times& theirs) {
    const auto ours = times_of(slots, after, kTimes);
    if (ours == theirs)
        return;
    auto at = theirs.begin();
    for (auto time = slots.next(after); time && at != theirs.end(); time = slots.next(*time)) {
        if (shown(*time) == *at) {
            ++at;
            continue;
        }
        const auto answer = test::ask_calendar_oracle({expression}, shown(*time - 1s), 1);
        ASSERT_EQ(answer.at(0).times, Times{shown(*time)}) << "they go on with " << *at;
    }
    EXPECT_TRUE(at == theirs.end()) << "we never come to " << *at;
    EXPECT_EQ(theirs.size(), ours.size());
}

TEST_F(ScheduleOracle, CalendarsAgreeWithSystemd) {
    int valid = 0;
    int invalid = 0;
    for (int batch = 0; batch < 60; ++batch) {
        std::vector<std::string> expressions;
        for (std::size_t i = 0; i < kBatch; ++i)
            expressions.push_back(calendar());
        const auto answers = test::ask_calendar_oracle(expressions, base_, kTimes);
        for (std::size_t i = 0; i < kBatch; ++i) {
            SCOPED_TRACE(expressions[i]);
            try {
                const Slots slots(parse_calendar(expressions[i]).times, "UTC");
                ++valid;
                EXPECT_TRUE(answers[i].valid) << "systemd refuses it";
                expect_same(expressions[i], slots, began_, answers[i].times);
            } catch (const std::invalid_argument& e) {
                ++invalid;
                EXPECT_FALSE(answers[i].valid) << "systemd takes it; we say: " << e.what();
            }
        }
    }
    EXPECT_GT(valid, 1000);
    EXPECT_GT(invalid, 50);
}

/// Whether a clock change happens within some hours of the time.
bool near_a_change(const date::time_zone* zone, Slots::Time time) {
    const auto before = zone->get_info(time - 4h);
    return zone->get_info(time + 4h).begin != before.begin;
}

TEST_F(ScheduleOracle, TimeZonesAgreeWithSystemd) {
    static constexpr std::array zones{
        "Europe/Vienna",    "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
        "America/St_Johns", "Pacific/Auckland", "America/Sao_Paulo",   "Pacific/Chatham"};
    int compared = 0;
    for (const auto* zone : zones) {
        const auto* const known = date::locate_zone(zone);
        std::vector<std::string> expressions;
        while (expressions.size() < 10) {
            const auto text = calendar();
            try {
                parse_calendar(text);
                expressions.push_back(text + " " + zone);
            } catch (const std::invalid_argument&) {
            }
        }
        const auto answers = test::ask_calendar_oracle(expressions, base_, kTimes);
        for (std::size_t i = 0; i < expressions.size(); ++i) {
            SCOPED_TRACE(expressions[i]);
            const auto calendar = parse_calendar(expressions[i]);
            ASSERT_EQ(calendar.zone, zone);
            const Slots slots(calendar.times, calendar.zone);
            // For clock changes systemd documents no rule; ours is tested by Slots.
            auto after = began_;
            for (const auto& answer : answers[i].times) {
                const auto next = slots.next(after);
                ASSERT_TRUE(next);
                // The library's time zones end with the year 2037.
                if (near_a_change(known, *next) ||
                    *next >= date::sys_days{date::year{2038} / 1 / 1})
                    break;
                EXPECT_EQ(shown(*next), answer);
                ++compared;
                after = *next;
            }
        }
    }
    EXPECT_GT(compared, 400);
}

/// The calendar expressions that together equal a cron line.
std::vector<std::string> translated(const std::array<std::string, 5>& fields) {
    static constexpr std::array names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const auto numbers = [](const std::string& field, int low, int high) {
        std::set<int> values;
        std::size_t at = 0;
        while (at < field.size()) {
            const auto end = std::min(field.find(',', at), field.size());
            auto part = field.substr(at, end - at);
            at = end + 1;
            int step = 1;
            if (const auto slash = part.find('/'); slash != part.npos) {
                step = std::stoi(part.substr(slash + 1));
                part.resize(slash);
            }
            const auto dash = part.find('-');
            const int first = part == "*" ? low : std::stoi(part);
            const int last = part == "*"         ? high
                             : dash != part.npos ? std::stoi(part.substr(dash + 1))
                                                 : first;
            for (int value = first; value <= last; value += step)
                values.insert(value);
        }
        return values;
    };
    const auto list = [&](const std::string& field, int low, int high) {
        std::string text;
        for (const int value : numbers(field, low, high))
            text += (text.empty() ? "" : ",") + std::to_string(value);
        return text;
    };
    std::string weekdays;
    for (const int day : numbers(fields[4], 0, 7))
        weekdays +=
            (weekdays.empty() ? "" : ",") + std::string(names[static_cast<std::size_t>(day)]);
    const auto month = list(fields[3], 1, 12);
    const auto day = list(fields[2], 1, 31);
    const auto time = list(fields[1], 0, 23) + ":" + list(fields[0], 0, 59);
    if (fields[2][0] == '*' || fields[4][0] == '*')
        return {fmt::format("{} *-{}-{} {}", weekdays, month, day, time)};
    return {fmt::format("*-{}-{} {}", month, day, time),
            fmt::format("{} *-{}-* {}", weekdays, month, time)};
}

TEST_F(ScheduleOracle, CronLinesEqualTheirCalendars) {
    const auto cron_field = [&](int low, int high) {
        if (chance(30))
            return chance(70) ? std::string("*")
                              : fmt::format("*/{}", from(1, (high - low + 1) / 2));
        std::string text;
        for (int parts = chance(60) ? 1 : from(2, 3); parts > 0; --parts) {
            const int start = from(low, high);
            text += (text.empty() ? "" : ",") + std::to_string(start);
            if (chance(40))
                text += fmt::format("-{}", from(start, high)) +
                        (chance(40) ? fmt::format("/{}", from(1, (high - low) / 2)) : "");
        }
        return text;
    };
    for (int batch = 0; batch < 20; ++batch) {
        std::vector<std::string> lines;
        std::vector<std::string> expressions;
        std::vector<std::size_t> parts;
        for (std::size_t i = 0; i < kBatch; ++i) {
            const std::array<std::string, 5> fields{cron_field(0, 59), cron_field(0, 23),
                                                    cron_field(1, 31), cron_field(1, 12),
                                                    cron_field(0, 7)};
            lines.push_back(fmt::format("{}", fmt::join(fields, " ")));
            const auto means = translated(fields);
            parts.push_back(means.size());
            expressions.insert(expressions.end(), means.begin(), means.end());
        }
        const auto answers = test::ask_calendar_oracle(expressions, base_, kTimes);
        auto answer = answers.begin();
        for (std::size_t i = 0; i < kBatch; ++i) {
            SCOPED_TRACE(lines[i]);
            // Dates in a form that sorts: the names of weekdays are moved to the end.
            std::set<std::string> expected;
            for (std::size_t part = 0; part < parts[i]; ++part, ++answer) {
                ASSERT_TRUE(answer->valid);
                for (const auto& time : answer->times)
                    expected.insert(time.substr(4));
            }
            Times first;
            for (const auto& time : expected)
                if (first.size() < kTimes)
                    first.push_back(time);
            Times ours = times_of(Slots(parse_cron(lines[i]), "UTC"), began_, kTimes);
            for (auto& time : ours)
                time.erase(0, 4);
            EXPECT_EQ(ours, first);
        }
    }
}

}  // namespace
}  // namespace paysync::schedule
