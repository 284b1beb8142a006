// SPDX-License-Identifier: MIT
#include "daemon/bus/notify.hpp"

#include "daemon/loop/uv_handle.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>

namespace paysync::bus {

struct Notify::Watchdog {
    UvHandle<uv_timer_t> timer;
};

Notify::Notify(Loop& loop) {
    std::uint64_t interval_us = 0;
    if (sd_watchdog_enabled(0, &interval_us) <= 0)
        return;
    watchdog_ = std::make_unique<Watchdog>();
    uv_timer_init(loop.uv(), watchdog_->timer.get());
    const auto half_ms = std::max<std::uint64_t>(interval_us / 2000, 1);
    uv_timer_start(
        watchdog_->timer.get(), [](uv_timer_t*) { sd_notify(0, "WATCHDOG=1"); }, 0, half_ms);
    uv_unref(watchdog_->timer.base());
}

Notify::~Notify() = default;

void Notify::ready() {
    sd_notify(0, "READY=1");
}

void Notify::stopping() {
    sd_notify(0, "STOPPING=1");
}

void Notify::status(const std::string& line) {
    sd_notify(0, ("STATUS=" + line).c_str());
}

}  // namespace paysync::bus
