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

/// The moments of a pattern of local times in a time zone. A time that the zone leaves out, as in a
/// night of spring, happens at the first moment after the gap; one that comes twice, as in a night
/// of autumn, happens the first time alone.
class Slots {
public:
    using Time = date::sys_seconds;

    /// `zone` is a name of the IANA database, or UTC. Throws std::invalid_argument for another.
    Slots(LocalTimes times, std::string_view zone);

    /// The first one after `after`; none when there is none any more.
    std::optional<Time> next(Time after) const;

    /// The last one after `after` that is not later than `now`.
    std::optional<Time> latest(Time after, Time now) const;

    /// As a clock on the wall shows it: `Mon 2026-03-30 08:00:00 CEST`.
    std::string local(Time time) const;

private:
    LocalTimes times_;
    const date::time_zone* zone_ = nullptr;  // none: UTC
};

}  // namespace paysync::schedule
