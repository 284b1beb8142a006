// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smtp_sim {

/// A TCP client that sends any bytes, for tests of servers. Throws std::system_error when the
/// connection cannot be made, and std::runtime_error after 20 silent seconds.
class RawClient {
public:
    /// Connects to 127.0.0.1.
    explicit RawClient(std::uint16_t port);
    /// Takes over a connected socket.
    static RawClient adopt(int socket);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    RawClient(RawClient&& other) noexcept;

    /// Sends all bytes; false when the connection broke on the way.
    bool send(std::string_view bytes);
    /// One SMTP reply with all its lines, without the last CRLF; empty at the end of the
    /// connection.
    std::string reply();
    /// Sends a line and reads the reply.
    std::string ask(std::string_view line);
    /// Reads exactly so many bytes, fewer at the end of the connection.
    std::string read(std::size_t count);
    /// Reads to the end of the connection.
    std::string rest();
    /// After the end: whether it was an RST.
    bool was_reset() const { return reset_; }
    /// Closes our direction only.
    void finish();

private:
    struct Adopted {
        int socket;
    };
    explicit RawClient(Adopted adopted);
    bool fill();

    int socket_ = -1;
    std::string input_;
    bool reset_ = false;
};

}  // namespace smtp_sim
