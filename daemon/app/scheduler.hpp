// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/slot_keeper.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "daemon/base/schedule/schedule.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

namespace paysync {

/// Runs passes of jobs, each by its own schedule. A pass never overlaps another one of its job in
/// this process, and one of a slot none in any process.
///
/// By a period: the next pass starts a pause after the last one ended, give or take the jitter, at
/// once after wake(), and later and later while it fails. By slots: each slot is run by one daemon;
/// those that wake others have no effect. Either way: at once when somebody asked for a run, and
/// not at all while the job is paused.
class Scheduler {
public:
    struct Entry {
        std::string name;
        schedule::Schedule schedule;
        /// `run_id` is 0 for a pass that is no run of its own.
        std::function<Task<void>(std::int64_t run_id, std::stop_token)> pass;
    };

    Scheduler(Loop& loop, Clock& clock, runs::SlotKeeper& keeper)
        : loop_(loop), clock_(clock), keeper_(keeper) {}

    void add(Entry entry);

    /// Lets the named entry run as soon as its current pass, if any, has ended; several calls until
    /// then count as one.
    void wake(const std::string& name);

    /// What persons want; for jobs that are not named nothing changes.
    void obey(const std::map<std::string, runs::Control>& controls);

    /// Runs all entries until `stop`; returns when the last pass has ended. First passes of periods
    /// start at once.
    Task<void> run(std::stop_token stop);

    /// Names a job that still waits though its time has long come: nothing will run it any more.
    /// Empty when there is none.
    std::string stalled() const;

private:
    struct Job {
        Entry entry;
        Wakeup wakeup;   ///< ends every wait but the one after a failure
        Wakeup control;  ///< ends that one
        runs::Control wanted;
        int failures = 0;
        /// When the wait that it is in has to be over.
        std::optional<std::chrono::steady_clock::time_point> waits_until;
        /// The slot that this daemon saw coming, or that came while its last pass ran.
        std::optional<runs::SlotTime> awaited;
        bool overlapped = false;
    };
    Task<void> serve(Job& job, std::stop_token stop);
    Task<std::chrono::milliseconds> turn(Job& job, std::stop_token stop);
    Task<std::chrono::milliseconds> slot_turn(Job& job, std::stop_token stop);
    Task<void> wait(Job& job, std::chrono::milliseconds pause, std::stop_token stop);
    std::chrono::milliseconds pause_after(const Job& job);

    Loop& loop_;
    Clock& clock_;
    runs::SlotKeeper& keeper_;
    std::vector<std::unique_ptr<Job>> jobs_;
    std::mt19937_64 random_{std::random_device()()};
};

}  // namespace paysync
