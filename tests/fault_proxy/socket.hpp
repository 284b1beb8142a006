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
    /// A FIN, whatever has arrived unread.
    void close();
    /// An RST; on a Unix socket, which knows none, a close.
    void reset();
    /// TCP: answers go out at once.
    void no_delay() const;

private:
    int fd_ = -1;
};

/// Whether a TCP port may be taken that another socket of ours has, or may be shared later only.
enum class Sharing { now, later };

/// A socket bound to the address (a stale Unix socket there is removed); throws std::system_error.
Socket bound(const Resolved& address, Sharing sharing);
/// Makes a bound socket listen; throws std::system_error.
void listen_on(const Socket& socket);
/// The address that a socket is bound to.
Resolved local_address(const Socket& socket);
/// A socket whose connect is on its way; an empty one when it failed at once.
Socket connecting(const Resolved& address);

}  // namespace fault_proxy
