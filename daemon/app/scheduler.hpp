// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/slot_claims.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "daemon/base/schedule/schedule.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

namespace paysync {

/// Runs the passes of all jobs, each by its own schedule.
///
/// A job with a period: the next pass starts when the pause after the last one is over, more or
/// less by the jitter, or at once after wake(). While passes fail, the pause doubles from 1 s to
/// 5 min but is never shorter than the period, and wake() has no effect for its first 30 s.
///
/// A job with slots (`cron`, `calendar`): before each slot the scheduler asks the database which
/// slots are settled, and claims the next one when it is due. One daemon of the database gets it.
/// wake() has no effect.
///
/// Both: a requested run starts at once, even while the job is paused; otherwise a paused job does
/// not run. In this process passes of one job never overlap. Between processes this holds for
/// slots; passes of a period may overlap, and leases keep their work apart.
class Scheduler {
public:
    struct Entry {
        std::string name;
        schedule::Schedule schedule;
        /// Runs one pass. `run_id` is the run that was claimed for it, 0 without one.
        std::function<Task<void>(std::int64_t run_id, std::stop_token)> pass;
    };

    Scheduler(Loop& loop, Clock& clock, runs::SlotClaims& slots)
        : loop_(loop), clock_(clock), slots_(slots) {}

    void add(Entry entry);

    /// Starts a pass of the named job as soon as its present pass, if any, has ended. Several calls
    /// until then count as one.
    void wake(const std::string& name);

    /// Takes over what operators have requested. Jobs that are not in the map stay as they are.
    void apply_controls(const std::map<std::string, runs::JobControl>& controls);

    /// Runs all jobs until `stop`; returns when the last pass has ended. Jobs with a period start
    /// their first pass at once, unless the period has a phase.
    Task<void> run(std::stop_token stop);

    /// Detects a wait that has not ended 5 min after its time, which means that the job will not
    /// run any more. Returns `JOB is overdue`, or an empty string.
    std::string stalled() const;

private:
    struct Job {
        Entry entry;
        Wakeup wakeup;           ///< ends every wait, except the one after a failure
        Wakeup control_changed;  ///< ends that one
        runs::JobControl control;
        int failures = 0;  ///< passes in a row that have failed
        /// When its present wait should end; empty while it does not wait.
        std::optional<std::chrono::steady_clock::time_point> wait_ends_at;
        /// The next slot as this daemon last saw it. A slot that was not expected is late: no
        /// daemon could run it at its time.
        std::optional<runs::SlotTime> expected_slot;
        bool had_pass = false;  ///< since the last look for slots, which may therefore overlap it
    };
    Task<void> run_job(Job& job, std::stop_token stop);
    Task<std::chrono::milliseconds> run_turn(Job& job, std::stop_token stop);
    Task<std::chrono::milliseconds> run_slot_turn(Job& job, std::stop_token stop);
    Task<void> wait(Job& job, std::chrono::milliseconds pause, std::stop_token stop);
    std::chrono::milliseconds pause_after(const Job& job);

    Loop& loop_;
    Clock& clock_;
    runs::SlotClaims& slots_;
    std::vector<std::unique_ptr<Job>> jobs_;
    std::mt19937_64 random_{std::random_device()()};
};

}  // namespace paysync
