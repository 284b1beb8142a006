// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/bus/control.hpp"

#include <memory>
#include <string>
#include <vector>

struct sd_bus;

namespace paysync::bus {

/// A daemon that runs, as another process sees it over D-Bus. All calls block, and throw Error with
/// what the daemon, the bus or polkit says.
class Client {
public:
    /// `name` is the daemon's well-known name. Throws Error when there is no bus.
    explicit Client(std::string name);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Returns when the daemon works by the file as it is now.
    void reload();

    std::string version();
    std::string status();
    std::vector<JobState> jobs();
    BudgetState budget();

    std::string log_level();
    void set_log_level(const std::string& level);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace paysync::bus
