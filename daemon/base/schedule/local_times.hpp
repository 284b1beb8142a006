// SPDX-License-Identifier: MIT
#pragma once

#include <date/date.h>

#include <bitset>
#include <optional>
#include <vector>

namespace paysync::schedule {

/// Schedules end with this year, as systemd's calendar expressions do. It bounds the search for the
/// next time of a pattern that never matches, such as 30 February.
inline constexpr int kLastYear = 2199;

/// A set of local times in whole seconds, as a pattern: the result of parsing a cron line or a
/// calendar expression. A time belongs to the set if each of its parts (year, month, …, second) is
/// in the respective set below. It has no time zone; Slots adds that.
struct LocalTimes {
    /// The years `start`, `start + step`, … up to `stop`.
    struct Years {
        int start;
        int stop;
        int step;
    };
    using Values = std::bitset<64>;  ///< bit n is set if the value n belongs to the set

    std::vector<Years> years;    ///< empty: every year
    Values months;               ///< 1 to 12
    Values days;                 ///< 1 to 31
    bool days_from_end = false;  ///< `days` counts from the end: 1 is the last of the month
    Values weekdays;             ///< 0 is Monday
    /// A date matches if its day or its weekday does (cron); otherwise both must match.
    bool either_day = false;
    Values hours;
    Values minutes;
    Values seconds;

    /// The first time of the set that is later than `after`; empty if there is none up to
    /// kLastYear.
    std::optional<date::local_seconds> next(date::local_seconds after) const;

private:
    bool matches(date::year year) const;
    /// `day` and `ymd` are the same date.
    bool matches(date::local_days day, date::year_month_day ymd) const;
    /// The first time of day that is not before `time`; empty if there is none on that day.
    std::optional<std::chrono::seconds> first_time_from(std::chrono::seconds time) const;
};

/// The set of all values from `from` to `to`, both included.
LocalTimes::Values value_range(int from, int to);

}  // namespace paysync::schedule
