// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/app/monitor.hpp"
#include "daemon/app/runs/run.hpp"
#include "daemon/base/bus/control.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace paysync {

/// The process cannot run at all with this configuration or this database; restarting would not
/// help.
class Unusable final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One configuration at work: the jobs, and all that they use. A reload makes a second one, which
/// begins while the first ends the work that it has in hand; leases keep them apart as they keep
/// two daemons of one database apart.
class Engine {
public:
    /// Called on the loop thread.
    struct Listeners {
        /// Its state is another one: ready, database, mail accounts, status line.
        std::function<void()> changed;
        /// A pass began or was paused, or the like.
        std::function<void(const std::string& job)> job_changed;
        std::function<void(const std::string& job, const runs::Outcome&)> job_finished;
    };

    /// Reads secrets and templates, and connects to nothing yet. Throws config::Error or
    /// std::runtime_error.
    Engine(Loop& loop, Clock& clock, const config::Config& config, Listeners listeners);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// An engine on trial does not log that its database is away: its owner says so.
    enum class Trial { no, yes };
    /// Looks once whether the database can be worked with. Throws db::Unavailable or Unusable.
    Task<void> check_database(Trial trial);

    /// Runs the jobs until stop(), and ends the work in hand.
    Task<void> run();
    void stop();

    Monitor& monitor() const noexcept;
    bus::BudgetState budget() const;
    const config::Config& config() const noexcept;

    /// Names this engine in leases and runs.
    const std::string& id() const noexcept;

    /// What stands still though it should not, for the watchdog; empty when all goes on.
    std::string stalled() const;

    /// These throw db::Unavailable, and db::StatementError with PY404 for a job that nobody knows.
    Task<std::int64_t> run_job(std::string job);
    Task<bool> pause_job(std::string job, std::string reason);
    Task<bool> resume_job(std::string job);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace paysync
