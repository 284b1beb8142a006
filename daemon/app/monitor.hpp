// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/run.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/task.hpp"
#include "daemon/base/metrics/registry.hpp"
#include "daemon/base/metrics/server.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace paysync::db {
class Pool;
}
namespace paysync::store {
struct Gauge;
}

namespace paysync {

/// The state of an engine, as metrics, health pages, the status line of systemd and D-Bus show it.
/// The engine reports events to it; it does nothing by itself. Belongs to the loop thread.
class Monitor {
public:
    struct Job {
        std::string name;
        std::string schedule;                            ///< in words
        std::optional<std::chrono::milliseconds> every;  ///< its period; empty with slots
    };
    struct JobStatus {
        std::string schedule;
        bool running = false;
        bool paused = false;
        std::string outcome = "none";  ///< of the last pass: ok, partial, error; none before
        std::optional<std::chrono::steady_clock::time_point> ended;  ///< the last pass
        std::uint64_t ended_us = 0;  ///< the same in microseconds since 1970; 0 before
    };

    /// `changed` is called when status() may have changed. `gauges` yields numbers that the engine
    /// has in memory, for the page of metrics.
    Monitor(Clock& clock, db::Pool& db, const std::vector<Job>& jobs,
            const std::vector<std::string>& mail_accounts, std::function<void()> changed,
            std::function<std::vector<store::Gauge>()> gauges);

    void set_ready(bool ready);
    void set_database_up(bool up);
    void set_mail_account_up(const std::string& account, bool up);
    /// Returns the jobs that were paused or resumed.
    std::vector<std::string> apply_controls(
        const std::map<std::string, runs::JobControl>& controls);
    void pass_began(const std::string& job);
    void pass_ended(const std::string& job, const runs::Outcome& outcome, double seconds);

    bool is_ready() const noexcept { return ready_ && database_up_; }
    bool database_up() const noexcept { return database_up_; }
    const std::map<std::string, JobStatus>& jobs() const noexcept { return jobs_; }
    /// One line: "running 10 jobs, 1 paused; onboarding.sweep fails".
    std::string status() const;
    /// The JSON of /healthz.
    std::string health() const;

    /// The page of /metrics, /livez, /readyz or /healthz. For /metrics it counts rows in the
    /// database, at most every 10 s.
    Task<metrics::Page> page(std::string path);

private:
    using Time = std::chrono::steady_clock::time_point;

    Task<void> refresh_backlog();

    Clock& clock_;
    db::Pool& db_;
    std::function<void()> changed_;
    std::function<std::vector<store::Gauge>()> gauges_;
    metrics::Registry registry_;
    bool ready_ = false;
    bool database_up_ = true;
    std::map<std::string, JobStatus> jobs_;
    std::map<std::string, bool> mail_accounts_;  ///< whether it is up, by name
    std::optional<Time> backlog_read_at_;        ///< empty when the last attempt failed
    bool reading_backlog_ = false;
};

}  // namespace paysync
