// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/loop/loop.hpp"

#include <memory>
#include <string>

namespace paysync::bus {

/// What systemd hears of us (sd_notify); silent when $NOTIFY_SOCKET is not set.
class Notify {
public:
    /// Begins to answer the watchdog from the loop itself, at half of $WATCHDOG_USEC: a stuck loop
    /// stops answering.
    explicit Notify(Loop& loop);
    ~Notify();

    void ready();
    void stopping();
    /// One line for `systemctl status`.
    void status(const std::string& line);

private:
    struct Watchdog;
    std::unique_ptr<Watchdog> watchdog_;
};

}  // namespace paysync::bus
