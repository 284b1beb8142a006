// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/slot_claims.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/wakeup.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace paysync {
class Report;
}
namespace paysync::db {
class Pool;
}

namespace paysync::runs {

/// Records what the jobs of this daemon do, and reads what operators have requested of them.
///
/// Writing a row for every pass would cost more than many passes do: a pass that sends one message
/// takes milliseconds, and an idle job has several passes a minute. So only these are written:
///   - a run that was claimed before the pass (a slot, or a request of an operator): at its end;
///   - a pass that takes longer than `long_pass_after`: it gets a run while it lasts;
///   - all other passes that did something: added up in memory, one row per job and
///     `summary_period`.
/// Passes that found nothing to do only move pay.jobs.last_pass_at.
class Recorder final : public SlotClaims {
public:
    struct Options {
        std::string daemon;  ///< names this process in runs and leases
        std::string version;
        /// A run whose lease is not renewed for this long counts as lost.
        std::chrono::milliseconds lease;
        std::chrono::milliseconds renew;      ///< how often leases of runs are renewed
        std::chrono::milliseconds keep_runs;  ///< older runs are deleted
        std::chrono::milliseconds long_pass_after = std::chrono::seconds(10);
        std::chrono::milliseconds summary_period = std::chrono::seconds(60);
        std::vector<RegisteredJob> jobs;
        // All are called on the loop thread.
        /// With the requests of operators, each time they were read.
        std::function<void(const std::map<std::string, JobControl>&)> on_controls;
        /// With the number of daemons of this database that are alive, about once a minute.
        std::function<void(int)> on_daemons;
        /// After each pass, unless it ended because the database was lost.
        std::function<void(const std::string& job, const Outcome&, double seconds)> on_pass;
    };

    Recorder(Loop& loop, Clock& clock, db::Pool& db, Options options);

    /// Registers the daemon and its jobs and reads the requests of operators for the first time.
    /// Waits for a lost database. Throws Cancelled when `stop` comes first.
    Task<void> begin(std::stop_token stop);

    /// Every 10 s, and after read_controls_soon(): reads requests, writes summaries, and at longer
    /// intervals records a heartbeat and deletes old runs. Returns after `stop`.
    Task<void> run(std::stop_token stop);
    void read_controls_soon() noexcept { wakeup_.notify(); }

    /// To be called after the last pass: writes the remaining summaries and unregisters the daemon.
    Task<void> end();

    /// Runs `work`, which is one pass and fills in `report`, and records it. Throws what it throws.
    /// `run_id` is the run that was claimed for it, 0 without one.
    Task<void> record_pass(std::string job, std::int64_t run_id, const Report* report,
                           Task<void> work, std::stop_token stop);

    Task<SlotPlan> plan_slot(std::string job) override;
    Task<SlotClaim> claim_slot(SlotRequest request) override;
    Task<std::int64_t> claim_requested_run(std::string job) override;

private:
    using Time = std::chrono::steady_clock::time_point;
    /// Passes of one job that are not written yet.
    struct Passes {
        Time began{};
        Time ended{};
        int count = 0;
        Outcome outcome;

        void add(const Passes& other);
    };

    DaemonLease lease() const;
    Task<void> hold_run(std::string job, std::int64_t* run_id, std::stop_token finished);
    Task<void> finish_run(std::int64_t run_id, Outcome outcome);
    void add_to_summary(const std::string& job, Time began, const Outcome& outcome);
    Task<void> do_round();
    Task<void> write_summaries(bool all);
    Task<void> finish_pending_runs();

    Loop& loop_;
    Clock& clock_;
    db::Pool& db_;
    Options options_;
    Wakeup wakeup_;
    std::map<std::string, Passes> unwritten_;  ///< by job
    std::set<std::string> jobs_with_pass_;     ///< since the last heartbeat
    /// Runs that have ended while the database did not answer.
    std::vector<std::pair<std::int64_t, Outcome>> unfinished_runs_;
    Time last_heartbeat_{};
    Time last_deletion_{};
};

}  // namespace paysync::runs
