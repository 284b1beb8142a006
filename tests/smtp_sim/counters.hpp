// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace smtp_sim {

/// Totals since the server started.
struct Counters {
    std::uint64_t connections = 0;
    /// Connections that are open now.
    std::uint64_t open = 0;
    std::uint64_t handshakes = 0;
    std::uint64_t failed_handshakes = 0;
    std::uint64_t logins = 0;
    std::uint64_t failed_logins = 0;
};

/// The same counters in the form that the threads of the connections increment.
struct LiveCounters {
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> open{0};
    std::atomic<std::uint64_t> handshakes{0};
    std::atomic<std::uint64_t> failed_handshakes{0};
    std::atomic<std::uint64_t> logins{0};
    std::atomic<std::uint64_t> failed_logins{0};
};

}  // namespace smtp_sim
