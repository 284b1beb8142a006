// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/schedule/local_times.hpp"

#include <string>
#include <string_view>

namespace paysync::schedule {

/// A parsed calendar expression.
struct Calendar {
    LocalTimes times;
    std::string zone;  ///< the time zone at the end of the expression; empty if it has none
};

/// Parses a calendar event of systemd.time(7):
///
///     Mon..Fri 08:00               at 8 o'clock on working days
///     *-*~1 23:30 Europe/Vienna    on the last day of each month, in this time zone
///     *:0/15                       each quarter of an hour
///     weekly                       Monday at midnight
///
/// Two forms are refused: fractions of a second, and timestamps (`@1767225600`), which are single
/// moments. Throws std::invalid_argument with the problem and its column. The zone is not checked;
/// Slots does that.
Calendar parse_calendar(std::string_view text);

}  // namespace paysync::schedule
