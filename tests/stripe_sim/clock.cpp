// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/clock.hpp"

#include <chrono>

namespace stripe_sim {
namespace {

int64_t real_ms() {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

Clock::Clock(int64_t start, bool stopped) : offset_ms_(0), stopped_(stopped) {
    int64_t wanted = start > 0 ? start * 1000 : real_ms();
    offset_ms_ = stopped ? wanted : wanted - real_ms();
}

int64_t Clock::now_ms() const {
    return stopped_ ? offset_ms_.load() : offset_ms_ + real_ms();
}

void Clock::advance_ms(int64_t ms) {
    offset_ms_ += ms;
}

void Clock::set(int64_t seconds) {
    offset_ms_ = seconds * 1000 - (stopped_ ? 0 : real_ms());
}

void Clock::stop(bool stopped) {
    if (stopped_ != stopped) {
        int64_t now = now_ms();
        stopped_ = stopped;
        offset_ms_ = stopped ? now : now - real_ms();
    }
}

}  // namespace stripe_sim
