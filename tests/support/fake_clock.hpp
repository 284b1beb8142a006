// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/cancellable_awaitable.hpp"
#include "daemon/base/loop/clock.hpp"

#include <chrono>
#include <map>
#include <stop_token>
#include <utility>
#include <vector>

namespace paysync {

/// A clock that stands still until a test advances it. A coroutine that sleeps on it continues in
/// the next turn of the loop after its time has come; run_task() advances the clock and runs the
/// loop, settle() only runs the loop.
class FakeClock final : public Clock {
public:
    explicit FakeClock(Loop& loop) : loop_(loop) {}

    std::chrono::steady_clock::time_point now() const override { return now_; }

    /// A fixed day, plus the time that now() has advanced since the clock's start.
    std::chrono::system_clock::time_point wall() const override {
        return std::chrono::system_clock::time_point(std::chrono::hours(24 * 20000)) +
               (now_ - Time(std::chrono::hours(1000)));
    }

    Task<void> sleep(std::chrono::milliseconds duration, std::stop_token stop) override {
        slept_.push_back(duration);
        Sleep sleep(*this, now_ + duration, std::move(stop));
        co_await sleep;
    }

    /// Advances the clock and ends the sleeps that are over then, in the order of their ends.
    void advance(std::chrono::milliseconds duration) {
        now_ += duration;
        while (!sleepers_.empty() && sleepers_.begin()->first <= now_) {
            Sleep* const sleeper = sleepers_.begin()->second;
            sleepers_.erase(sleepers_.begin());
            sleeper->finish();
        }
    }

    /// Advances the clock to the end of the shortest sleep. Returns false if nothing sleeps.
    bool advance_to_next() {
        if (sleepers_.empty())
            return false;
        const auto end = sleepers_.begin()->first;
        advance(std::chrono::ceil<std::chrono::milliseconds>(end - now_));
        return true;
    }

    std::size_t sleepers() const noexcept { return sleepers_.size(); }

    /// The durations of all sleeps so far.
    const std::vector<std::chrono::milliseconds>& slept() const noexcept { return slept_; }

private:
    using Time = std::chrono::steady_clock::time_point;

    class Sleep final : public CancellableAwaitable {
    public:
        Sleep(FakeClock& clock, Time end, std::stop_token stop)
            : CancellableAwaitable(clock.loop_, std::move(stop)), clock_(clock), end_(end) {}
        void await_resume() { throw_if_cancelled(); }
        void finish() { complete(); }

    private:
        void start() override {
            if (end_ <= clock_.now_)
                complete();
            else
                clock_.sleepers_.emplace(end_, this);
        }
        void abandon() noexcept override {
            std::erase_if(clock_.sleepers_,
                          [this](const auto& entry) { return entry.second == this; });
        }

        FakeClock& clock_;
        Time end_;
    };

    Loop& loop_;
    Time now_{std::chrono::hours(1000)};
    std::multimap<Time, Sleep*> sleepers_;
    std::vector<std::chrono::milliseconds> slept_;
};

}  // namespace paysync
