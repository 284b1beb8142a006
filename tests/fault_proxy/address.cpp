// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/address.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace fault_proxy {
namespace {

Resolved unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        throw std::runtime_error(fmt::format("{}: too long for a Unix socket", path));
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Resolved out;
    out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    std::memcpy(&out.storage, &address, sizeof address);
    return out;
}

}  // namespace

Address Address::parse(std::string_view text) {
    if (text.starts_with('/')) {
        return {.path = std::string(text)};
    }
    const std::size_t colon = text.rfind(':');
    std::string_view host = text.substr(0, colon == text.npos ? 0 : colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    const std::string_view digits = text.substr(colon == text.npos ? text.size() : colon + 1);
    std::uint16_t port = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, port);
    if (host.empty() || digits.empty() || error != std::errc() || end != last) {
        throw std::invalid_argument(fmt::format("'{}' is neither HOST:PORT nor /PATH", text));
    }
    return {.host = std::string(host), .port = port};
}

std::string Address::text() const {
    if (is_unix()) {
        return path;
    }
    const bool six = host.find(':') != std::string::npos;
    return six ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

const sockaddr* Resolved::get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
}

Resolved resolve(const Address& address) {
    if (address.is_unix()) {
        return unix_address(address.path);
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(address.port);
    const int error = getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found);
    if (error != 0) {
        throw std::runtime_error(fmt::format("{}: {}", address.text(), gai_strerror(error)));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
    Resolved out;
    out.size = found->ai_addrlen;
    std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
    return out;
}

}  // namespace fault_proxy
