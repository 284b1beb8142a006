// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/raw_client.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace smtp_sim {
namespace {

int connected(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        close(fd);
        throw std::system_error(error, std::generic_category(), "connect");
    }
    return fd;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : RawClient(Adopted{connected(port)}) {}

RawClient RawClient::adopt(int socket) {
    return RawClient(Adopted{socket});
}

RawClient::RawClient(Adopted adopted) : socket_(adopted.socket) {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

RawClient::~RawClient() {
    if (socket_ >= 0) {
        close(socket_);
    }
}

RawClient::RawClient(RawClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      input_(std::move(other.input_)),
      reset_(other.reset_) {}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) {
            throw std::runtime_error("the server does not read");
        }
        if (count < 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::string RawClient::reply() {
    std::string all;
    for (;;) {
        const std::size_t end = input_.find("\r\n");
        if (end == std::string::npos) {
            if (!fill()) {
                return {};
            }
            continue;
        }
        const std::string line = input_.substr(0, end);
        input_.erase(0, end + 2);
        all += line;
        if (line.size() < 4 || line[3] != '-') {
            return all;
        }
        all += '\n';
    }
}

std::string RawClient::ask(std::string_view line) {
    send(std::string(line) + "\r\n");
    return reply();
}

std::string RawClient::read(std::size_t count) {
    while (input_.size() < count && fill()) {
    }
    std::string out = input_.substr(0, count);
    input_.erase(0, out.size());
    return out;
}

std::string RawClient::rest() {
    while (fill()) {
    }
    return std::exchange(input_, {});
}

void RawClient::finish() {
    shutdown(socket_, SHUT_WR);
}

bool RawClient::fill() {
    std::array<char, 65536> buffer{};
    const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EAGAIN) {
        throw std::runtime_error("the server does not answer");
    }
    reset_ = count < 0;
    if (count > 0) {
        input_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return count > 0;
}

}  // namespace smtp_sim
