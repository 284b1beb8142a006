// SPDX-License-Identifier: MIT
#include "daemon/base/loop/clock.hpp"

#include "daemon/base/loop/cancellable_awaitable.hpp"
#include "daemon/base/loop/uv_handle.hpp"

namespace paysync {

namespace {

class Sleep final : public CancellableAwaitable {
public:
    Sleep(Loop& loop, std::chrono::milliseconds duration, std::stop_token stop)
        : CancellableAwaitable(loop, std::move(stop)), duration_(duration) {
        uv_timer_init(loop.uv(), timer_.get());
        timer_.set_data(this);
    }
    void await_resume() { throw_if_cancelled(); }

private:
    void start() override {
        // libuv timers start at the cached time of the loop, which is stale after a long callback.
        uv_update_time(loop().uv());
        const auto wait = static_cast<std::uint64_t>(std::max<std::int64_t>(duration_.count(), 0));
        uv_timer_start(
            timer_.get(), [](uv_timer_t* timer) { static_cast<Sleep*>(timer->data)->complete(); },
            wait, 0);
    }
    void abandon() noexcept override { uv_timer_stop(timer_.get()); }

    std::chrono::milliseconds duration_;
    UvHandle<uv_timer_t> timer_;
};

}  // namespace

std::chrono::steady_clock::time_point LoopClock::now() const {
    return std::chrono::steady_clock::now();
}

std::chrono::system_clock::time_point LoopClock::wall() const {
    return std::chrono::system_clock::now();
}

Task<void> LoopClock::sleep(std::chrono::milliseconds duration, std::stop_token stop) {
    Sleep sleep(loop_, duration, std::move(stop));
    co_await sleep;
}

}  // namespace paysync
