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

/// One direction of a connection: takes bytes from one socket, holds them back as its settings say,
/// gives them to the other. Knows no sockets of its own and no time but what it is told.
class Pipe {
public:
    enum class State {
        open,
        finished,  ///< the end of the stream was passed on
        cut,       ///< `cut_after` is reached
        broken,    ///< the source was reset, and it is time to tell, or the sink is gone
    };

    /// Counts what it passes on and what it swallows.
    Pipe(std::uint64_t& passed, std::uint64_t& swallowed);

    /// Takes effect on what is held back, too.
    void set(const Direction& direction, Time now);
    const Direction& direction() const { return direction_; }

    /// Whether `read` makes sense now.
    bool wants_read() const;
    /// Takes what the source has; `jitter` in [0, 1) is the share of the jitter that these bytes
    /// get.
    void read(int source, Time now, double jitter);

    /// When `write` makes sense without news from the sockets; nothing: not before such news.
    std::optional<Time> due() const;
    /// Whether the sink was full; `writable` tells that it is not any more.
    bool blocked() const { return blocked_; }
    void writable() { blocked_ = false; }
    /// Gives what is due to the sink.
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
    /// Since the settings were set.
    std::uint64_t counted_ = 0;
    Time link_free_ = {};
    bool blocked_ = false;
    bool source_ended_ = false;
    State state_ = State::open;
};

}  // namespace fault_proxy
