// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <functional>
#include <memory>
#include <string>

namespace paysync::bus {

/// What systemd hears of us (sd_notify); silent when $NOTIFY_SOCKET is not set.
class Notify {
public:
    /// Begins to answer the watchdog from the loop itself, at half of $WATCHDOG_USEC, as long as
    /// `well` says so: a loop that is stuck does not answer, nor does one that turns for nothing.
    Notify(Loop& loop, std::function<bool()> well);
    ~Notify();

    void ready();
    /// The configuration is read again, until ready().
    void reloading();
    void stopping();
    /// One line for `systemctl status`.
    void status(const std::string& line);

private:
    struct Watchdog;
    std::unique_ptr<Watchdog> watchdog_;
    std::string status_;
};

}  // namespace paysync::bus
