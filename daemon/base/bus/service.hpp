// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/authority.hpp"
#include "daemon/base/bus/connection.hpp"
#include "daemon/base/bus/control.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace paysync::bus {

/// Publishes a Control on D-Bus. Three kinds of objects:
///
/// - `/net/clientpoint/PaySync1`: interfaces Manager and ObjectManager.
/// - `/net/clientpoint/PaySync1/job/NAME`: interface Job, one object for each job.
/// - `/org/freedesktop/LogControl1`: for `systemctl service-log-level`.
///
/// Any user may read properties. Methods that change something require a polkit action, see
/// Authority. Loop thread only. `control` must outlive the service.
class Service {
public:
    struct Options {
        std::string name;                                          ///< the well-known name
        std::string version;                                       ///< of the daemon
        std::function<void(const std::string& reason)> on_change;  ///< see Connection
        /// Called for each authorized method call, before it is executed; for the log.
        std::function<void(const std::string& method, unsigned uid)> on_call;
    };

    Service(Loop& loop, Clock& clock, Control& control, Options options);
    ~Service();

    /// Serves until `stop` is triggered; see Connection::run().
    Task<void> run(std::stop_token stop) { return connection_.run(std::move(stop)); }

    // The owner calls these after each change, so that clients receive the signals. They have no
    // effect while there is no connection.

    /// Control::state() has changed.
    void daemon_changed();
    /// The JobState of this job has changed.
    void job_changed(const std::string& job);
    /// A pass of the job has ended. `outcome` is ok, partial or error; `done` and `failed` are
    /// numbers of items.
    void job_finished(const std::string& job, const std::string& outcome, int done, int failed);
    void job_added(const std::string& job);
    void job_removed(const std::string& job);

private:
    struct Objects;

    Loop& loop_;
    Control& control_;
    Options options_;
    Connection connection_;
    Authority authority_;
    std::unique_ptr<Objects> objects_;
};

}  // namespace paysync::bus
