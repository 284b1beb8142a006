// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/loop.hpp"

#include <functional>
#include <memory>
#include <string>

namespace paysync::bus {

/// Reports the state of the daemon to systemd with sd_notify(). Does nothing if $NOTIFY_SOCKET is
/// not set, that is, if systemd did not start the process. Loop thread only.
class Notify {
public:
    /// Starts to send WATCHDOG=1 every half of $WATCHDOG_USEC, from a timer of the loop. It is sent
    /// only while `is_healthy` returns true. So systemd restarts a daemon whose loop is blocked,
    /// and also one whose loop runs but makes no progress.
    Notify(Loop& loop, std::function<bool()> is_healthy);
    ~Notify();

    /// The start, or a reload, is complete.
    void ready();
    /// A reload has begun. Call ready() when it is complete, or when it failed.
    void reloading();
    void stopping();
    /// Sets the line that `systemctl status` shows. Sent only if it has changed.
    void status(const std::string& line);

private:
    struct Watchdog;
    std::unique_ptr<Watchdog> watchdog_;
    std::string status_;
};

}  // namespace paysync::bus
