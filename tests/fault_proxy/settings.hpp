// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace fault_proxy {

/// What happens to the bytes that go one way.
struct Direction {
    /// Every byte, and the end of the stream, arrives so much later.
    std::chrono::milliseconds delay = {};
    /// And by up to so much more, at random; the order stays.
    std::chrono::milliseconds jitter = {};
    /// 0: no limit.
    std::uint64_t bytes_per_second = 0;
    /// The connection is cut when so many bytes were passed on, counted from when this was set.
    std::optional<std::uint64_t> cut_after = {};
    /// Bytes are taken and thrown away, and the end of the stream is not passed on: the peer looks
    /// alive and is not there.
    bool swallow = false;
    /// Bytes are neither taken nor passed on until this ends; nothing is lost.
    bool stall = false;
};

/// What happens to a connection.
struct Settings {
    Direction to_target = {};
    Direction to_client = {};
    /// A cut is an RST instead of a FIN.
    bool reset = false;
};

/// What a proxy has seen since its start.
struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t open = 0;
    /// Connections that a fault ended.
    std::uint64_t cut = 0;
    /// Connections whose target could not be reached; their clients got an RST.
    std::uint64_t target_failures = 0;
    std::uint64_t bytes_to_target = 0;
    std::uint64_t bytes_to_client = 0;
    std::uint64_t bytes_swallowed = 0;
};

}  // namespace fault_proxy
