// SPDX-License-Identifier: MIT
#include "tests/bench/page_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace bench {
namespace {

constexpr size_t kLargestAnswer = 4 << 20;

}  // namespace

PageClient::PageClient(int port)
    : socket_(::socket(AF_INET, SOCK_STREAM, 0)), buffer_(kLargestAnswer) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        ::close(socket_);
        throw std::runtime_error("cannot connect to port " + std::to_string(port));
    }
}

PageClient::~PageClient() {
    ::close(socket_);
}

size_t PageClient::receive(size_t have) {
    ssize_t got = ::recv(socket_, buffer_.data() + have, buffer_.size() - have, 0);
    if (got <= 0) {
        throw std::runtime_error("the server ended the connection");
    }
    return have + static_cast<size_t>(got);
}

std::string_view PageClient::ask(const std::string& request) {
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        throw std::runtime_error("cannot send");
    }
    constexpr std::string_view kLength = "Content-Length: ";
    size_t have = 0;
    size_t body = std::string_view::npos;
    while (body == std::string_view::npos) {
        have = receive(have);
        body = std::string_view(buffer_.data(), have).find("\r\n\r\n");
    }
    body += 4;
    std::string_view head(buffer_.data(), body);
    size_t at = head.find(kLength);
    size_t size = 0;
    if (!head.starts_with("HTTP/1.1 200") || at == std::string_view::npos) {
        throw std::runtime_error("unexpected answer: " +
                                 std::string(buffer_.data(), std::min<size_t>(have, 2000)));
    }
    std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), size);
    while (have < body + size) {
        have = receive(have);
    }
    return {buffer_.data() + body, size};
}

std::string last_id(std::string_view page) {
    // An object of the list follows a comma or the bracket; an expanded object does not.
    size_t at = std::max(page.rfind(R"(,{"id":")") + 1, page.find(R"([{"id":")") + 1);
    if (at == 0) {
        throw std::runtime_error("a page without objects");
    }
    at += 7;
    return std::string(page.substr(at, page.find('"', at) - at));
}

}  // namespace bench
