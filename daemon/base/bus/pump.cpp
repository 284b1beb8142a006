// SPDX-License-Identifier: MIT
#include "daemon/base/bus/pump.hpp"

#include "daemon/base/loop/uv_handle.hpp"

#include <poll.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include <algorithm>

namespace paysync::bus {

namespace {

std::uint64_t monotonic_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

}  // namespace

/// No handle keeps the loop running. The task that awaits a reply does.
struct Pump::State : std::enable_shared_from_this<Pump::State> {
    State(Loop& l, sd_bus* b, std::function<void(int)> lost)
        : loop(l), bus(b), on_lost(std::move(lost)) {
        check_uv(uv_poll_init(loop.uv(), poll.get(), sd_bus_get_fd(bus)), "D-Bus connection");
        uv_prepare_init(loop.uv(), prepare.get());
        uv_timer_init(loop.uv(), timer.get());
        for (auto* handle : {poll.base(), prepare.base(), timer.base()}) {
            handle->data = this;
            uv_unref(handle);
        }
        uv_prepare_start(prepare.get(),
                         [](uv_prepare_t* p) { static_cast<State*>(p->data)->update_watch(); });
    }

    /// Sets the poll and the timer to what sd-bus waits for now. Called before each poll.
    void update_watch() {
        if (ended)
            return;
        const int events = sd_bus_get_events(bus);
        std::uint64_t until = 0;
        const int timed = sd_bus_get_timeout(bus, &until);
        if (events < 0 || timed < 0)
            return end(std::min(events, timed));
        uv_poll_start(poll.get(),
                      ((events & POLLIN) != 0 ? UV_READABLE : 0) |
                          ((events & POLLOUT) != 0 ? UV_WRITABLE : 0),
                      [](uv_poll_t* p, int, int) { static_cast<State*>(p->data)->process(); });
        if (until == UINT64_MAX) {
            uv_timer_stop(timer.get());
            return;
        }
        const auto now = monotonic_us();
        const auto wait_ms = until <= now ? 0 : (until - now + 999) / 1000;
        uv_timer_start(
            timer.get(), [](uv_timer_t* t) { static_cast<State*>(t->data)->process(); }, wait_ms,
            0);
    }

    void process() {
        int more = 1;
        while (!ended && more > 0)
            more = sd_bus_process(bus, nullptr);
        if (more < 0)
            end(more);
    }

    void end(int error) {
        if (ended)
            return;
        ended = true;
        uv_poll_stop(poll.get());
        uv_prepare_stop(prepare.get());
        uv_timer_stop(timer.get());
        // Posted: on_lost may close the connection, whose sd_bus_process() is on the stack here.
        loop.post([self = shared_from_this(), error] {
            if (self->on_lost)
                self->on_lost(-error);
        });
    }

    Loop& loop;
    sd_bus* bus;
    std::function<void(int)> on_lost;
    bool ended = false;
    UvHandle<uv_poll_t> poll;
    UvHandle<uv_prepare_t> prepare;
    UvHandle<uv_timer_t> timer;
};

Pump::Pump(Loop& loop, sd_bus* bus, std::function<void(int error)> on_lost)
    : state_(std::make_shared<State>(loop, bus, std::move(on_lost))) {}

Pump::~Pump() {
    state_->ended = true;
    state_->on_lost = nullptr;
    uv_poll_stop(state_->poll.get());
    uv_prepare_stop(state_->prepare.get());
    uv_timer_stop(state_->timer.get());
}

}  // namespace paysync::bus
