// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/schedule/local_times.hpp"

#include <string>
#include <string_view>

namespace paysync::schedule {

/// A calendar expression, read.
struct Calendar {
    LocalTimes times;
    std::string zone;  ///< as written at its end; empty when it names none
};

/// Reads what systemd.time(7) calls a calendar event: `Mon..Fri 08:00`, `*-*~1 23:30
/// Europe/Vienna`, `weekly`. Seconds are whole ones, and a moment (`@1767225600`) is no schedule.
/// Throws std::invalid_argument with what is wrong and where.
Calendar parse_calendar(std::string_view text);

}  // namespace paysync::schedule
