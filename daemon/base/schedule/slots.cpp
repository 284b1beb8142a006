// SPDX-License-Identifier: MIT
#include "daemon/base/schedule/slots.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace paysync::schedule {

namespace {

using namespace std::chrono_literals;

/// Null for UTC, so that the time zone database, which takes memory, is loaded only if needed.
const date::time_zone* zone_of(std::string_view name) {
    if (name == "UTC")
        return nullptr;
    try {
        return date::locate_zone(std::string(name));
    } catch (const std::runtime_error&) {
        throw std::invalid_argument(
            fmt::format("\"{}\" is not a known time zone; use a name such as Europe/Vienna, "
                        "and check that the package tzdata is installed",
                        name));
    }
}

/// The instant of a local time. Monotonic: a later local time never has an earlier instant.
Slots::Time instant_of(const date::time_zone* zone, date::local_seconds local) {
    if (zone == nullptr)
        return Slots::Time(local.time_since_epoch());
    const auto info = zone->get_info(local);
    if (info.result == date::local_info::nonexistent)
        return info.first.end;
    return Slots::Time(local.time_since_epoch() - info.first.offset);
}

}  // namespace

Slots::Slots(LocalTimes times, std::string_view zone)
    : times_(std::move(times)), zone_(zone_of(zone)) {}

std::optional<Slots::Time> Slots::next(Time after) const {
    auto local =
        zone_ != nullptr ? zone_->to_local(after) : date::local_seconds(after.time_since_epoch());
    while (const auto next = times_.next(local)) {
        // In the second pass of a repeated hour, the next local time may be an earlier instant.
        const auto instant = instant_of(zone_, *next);
        if (instant > after)
            return instant;
        local = *next;
    }
    return std::nullopt;
}

std::optional<Slots::Time> Slots::latest(Time after, Time now) const {
    // There may be millions of slots since `after`, so the search starts close to `now`.
    for (const auto& back :
         std::array<std::chrono::seconds, 4>{10min, 24h, 24h * 32, 24h * 366 * 8}) {
        const auto from = std::max(after, now - back);
        std::optional<Time> found;
        for (auto slot = next(from); slot && *slot <= now; slot = next(*slot))
            found = slot;
        if (found || from == after)
            return found;
    }
    return std::nullopt;
}

std::string Slots::format_local(Time time) const {
    if (zone_ == nullptr)
        return date::format("%a %F %T UTC", time);
    return date::format("%a %F %T %Z", date::make_zoned(zone_, time));
}

}  // namespace paysync::schedule
