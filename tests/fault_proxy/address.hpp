// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace fault_proxy {

/// An endpoint: the path of a Unix socket, or a host and a TCP port.
struct Address {
    std::string host = {};
    std::uint16_t port = 0;
    /// Empty for TCP.
    std::string path = {};

    /// Parses "/run/x.sock", "127.0.0.1:5432", "localhost:5432" or "[::1]:5432". Throws
    /// std::invalid_argument.
    static Address parse(std::string_view text);
    bool is_unix() const { return !path.empty(); }
    /// The text that parse() reads.
    std::string text() const;
};

/// An address in the form that bind() and connect() take.
struct Resolved {
    sockaddr_storage storage{};
    socklen_t size = 0;

    int family() const { return storage.ss_family; }
    const sockaddr* get() const;
};

/// Resolves the host name; may block. Throws std::runtime_error.
Resolved resolve(const Address& address);

}  // namespace fault_proxy
