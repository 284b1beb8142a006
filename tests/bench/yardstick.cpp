// SPDX-License-Identifier: MIT
#include "tests/bench/yardstick.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>
#include <thread>

namespace bench {
namespace {

void serve(int socket, const std::string& answer) {
    int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    char request[4096];
    size_t have = 0;
    for (;;) {
        ssize_t got = ::recv(socket, request + have, sizeof(request) - have, 0);
        if (got <= 0) {
            break;
        }
        have += static_cast<size_t>(got);
        if (std::string_view(request, have).find("\r\n\r\n") == std::string_view::npos) {
            continue;
        }
        have = 0;
        for (size_t at = 0; at < answer.size();) {
            ssize_t sent = ::send(socket, answer.data() + at, answer.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) {
                break;
            }
            at += static_cast<size_t>(sent);
        }
    }
    ::close(socket);
}

}  // namespace

void serve_yardstick(const std::string& body, int out) {
    std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                         std::to_string(body.size()) + "\r\n\r\n" + body;
    int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, generic, size) != 0 || ::listen(listener, 64) != 0 ||
        ::getsockname(listener, generic, &size) != 0) {
        return;
    }
    std::string line = std::to_string(ntohs(address.sin_port)) + "\n";
    if (::write(out, line.data(), line.size()) < 0) {
        return;
    }
    for (;;) {
        int socket = ::accept(listener, nullptr, nullptr);
        if (socket >= 0) {
            std::thread([socket, &answer] { serve(socket, answer); }).detach();
        }
    }
}

}  // namespace bench
