// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/error.hpp"
#include "daemon/base/loop/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// The operations and the state of the daemon that other processes may use. The app implements
/// Control, and Service publishes it on D-Bus. Neither knows about the other.
namespace paysync::bus {

/// Properties of the Manager object.
struct DaemonState {
    std::string status;  ///< the line that `systemctl status` shows
    bool ready = false;  ///< the jobs are running
    bool database_up = false;
    std::string configuration;        ///< path of the configuration file
    std::uint64_t configured_at = 0;  ///< when it was read: microseconds since 1970
};

/// How much of the rate limit of Stripe's API is in use.
struct BudgetState {
    double rate = 0;         ///< calls per second; this daemon's share of the configured rate
    unsigned in_flight = 0;  ///< calls that Stripe has not answered yet
    unsigned in_flight_limit = 0;
    unsigned waiting = 0;  ///< calls that wait for a permit
};

/// Properties of a Job object.
struct JobState {
    std::string name;      ///< such as `onboarding.sweep`
    std::string schedule;  ///< as configured: `every 30s`
    bool running = false;
    bool paused = false;
    std::string last_outcome;      ///< ok, partial, error, or none
    std::uint64_t last_ended = 0;  ///< microseconds since 1970; 0 = never
};

/// All functions are called on the loop thread.
class Control {
public:
    virtual ~Control() = default;

    virtual DaemonState state() const = 0;
    virtual BudgetState budget() const = 0;
    virtual std::vector<JobState> jobs() const = 0;
    /// The JSON that /healthz serves.
    virtual std::string health() const = 0;

    /// Reads the configuration file again and applies it. Throws Error kInvalidConfiguration or
    /// kUnavailable; the old configuration then stays in effect.
    virtual Task<void> reload() = 0;
    /// Starts a pass of the job now, and returns the id of the run. This function and the two below
    /// throw Error kUnknownJob or kUnavailable.
    virtual Task<std::int64_t> run_job(std::string job) = 0;
    /// Pauses a job until resume_job(). `reason` is shown to operators. Returns false if it was
    /// paused already.
    virtual Task<bool> pause_job(std::string job, std::string reason) = 0;
    /// Returns false if the job was not paused.
    virtual Task<bool> resume_job(std::string job) = 0;

    /// In syslog's words: debug, info, warning, err.
    virtual std::string log_level() const = 0;
    /// Returns false if there is no such level.
    virtual bool set_log_level(const std::string& level) = 0;
    /// journal or console.
    virtual std::string log_target() const = 0;
};

}  // namespace paysync::bus
