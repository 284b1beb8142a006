// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/schedule/slots.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace paysync::schedule {

/// When a job runs: again and again after a pause, or at slots, which all daemons of a database
/// share.
struct Schedule {
    /// A slot that passed while no daemon could run it.
    enum class Missed { run_once, skip };
    /// A slot that comes while the job still runs.
    enum class Overlap { wait, skip };

    std::chrono::milliseconds every{0};  ///< between the end of a pass and the next one
    int jitter_percent = 0;  ///< 0 to 50: each pause is longer or shorter by up to this share
    /// When set, passes begin at this offset to the multiples of `every` in UTC instead.
    std::optional<std::chrono::milliseconds> phase = std::nullopt;

    std::optional<Slots> slots = std::nullopt;  ///< instead of all of the above
    Missed missed = Missed::run_once;
    Overlap overlap = Overlap::wait;

    std::string words;  ///< as an operator wrote it: `calendar Mon..Fri 08:00 Europe/Vienna`
};

/// The first moment after `now` that lies `phase` behind a multiple of `every`.
std::chrono::system_clock::time_point next_in_phase(std::chrono::milliseconds every,
                                                    std::chrono::milliseconds phase,
                                                    std::chrono::system_clock::time_point now);

}  // namespace paysync::schedule
