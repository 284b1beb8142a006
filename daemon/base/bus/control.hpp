// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/error.hpp"
#include "daemon/base/loop/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What can be seen and done from outside; the D-Bus objects show exactly this.
namespace paysync::bus {

struct DaemonState {
    std::string status;  ///< the line of `systemctl status`
    bool ready = false;
    bool database_up = false;
    std::string configuration;        ///< its file
    std::uint64_t configured_at = 0;  ///< microseconds since 1970
};

/// Of the calls to Stripe.
struct BudgetState {
    double rate = 0;  ///< calls per second, this daemon's share of what is configured
    unsigned in_flight = 0;
    unsigned in_flight_limit = 0;
    unsigned waiting = 0;
};

struct JobState {
    std::string name;
    std::string schedule;  ///< in words
    bool running = false;
    bool paused = false;
    std::string last_outcome;      ///< ok, partial, error, or none
    std::uint64_t last_ended = 0;  ///< microseconds since 1970, 0 for never
};

/// Called on the loop thread.
class Control {
public:
    virtual ~Control() = default;

    virtual DaemonState state() const = 0;
    virtual BudgetState budget() const = 0;
    virtual std::vector<JobState> jobs() const = 0;
    /// The same JSON as /healthz.
    virtual std::string health() const = 0;

    /// Puts the configuration of the file to work, or throws Error (kInvalidConfiguration,
    /// kUnavailable) and goes on with the one that works.
    virtual Task<void> reload() = 0;
    /// Answers the run's id. These throw Error (kUnknownJob, kUnavailable).
    virtual Task<std::int64_t> run_job(std::string job) = 0;
    /// Answers whether it was not paused before.
    virtual Task<bool> pause_job(std::string job, std::string reason) = 0;
    /// Answers whether it was paused.
    virtual Task<bool> resume_job(std::string job) = 0;

    /// In syslog's words: debug, info, warning, err.
    virtual std::string log_level() const = 0;
    /// Answers whether there is such a level.
    virtual bool set_log_level(const std::string& level) = 0;
    /// journal or console.
    virtual std::string log_target() const = 0;
};

}  // namespace paysync::bus
