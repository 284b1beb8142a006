// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace smtp_sim {

/// What a server has seen since its start.
struct Counters {
    std::uint64_t connections = 0;
    /// Connections that are open now.
    std::uint64_t open = 0;
    std::uint64_t handshakes = 0;
    std::uint64_t failed_handshakes = 0;
    std::uint64_t logins = 0;
    std::uint64_t failed_logins = 0;
};

/// The same, while counting.
struct LiveCounters {
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> open{0};
    std::atomic<std::uint64_t> handshakes{0};
    std::atomic<std::uint64_t> failed_handshakes{0};
    std::atomic<std::uint64_t> logins{0};
    std::atomic<std::uint64_t> failed_logins{0};
};

}  // namespace smtp_sim
