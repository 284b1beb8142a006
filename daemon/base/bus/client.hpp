// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/control.hpp"

#include <memory>
#include <string>
#include <vector>

struct sd_bus;

namespace paysync::bus {

/// Calls a running paysyncd over D-Bus, for paysyncctl. The counterpart in the daemon is Service.
///
/// All functions block until the reply or a timeout. They throw Error with the name and text that
/// the daemon, the bus or polkit replied. Interactive authorization is allowed: polkit may ask the
/// user of paysyncctl for a password. One thread.
class Client {
public:
    /// Connects to the system bus. `name` is the daemon's well-known name, usually kName. Throws
    /// Error if there is no system bus.
    explicit Client(std::string name);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Lets the daemon read its configuration file again. Returns when the new configuration is in
    /// effect, at most 90 s later. Throws Error kInvalidConfiguration or kUnavailable if the daemon
    /// keeps the old one.
    void reload();

    std::string version();
    /// The line that `systemctl status` shows.
    std::string status();
    std::vector<JobState> jobs();
    BudgetState budget();

    /// In syslog's words: debug, info, warning, err.
    std::string log_level();
    void set_log_level(const std::string& level);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace paysync::bus
