// SPDX-License-Identifier: MIT
#pragma once

#include "tests/smtp_sim/tls.hpp"

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>

namespace smtp_sim {

/// The client was silent, or did not read our replies, for too long.
struct IdleTimeout : std::runtime_error {
    IdleTimeout() : std::runtime_error("idle") {}
};

/// Buffered reads and writes on a connected socket, with or without TLS. It does not own the socket
/// and belongs to one thread. A broken connection reads as its end, and writes to it are discarded.
class Stream {
public:
    enum class Line { ok, too_long, end };
    /// A longer line is skipped up to its end.
    static constexpr std::size_t kLongestLine = 16384;

    /// Throws std::system_error if the socket cannot be set up.
    Stream(int socket, std::chrono::milliseconds idle);

    /// Reads a line and removes CRLF (or LF).
    Line read_line(std::string& line);
    /// The bytes that have arrived; waits if there are none. Empty at the end of the connection.
    std::string_view peek();
    /// Removes bytes that peek() returned.
    void consume(std::size_t count);
    /// Whether peek() returns without waiting.
    bool has_input() const { return taken_ < input_.size(); }

    /// Buffers the bytes until the next flush. The read functions flush before they wait.
    void write(std::string_view bytes);
    void flush();

    /// The TLS handshake as a server; discards the bytes that arrived before it. Returns false if
    /// it failed.
    bool start_tls(SSL_CTX* context);
    bool tls() const { return ssl_ != nullptr; }

    /// Ends our direction, in TLS and TCP.
    void half_close();
    /// Reads and discards until the client closes.
    void drain();
    /// Reads nothing until the client is gone or a stop is requested.
    void wait_until_gone(const std::stop_token& stop);
    /// Discards the bytes that have arrived, so that closing sends a FIN and not an RST; does not
    /// wait.
    void discard_arrived();
    /// Makes the following close of the socket send an RST.
    void reset_on_close();

private:
    bool fill();
    long read_some(char* buffer, std::size_t size);

    const int socket_;
    Ssl ssl_;
    std::string input_;
    std::size_t taken_ = 0;
    std::string output_;
    bool broken_ = false;
};

}  // namespace smtp_sim
