// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/schedule/local_times.hpp"

#include <string_view>

namespace paysync::schedule {

/// Parses the five time fields of crontab(5): minute, hour, day of the month, month, weekday. Names
/// (`feb`, `Mon-wed`) and the short forms such as `@daily` are accepted.
///
/// As in crontab(5), a date must match both the day and the weekday if one of the two fields begins
/// with '*', otherwise either of them: `0 8 13 * 5` is at 8 o'clock on each 13th and on each
/// Friday.
///
/// Throws std::invalid_argument with the problem and its column.
LocalTimes parse_cron(std::string_view text);

}  // namespace paysync::schedule
