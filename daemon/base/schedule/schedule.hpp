// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/schedule/slots.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace paysync::schedule {

/// When a job runs. One of three kinds:
///
/// - a pause: the next pass begins `every` after the end of the last one, with jitter;
/// - a phase: passes begin at the multiples of `every` plus `phase`;
/// - slots: passes begin at times of day. All daemons of a database share them: a slot is run once.
struct Schedule {
    /// The treatment of slots that passed while no daemon was running: one pass for all of them,
    /// or none.
    enum class Missed { run_once, skip };
    /// The treatment of a slot that comes while the job is still running: it waits for the end of
    /// the pass, or is skipped.
    enum class Overlap { wait, skip };

    std::chrono::milliseconds every{0};  ///< not used if there are slots
    int jitter_percent = 0;  ///< 0 to 50: each pause is longer or shorter by up to this percentage
    /// Offset to the multiples of `every` since 1970 UTC. With `every` 10 min and `phase` 3 min,
    /// passes begin at 0:03, 0:13, … Without it, `every` is a pause.
    std::optional<std::chrono::milliseconds> phase = std::nullopt;

    std::optional<Slots> slots = std::nullopt;  ///< if set, `every` and `phase` are not used
    Missed missed = Missed::run_once;           ///< for slots
    Overlap overlap = Overlap::wait;            ///< for slots

    std::string text;  ///< as configured: `calendar Mon..Fri 08:00 Europe/Vienna`
};

/// The first time after `now` that is a multiple of `every` since 1970 UTC, plus `phase`.
std::chrono::system_clock::time_point next_in_phase(std::chrono::milliseconds every,
                                                    std::chrono::milliseconds phase,
                                                    std::chrono::system_clock::time_point now);

}  // namespace paysync::schedule
