// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/schedule/local_times.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace paysync::schedule {

/// The instants (slots) at which a job with a calendar or cron schedule runs: a pattern of local
/// times in a time zone.
///
/// A slot at 02:30 in Europe/Vienna needs two rules for daylight saving time:
/// - In spring, clocks go from 02:00 to 03:00, so 02:30 does not exist. The slot is at 03:00, the
///   end of the gap.
/// - In autumn, 02:30 occurs twice. The slot is at the first of the two.
class Slots {
public:
    using Time = date::sys_seconds;

    /// `zone` is UTC or an IANA name such as Europe/Vienna. Throws std::invalid_argument for
    /// others.
    Slots(LocalTimes times, std::string_view zone);

    /// The first slot after `after`; empty if there is none up to kLastYear.
    std::optional<Time> next(Time after) const;

    /// The last slot in the interval (after, now]; empty if there is none. Used to find a slot that
    /// passed while no daemon was running.
    std::optional<Time> latest(Time after, Time now) const;

    /// The local time as text: `Mon 2026-03-30 08:00:00 CEST`.
    std::string format_local(Time time) const;

private:
    LocalTimes times_;
    const date::time_zone* zone_ = nullptr;  // null: UTC
};

}  // namespace paysync::schedule
