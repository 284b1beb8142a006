// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/schedule/schedule.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

/// Runs of jobs as the tables pay_private.job and pay_private.run keep them.
///
/// A job works in passes. A pass that is started by a slot (a time of a `cron` or `calendar`
/// schedule) or requested by an operator has a run, a row of its own. So does a pass that takes
/// long. Short passes of a job with a period are summed up: one run stands for about a minute of
/// them.
namespace paysync::runs {

using SlotTime = schedule::Slots::Time;

/// A job and its schedule in words, as pay.jobs shows it.
struct RegisteredJob {
    std::string job;
    std::string schedule;
};

/// A daemon, and how long its runs count as alive without a renewal.
struct DaemonLease {
    std::string id;  ///< host, process and a random number
    double seconds = 0;
};

/// The requests of operators for a job. They are in the database, so they hold for all daemons.
struct JobControl {
    bool paused = false;
    bool run_requested = false;  ///< a run was requested and no daemon has begun it
};

/// The state of a job that a daemon needs to find its next slot. Times are the database's clock.
struct SlotPlan {
    std::chrono::sys_time<std::chrono::milliseconds> now;
    /// Slots up to here were run or skipped, or lie before the schedule was configured.
    SlotTime settled_until;
    /// The last slot, when its run was lost with its daemon and should be tried again.
    std::optional<SlotTime> lost_slot;
    bool paused = false;
};

/// The request of a daemon to run a slot.
struct SlotRequest {
    std::string job;
    SlotTime slot;
    bool late = false;        ///< it passed while no daemon could run it
    bool overlapped = false;  ///< it came while this daemon was running the job
    schedule::Schedule::Missed missed = schedule::Schedule::Missed::run_once;
    schedule::Schedule::Overlap overlap = schedule::Schedule::Overlap::wait;
};

struct SlotClaim {
    enum class Result {
        claimed,  ///< this daemon runs it, as `run_id`
        taken,    ///< another daemon has it, or it was skipped before
        skipped,  ///< skipped just now, because of the `missed` or `overlap` policy
        busy,     ///< another run of the job has not ended; ask again later
        paused,
    };
    Result result = Result::taken;
    std::int64_t run_id = 0;  ///< of the run that was begun; 0 without one
};

/// How a pass or a run ended.
struct Outcome {
    enum class State { ok, partial, error };

    State state = State::ok;
    int done = 0;        ///< rows, accounts or messages that were processed
    int failed = 0;      ///< those that could not be processed
    std::string reason;  ///< of the last failure; empty without one
};

/// ok, partial or error: the words of the column pay_private.run.state.
const char* to_string(Outcome::State state) noexcept;

/// Several passes that are written as one run after they have ended.
struct PassSummary {
    std::string job;
    double began_seconds_ago = 0;
    double ended_seconds_ago = 0;
    int passes = 0;
    Outcome outcome;
};

}  // namespace paysync::runs
