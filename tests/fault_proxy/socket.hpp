// SPDX-License-Identifier: MIT
#pragma once

#include "tests/fault_proxy/address.hpp"

#include <utility>

namespace fault_proxy {

/// Owns a non-blocking socket, or none.
class Socket {
public:
    Socket() = default;
    explicit Socket(int fd) : fd_(fd) {}
    ~Socket() { close(); }
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&& other) noexcept {
        close();
        fd_ = std::exchange(other.fd_, -1);
        return *this;
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    int fd() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    /// Ends the connection by a FIN, even if bytes were not read.
    void close();
    /// Ends the connection by an RST; on a Unix socket, by closing it.
    void reset();
    /// TCP_NODELAY: small writes are sent at once.
    void no_delay() const;

private:
    int fd_ = -1;
};

/// Whether a TCP port is shared with another socket of the proxy now (SO_REUSEPORT before bind), or
/// may be shared later (after bind).
enum class Sharing { now, later };

/// A socket bound to the address. Removes a stale Unix socket there. Throws std::system_error.
Socket bound(const Resolved& address, Sharing sharing);
/// Makes a bound socket listen. Throws std::system_error.
void listen_on(const Socket& socket);
/// The address that a socket is bound to.
Resolved local_address(const Socket& socket);
/// A socket that is connecting; an empty one if connecting failed at once.
Socket connecting(const Resolved& address);

}  // namespace fault_proxy
