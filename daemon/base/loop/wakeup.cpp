// SPDX-License-Identifier: MIT
#include "daemon/base/loop/wakeup.hpp"

#include "daemon/base/loop/cancelled.hpp"

namespace paysync {

void Wakeup::notify() noexcept {
    notified_ = true;
    sleeping_.request_stop();
}

Task<void> Wakeup::wait(Clock& clock, std::chrono::milliseconds duration, std::stop_token stop) {
    if (!notified_) {
        sleeping_ = std::stop_source();
        const std::stop_callback relay(stop, [this] { sleeping_.request_stop(); });
        try {
            co_await clock.sleep(duration, sleeping_.get_token());
        } catch (const Cancelled&) {
        }
    }
    if (stop.stop_requested())
        throw Cancelled();
    notified_ = false;
}

}  // namespace paysync
