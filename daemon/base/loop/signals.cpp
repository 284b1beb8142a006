// SPDX-License-Identifier: MIT
#include "daemon/base/loop/signals.hpp"

#include "daemon/base/loop/uv_handle.hpp"

namespace paysync {

struct Signals::Watch {
    UvHandle<uv_signal_t> handle;
    std::function<void()> handler;
};

Signals::Signals(Loop& loop) : loop_(loop) {}

Signals::~Signals() = default;

void Signals::on(int signal, std::function<void()> handler) {
    auto& watch = *watches_.emplace_back(std::make_unique<Watch>());
    uv_signal_init(loop_.uv(), watch.handle.get());
    watch.handler = std::move(handler);
    watch.handle.set_data(&watch);
    check_uv(
        uv_signal_start(
            watch.handle.get(),
            [](uv_signal_t* raised, int) { static_cast<Watch*>(raised->data)->handler(); }, signal),
        "uv_signal_start");
    uv_unref(watch.handle.base());
}

}  // namespace paysync
