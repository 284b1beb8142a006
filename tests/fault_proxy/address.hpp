// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace fault_proxy {

/// An endpoint: a path of a Unix socket, or a host and a TCP port.
struct Address {
    std::string host = {};
    std::uint16_t port = 0;
    /// Empty: TCP.
    std::string path = {};

    /// Reads "/run/x.sock", "127.0.0.1:5432", "localhost:5432" or "[::1]:5432"; throws
    /// std::invalid_argument.
    static Address parse(std::string_view text);
    bool is_unix() const { return !path.empty(); }
    /// The text that `parse` reads.
    std::string text() const;
};

/// An address as the kernel wants it.
struct Resolved {
    sockaddr_storage storage{};
    socklen_t size = 0;

    int family() const { return storage.ss_family; }
    const sockaddr* get() const;
};

/// Asks the resolver; may wait for it. Throws std::runtime_error.
Resolved resolve(const Address& address);

}  // namespace fault_proxy
