// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace stripe_sim {

/// The virtual time of the stand-in. It runs with the real one and can be advanced, set and
/// stopped.
class Clock {
public:
    /// Starts at this Unix second; 0 = the real time.
    explicit Clock(int64_t start, bool stopped);

    int64_t now_ms() const;
    int64_t now() const { return now_ms() / 1000; }
    void advance_ms(int64_t ms);
    void set(int64_t seconds);
    /// Stops the clock at its present time, or lets it continue from there.
    void stop(bool stopped);

private:
    std::atomic<int64_t> offset_ms_;
    std::atomic<bool> stopped_;
};

}  // namespace stripe_sim
