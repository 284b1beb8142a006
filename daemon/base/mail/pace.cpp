// SPDX-License-Identifier: MIT
#include "daemon/base/mail/pace.hpp"

#include <algorithm>
#include <cstdint>

namespace paysync::mail {

namespace {

// Timers are not exact: a message may be early by this much, and the next one is the later for it.
constexpr std::chrono::milliseconds kTolerance(20);
constexpr int kMostDoublings = 20;

}  // namespace

std::chrono::nanoseconds Pace::interval() const {
    return std::chrono::nanoseconds(
        limits_.per_second <= 0 ? 0 : static_cast<std::int64_t>(1e9 / limits_.per_second));
}

Pace::Time Pace::free_at(Time now) const {
    const Time token = next_ - kTolerance <= now ? now : next_;
    return std::max(token, paused_until_);
}

bool Pace::full() const {
    // After a pause one message tries whether it is over.
    if (failures_ > 0)
        return under_way_ > 0;
    return window_ > 0 && under_way_ >= window_;
}

void Pace::begin(Time now) {
    ++under_way_;
    next_ = std::max(next_, now) + interval();
}

bool Pace::succeeded(Time began) {
    if (failures_ > 0 && began < paused_since_)
        return false;
    if (limits_.connections > 0)
        window_ = std::min(limits_.connections, window_ + 1);
    reason_.clear();
    paused_until_ = Time();
    failures_ = 0;
    return true;
}

void Pace::shrink_window() {
    if (limits_.connections > 0)
        window_ = std::max(1, window_ / 2);
}

bool Pace::failed(Time began, Time now, const Pauses& pauses, const std::string& reason) {
    if (failures_ > 0 && began < paused_since_)
        return false;
    const auto doubled = pauses.first * (1LL << std::min(failures_, kMostDoublings));
    paused_since_ = now;
    paused_until_ = now + std::min<std::chrono::milliseconds>(doubled, pauses.longest);
    ++failures_;
    reason_ = reason;
    return true;
}

bool Pace::is_pristine(Time now) const {
    return under_way_ == 0 && failures_ == 0 && window_ == limits_.connections &&
           std::max(next_, reserved_) <= now;
}

bool Pace::is_forgettable(Time now) const {
    return under_way_ == 0 && std::max({next_, reserved_, paused_until_}) <= now;
}

Pace::Time Pace::reserve(Time now, Time earliest) {
    reserved_ = std::max({reserved_ + interval(), earliest, now});
    return reserved_;
}

}  // namespace paysync::mail
