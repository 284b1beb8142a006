// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace fault_proxy {

/// The faults of one direction of a connection.
struct Direction {
    /// Every byte, and the end of the stream, arrives this much later.
    std::chrono::milliseconds delay = {};
    /// A random addition to the delay, at most this much. The order of the bytes stays.
    std::chrono::milliseconds jitter = {};
    /// 0: unlimited.
    std::uint64_t bytes_per_second = 0;
    /// Cuts the connection after exactly this many bytes, counted from the moment of setting.
    std::optional<std::uint64_t> cut_after = {};
    /// Bytes are read and discarded, and the end of the stream is not passed on. Set in both
    /// directions it makes a half-open connection: the peer looks alive but never answers.
    bool swallow = false;
    /// Nothing is read or written until this is lifted. Nothing is lost.
    bool stall = false;
};

/// The faults of a connection.
struct Settings {
    Direction to_target = {};
    Direction to_client = {};
    /// Whether a cut is an RST instead of a FIN.
    bool reset = false;
};

/// Totals since the proxy started.
struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t open = 0;
    /// Connections that ended by a fault.
    std::uint64_t cut = 0;
    /// Connections whose target could not be reached. Their clients got an RST.
    std::uint64_t target_failures = 0;
    std::uint64_t bytes_to_target = 0;
    std::uint64_t bytes_to_client = 0;
    std::uint64_t bytes_swallowed = 0;
};

}  // namespace fault_proxy
