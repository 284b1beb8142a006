// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace smtp_sim {

class Server;

/// The server's records and rules over HTTP and JSON, from the constructor to the destructor. On
/// its own thread; the server must outlive it. docs/stand-ins/smtp_sim.md lists the calls.
class Control {
public:
    /// Port 0: any free port. Throws std::runtime_error when it cannot listen.
    Control(Server& server, const std::string& host, std::uint16_t port);
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    std::uint16_t port() const;

private:
    struct Http;
    std::unique_ptr<Http> http_;
};

}  // namespace smtp_sim
