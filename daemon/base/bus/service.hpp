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

/// The daemon on D-Bus: `/net/clientpoint/PaySync1` (Manager, ObjectManager), an object for each
/// job below it, and org.freedesktop.LogControl1 where systemctl looks for it. Everybody may read;
/// what changes something needs a polkit action (Authority).
class Service {
public:
    struct Options {
        std::string name;                                          ///< the well-known name
        std::string version;                                       ///< the daemon's
        std::function<void(const std::string& reason)> on_change;  ///< see Connection
        /// Called for each method that is allowed, before it is done.
        std::function<void(const std::string& method, unsigned uid)> on_call;
    };

    Service(Loop& loop, Clock& clock, Control& control, Options options);
    ~Service();

    Task<void> run(std::stop_token stop) { return connection_.run(std::move(stop)); }

    /// The daemon's state is another one.
    void daemon_changed();
    /// The job's is.
    void job_changed(const std::string& job);
    /// A pass has ended.
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
