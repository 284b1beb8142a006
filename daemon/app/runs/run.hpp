// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/schedule/schedule.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// Runs of jobs as the database keeps them.
namespace paysync::runs {

using SlotTime = schedule::Slots::Time;

/// What a person wants of a job.
struct Control {
    bool paused = false;
    bool asked = false;  ///< a run was asked for and nobody has begun it
};

/// What a daemon needs to find the next slot; by the database's clock.
struct SlotPlan {
    std::chrono::sys_time<std::chrono::milliseconds> now;
    SlotTime since;                ///< slots up to here are settled, or from before the schedule
    std::optional<SlotTime> lost;  ///< the last slot, whose daemon died; not too often yet
    bool paused = false;
};

/// Somebody wants to run a slot.
struct SlotWish {
    std::string job;
    SlotTime slot;
    bool late = false;        ///< it passed while no daemon could run it
    bool overlapped = false;  ///< it came while the job ran
    schedule::Schedule::Missed missed = schedule::Schedule::Missed::run_once;
    schedule::Schedule::Overlap overlap = schedule::Schedule::Overlap::wait;
};

struct SlotClaim {
    enum class Answer {
        mine,     ///< run it
        taken,    ///< another daemon has it, or it was skipped before
        skipped,  ///< now, by the policy
        busy,     ///< the job still runs, ask again
        paused,
    };
    Answer answer = Answer::taken;
    std::int64_t run_id = 0;  ///< when it is mine
};

/// How a run ended.
struct Outcome {
    enum class State { ok, partial, error };

    State state = State::ok;
    int done = 0;
    int failed = 0;
    std::string reason;
};

/// ok, partial or error.
const char* word_of(Outcome::State state) noexcept;

/// Passes that are told of afterwards, in one row.
struct Summary {
    std::string job;
    double began_ago = 0;  ///< seconds
    double ended_ago = 0;
    int passes = 0;
    Outcome outcome;
};

}  // namespace paysync::runs
