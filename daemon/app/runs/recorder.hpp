// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/run_store.hpp"
#include "daemon/app/runs/slot_keeper.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/wakeup.hpp"
#include "jobs/frame/report.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace paysync::runs {

/// Writes down what jobs do, and hears what persons want of them. A pass writes nothing itself
/// unless it is a run of its own or lasts: what short passes did is summed up and written about
/// once a minute, and those that had nothing to do leave no trace but their time.
class Recorder final : public SlotKeeper {
public:
    struct Options {
        std::string daemon;  ///< names this process
        std::string version;
        std::chrono::milliseconds lease;  ///< a run without a sign of life for so long is lost
        std::chrono::milliseconds renew;
        std::chrono::milliseconds keep;  ///< how long runs are kept
        /// A pass that lasts so long is shown while it lasts.
        std::chrono::milliseconds long_pass = std::chrono::seconds(10);
        /// How long what passes did is gathered.
        std::chrono::milliseconds gather = std::chrono::seconds(60);
        std::vector<store::Known> jobs;
        /// Called on the loop thread, whenever it was looked.
        std::function<void(const std::map<std::string, Control>&)> on_controls;
        /// Called on the loop thread with how many daemons of this database are alive, about once a
        /// minute.
        std::function<void(int)> on_daemons;
        /// Called on the loop thread after each pass whose end is known.
        std::function<void(const std::string& job, const Outcome&, double seconds)> on_pass;
    };

    Recorder(Loop& loop, Clock& clock, db::Pool& db, Options options);

    /// Registers the daemon and its jobs, and looks for the first time; waits for a lost database.
    /// Throws Cancelled when `stop` comes first.
    Task<void> begin(std::stop_token stop);

    /// Looks what persons want every 10 s and after look(), and does what has to be done now and
    /// then, until `stop`.
    Task<void> run(std::stop_token stop);
    void look() noexcept { wakeup_.notify(); }

    /// Writes what is left, after the last pass, and says that this daemon is gone.
    Task<void> end();

    /// Runs the work of one pass, which fills in `report`, and throws what it throws. `run_id` is
    /// the row that it has already, or 0.
    Task<void> pass(std::string job, std::int64_t run_id, const Report* report, Task<void> work,
                    std::stop_token stop);

    Task<SlotPlan> plan(std::string job) override;
    Task<SlotClaim> claim(SlotWish wish) override;
    Task<std::int64_t> claim_asked(std::string job) override;

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Passes {
        Time began{};
        Time ended{};
        int count = 0;
        Outcome outcome;

        void join(const Passes& other);
    };

    store::Runner runner() const;
    Task<void> keep_alive(std::string job, std::int64_t* run_id, std::stop_token finished);
    Task<void> close(std::int64_t run_id, Outcome outcome);
    void sum_up(const std::string& job, Time began, const Outcome& outcome);
    Task<void> look_after();
    Task<void> write_down(bool all);
    Task<void> finish_late();

    Loop& loop_;
    Clock& clock_;
    db::Pool& db_;
    Options options_;
    Wakeup wakeup_;
    std::map<std::string, Passes> passes_;
    std::set<std::string> passed_;
    std::vector<std::pair<std::int64_t, Outcome>> unfinished_;  ///< while the database is lost
    Time beaten_{};
    Time pruned_{};
};

}  // namespace paysync::runs
