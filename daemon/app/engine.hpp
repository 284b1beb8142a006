// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/app/monitor.hpp"
#include "daemon/app/runs/run.hpp"
#include "daemon/base/bus/control.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/loop/task.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace paysync {

/// The daemon cannot run with this configuration or this database, and a restart would not help.
class Unusable final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The jobs of one configuration with everything that they use: database pool, HTTP client, Stripe
/// budget, mail connections, scheduler.
///
/// A reload makes a second engine from the new configuration. It starts at once, while the first
/// one is stopped and finishes its work in hand, so both run side by side for a while. Leases keep
/// their work apart, as they do for two daemons of one database (decision 14). Belongs to the loop
/// thread.
class Engine {
public:
    /// Called on the loop thread.
    struct Listeners {
        /// The monitor shows another state: ready, database, mail accounts.
        std::function<void()> changed;
        /// A pass began or ended, or the job was paused or resumed.
        std::function<void(const std::string& job)> job_changed;
        std::function<void(const std::string& job, const runs::Outcome&)> job_finished;
    };

    /// Reads secrets and mail templates; connects to nothing yet. Throws config::Error or
    /// std::runtime_error.
    Engine(Loop& loop, Clock& clock, const config::Config& config, Listeners listeners);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// `yes` for the engine of a reload that may yet be refused: it does not log that its database
    /// does not answer, since the refusal of the reload says so.
    enum class Trial { no, yes };
    /// Connects and checks the schema and the rights, once. Throws db::Unavailable or Unusable.
    Task<void> check_database(Trial trial);

    /// Runs the jobs; returns when the work that was in hand at stop() has ended.
    Task<void> run();
    void stop();

    Monitor& monitor() const noexcept;
    bus::BudgetState budget() const;
    const config::Config& config() const noexcept;

    /// Names this engine in leases and runs: HOST:PID:RANDOM.
    const std::string& id() const noexcept;

    /// The part that makes no progress although it should, in words; empty when all is well. While
    /// there is something, the watchdog is not answered.
    std::string stalled() const;

    /// Requests of operators, for all daemons of the database. Throw db::Unavailable, and
    /// db::StatementError with PY404 for a job that no daemon has registered. run_job() yields the
    /// id of the requested run; the others whether they changed something.
    Task<std::int64_t> run_job(std::string job);
    Task<bool> pause_job(std::string job, std::string reason);
    Task<bool> resume_job(std::string job);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace paysync
