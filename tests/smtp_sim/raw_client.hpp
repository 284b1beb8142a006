// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smtp_sim {

/// A TCP client that sends any bytes, for tests of servers. Throws std::system_error if it cannot
/// connect, and std::runtime_error after 20 s of silence.
class RawClient {
public:
    /// Connects to 127.0.0.1.
    explicit RawClient(std::uint16_t port);
    /// Takes ownership of a connected socket.
    static RawClient adopt(int socket);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    RawClient(RawClient&& other) noexcept;

    /// Sends all bytes. Returns false if the connection broke meanwhile.
    bool send(std::string_view bytes);
    /// Reads one SMTP reply with all its lines, without the last CRLF. Empty at the end of the
    /// connection.
    std::string reply();
    /// Sends a line and reads the reply.
    std::string ask(std::string_view line);
    /// Reads exactly `count` bytes, or fewer at the end of the connection.
    std::string read(std::size_t count);
    /// Reads to the end of the connection.
    std::string rest();
    /// Whether the connection ended by an RST.
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
