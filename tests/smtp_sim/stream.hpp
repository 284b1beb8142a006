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

/// The client was silent, or did not take our answers, for too long.
struct IdleTimeout : std::runtime_error {
    IdleTimeout() : std::runtime_error("idle") {}
};

/// Buffered reads and writes on a connected socket, in the clear or in TLS. Does not own the
/// socket; for one thread. A broken connection reads as its end and swallows what is written.
class Stream {
public:
    enum class Line { ok, too_long, end };
    /// A longer line is skipped up to its end.
    static constexpr std::size_t kLongestLine = 16384;

    /// Throws std::system_error when the socket cannot be set up.
    Stream(int socket, std::chrono::milliseconds idle);

    /// Reads a line and takes off CRLF (or LF).
    Line read_line(std::string& line);
    /// What has arrived; waits when that is nothing. Empty: the end.
    std::string_view peek();
    /// Takes bytes that `peek` showed.
    void consume(std::size_t count);
    /// Whether `peek` would not wait.
    bool has_input() const { return taken_ < input_.size(); }

    /// Keeps the bytes until the next flush; read functions flush before they wait.
    void write(std::string_view bytes);
    void flush();

    /// The handshake as a server; forgets what arrived before it. False when it failed.
    bool start_tls(SSL_CTX* context);
    bool tls() const { return ssl_ != nullptr; }

    /// Says in TLS and TCP that nothing more comes.
    void half_close();
    /// Reads and forgets until the client closes.
    void drain();
    /// Reads nothing, until the client is gone or a stop is asked for.
    void wait_until_gone(const std::stop_token& stop);
    /// Throws away what has arrived, so that a close is a FIN and not an RST; does not wait.
    void discard_arrived();
    /// Makes the close of the socket, which follows, an RST.
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
