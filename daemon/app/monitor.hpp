// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/run.hpp"
#include "daemon/base/db/pool.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/metrics/registry.hpp"
#include "daemon/base/metrics/server.hpp"
#include "jobs/backlog_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace paysync {

/// What an engine shows of itself: metrics, whether it is ready and healthy, and what its jobs do.
/// Everything happens on the loop thread.
class Monitor {
public:
    struct Watched {
        std::string job;
        std::string schedule;                            ///< in words
        std::optional<std::chrono::milliseconds> every;  ///< of a job without slots
    };
    struct Seen {
        std::string schedule;
        bool running = false;
        bool paused = false;
        std::string outcome = "none";
        std::optional<std::chrono::steady_clock::time_point> ended;
        std::uint64_t ended_us = 0;  ///< microseconds since 1970, 0 for never
    };

    /// `changed` is called when the status is another one.
    /// `gauges` yields what else a page of metrics shows.
    Monitor(Clock& clock, db::Pool& db, const std::vector<Watched>& jobs,
            const std::vector<std::string>& mail_accounts, std::function<void()> changed,
            std::function<std::vector<store::Gauge>()> gauges);

    void ready(bool yes);
    void database(bool up);
    void mail_account(const std::string& account, bool up);
    /// Yields the jobs that were paused or resumed.
    std::vector<std::string> controls(const std::map<std::string, runs::Control>& controls);
    void begins(const std::string& job);
    void pass(const std::string& job, const runs::Outcome& outcome, double seconds);

    bool is_ready() const noexcept { return ready_ && database_up_; }
    bool database_up() const noexcept { return database_up_; }
    const std::map<std::string, Seen>& jobs() const noexcept { return jobs_; }
    /// The one line that matters: what does not go well, or that all does.
    std::string status() const;
    /// What `/healthz` shows.
    std::string health() const;

    /// `/metrics`, `/livez`, `/readyz` or `/healthz`.
    Task<metrics::Page> page(std::string path);

private:
    using Time = std::chrono::steady_clock::time_point;

    Task<void> look_up();

    Clock& clock_;
    db::Pool& db_;
    std::function<void()> changed_;
    std::function<std::vector<store::Gauge>()> gauges_;
    metrics::Registry registry_;
    bool ready_ = false;
    bool database_up_ = true;
    std::map<std::string, Seen> jobs_;
    std::map<std::string, bool> mail_accounts_;
    std::optional<Time> looked_up_;
    bool looking_up_ = false;
};

}  // namespace paysync
