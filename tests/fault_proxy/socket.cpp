// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace fault_proxy {
namespace {

void check(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
}

Socket opened(int family) {
    Socket made(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    check(made.fd(), "socket");
    return made;
}

void remove_stale(const Resolved& address) {
    sockaddr_un path{};
    std::memcpy(&path, &address.storage, sizeof path);
    struct stat found {};
    if (lstat(path.sun_path, &found) == 0 && S_ISSOCK(found.st_mode)) {
        unlink(path.sun_path);
    }
}

}  // namespace

void Socket::close() {
    if (fd_ < 0) {
        return;
    }
    // If bytes were left unread, the kernel would send an RST instead of a FIN.
    std::array<char, 16384> waste;
    for (int i = 0; i < 1024 && recv(fd_, waste.data(), waste.size(), 0) > 0; ++i) {
    }
    // Takes effect at once, even while another thread still polls the descriptor.
    shutdown(fd_, SHUT_RDWR);
    ::close(std::exchange(fd_, -1));
}

void Socket::reset() {
    if (fd_ < 0) {
        return;
    }
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(fd_, -1));
}

void Socket::no_delay() const {
    const int yes = 1;
    // Fails on Unix sockets, which have no such delay.
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Socket bound(const Resolved& address, Sharing sharing) {
    const int yes = 1;
    Socket made = opened(address.family());
    if (address.family() == AF_UNIX) {
        remove_stale(address);
        check(bind(made.fd(), address.get(), address.size), "bind");
        return made;
    }
    const auto share = [&] {
        check(setsockopt(made.fd(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes), "SO_REUSEPORT");
    };
    check(setsockopt(made.fd(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), "SO_REUSEADDR");
    if (sharing == Sharing::now) {
        share();
    }
    check(bind(made.fd(), address.get(), address.size), "bind");
    if (sharing == Sharing::later) {
        share();
    }
    return made;
}

void listen_on(const Socket& socket) {
    check(listen(socket.fd(), SOMAXCONN), "listen");
}

Resolved local_address(const Socket& socket) {
    Resolved out;
    out.size = sizeof out.storage;
    check(getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&out.storage), &out.size),
          "getsockname");
    return out;
}

Socket connecting(const Resolved& address) {
    Socket made = opened(address.family());
    if (connect(made.fd(), address.get(), address.size) != 0 && errno != EINPROGRESS) {
        return {};
    }
    made.no_delay();
    return made;
}

}  // namespace fault_proxy
