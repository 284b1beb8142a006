// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace paysync::metrics {

/// The metrics of the daemon, all with the prefix `paysync_`. docs/operator.md describes them.
///
/// The series of all jobs and mail accounts that the constructor receives exist from the start with
/// the value 0 or 1. So a rate() in Prometheus sees the first failure, and an alert can tell "never
/// failed" from "no data". The label of a job is `duty`. One thread.
class Registry {
public:
    Registry(const std::string& version, const std::vector<std::string>& jobs,
             const std::vector<std::string>& mail_accounts);
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    /// Counts a pass of a job that has ended. `outcome` is ok, partial or error; `done` and
    /// `failed` are numbers of items.
    void record_pass(const std::string& job, const std::string& outcome, double seconds, int done,
                     int failed);
    /// The interval of a job that runs periodically.
    void set_period(const std::string& job, double seconds);
    void set_paused(const std::string& job, bool paused);
    void set_database_up(bool up);
    void set_mail_account_up(const std::string& account, bool up);

    /// Sets a gauge whose value was read from the database or from a job, with its full name.
    void set_gauge(const std::string& name, const std::string& help, double value);
    /// Removes all gauges of set_gauge(). For when the database cannot be read: no value is better
    /// than an old one.
    void remove_gauges();

    /// All metrics in the text format of Prometheus.
    std::string text() const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace paysync::metrics
