// SPDX-License-Identifier: MIT
#pragma once

#include "tests/fault_proxy/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace fault_proxy {

using Time = std::chrono::steady_clock::time_point;

/// One direction of a connection: reads bytes from one socket, holds them back as its settings say,
/// and writes them to the other. The caller passes the sockets and the time, so that a test can run
/// it with a clock of its own.
class Pipe {
public:
    enum class State {
        open,
        finished,  ///< the end of the stream was passed on
        cut,       ///< `cut_after` is reached
        broken,    ///< the reset of the source is due at the sink, or the sink is gone
    };

    /// Adds to these counters what it passes on and what it swallows.
    Pipe(std::uint64_t& passed, std::uint64_t& swallowed);

    /// New settings apply to the held bytes, too.
    void set(const Direction& direction, Time now);
    const Direction& direction() const { return direction_; }

    /// Whether read() may be called now: there is room, and neither a stall nor the end.
    bool wants_read() const;
    /// Reads what the source has. `jitter` in [0, 1) is the share of the maximum jitter that these
    /// bytes get.
    void read(int source, Time now, double jitter);

    /// When write() is to be called even if no socket has events. Empty: only on events.
    std::optional<Time> due() const;
    /// Whether the sink was full at the last write; writable() clears it.
    bool blocked() const { return blocked_; }
    void writable() { blocked_ = false; }
    /// Writes what is due to the sink.
    State write(int sink, Time now);

private:
    enum class Kind { bytes, end, reset };
    struct Piece {
        Kind kind;
        Time arrived;
        double jitter;
        std::string bytes;
        std::size_t sent = 0;
    };

    bool cut_reached() const;
    bool write_some(int sink, Time now);

    std::uint64_t& passed_;
    std::uint64_t& swallowed_;
    Direction direction_;
    std::deque<Piece> held_;
    std::size_t held_bytes_ = 0;
    /// Counted since the settings were set.
    std::uint64_t counted_ = 0;
    Time link_free_ = {};
    bool blocked_ = false;
    bool source_ended_ = false;
    State state_ = State::open;
};

}  // namespace fault_proxy
