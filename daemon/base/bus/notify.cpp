// SPDX-License-Identifier: MIT
#include "daemon/base/bus/notify.hpp"

#include "daemon/base/loop/uv_handle.hpp"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <algorithm>
#include <utility>

namespace paysync::bus {

struct Notify::Watchdog {
    UvHandle<uv_timer_t> timer;
    std::function<bool()> is_healthy;
};

Notify::Notify(Loop& loop, std::function<bool()> is_healthy) {
    std::uint64_t interval_us = 0;
    if (sd_watchdog_enabled(0, &interval_us) <= 0)
        return;
    watchdog_ = std::make_unique<Watchdog>();
    watchdog_->is_healthy = std::move(is_healthy);
    watchdog_->timer.set_data(watchdog_.get());
    uv_timer_init(loop.uv(), watchdog_->timer.get());
    const auto half_ms = std::max<std::uint64_t>(interval_us / 2000, 1);
    uv_timer_start(
        watchdog_->timer.get(),
        [](uv_timer_t* timer) {
            if (static_cast<Watchdog*>(timer->data)->is_healthy())
                sd_notify(0, "WATCHDOG=1");
        },
        0, half_ms);
    uv_unref(watchdog_->timer.base());
}

Notify::~Notify() = default;

void Notify::ready() {
    sd_notify(0, "READY=1");
}

void Notify::reloading() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    // Later systemd versions than 252 require the time if the unit has Type=notify-reload.
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
               static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000);
}

void Notify::stopping() {
    sd_notify(0, "STOPPING=1");
}

void Notify::status(const std::string& line) {
    if (std::exchange(status_, line) != line)
        sd_notify(0, ("STATUS=" + line).c_str());
}

}  // namespace paysync::bus
