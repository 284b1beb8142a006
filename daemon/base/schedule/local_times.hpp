// SPDX-License-Identifier: MIT
#pragma once

#include <date/date.h>

#include <bitset>
#include <optional>
#include <vector>

namespace paysync::schedule {

/// The last year that a schedule reaches; systemd's calendar expressions end there too.
inline constexpr int kLastYear = 2199;

/// A pattern of local times in whole seconds, up to kLastYear; what a cron line and a calendar
/// expression have in common.
struct LocalTimes {
    /// From `start` in steps, up to `stop`.
    struct Years {
        int start;
        int stop;
        int step;
    };
    using Values = std::bitset<64>;

    std::vector<Years> years;    ///< any year when empty
    Values months;               ///< 1 to 12
    Values days;                 ///< 1 to 31
    bool days_from_end = false;  ///< 1 is the last day of the month, 2 the one before it
    Values weekdays;             ///< 0 is Monday
    /// A day of the month or a weekday is enough; else it takes both.
    bool either_day = false;
    Values hours;
    Values minutes;
    Values seconds;

    /// The first one after `after`; none when there is none any more.
    std::optional<date::local_seconds> next(date::local_seconds after) const;

private:
    bool has(date::year year) const;
    bool has(date::local_days day, date::year_month_day ymd) const;
    std::optional<std::chrono::seconds> time_from(std::chrono::seconds time) const;
};

/// The bits `from` to `to`.
LocalTimes::Values all_values(int from, int to);

}  // namespace paysync::schedule
