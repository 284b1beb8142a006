// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/connection.hpp"

#include "tests/stripe_sim/page_buffer.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace stripe_sim {
namespace {

constexpr size_t kReadBytes = 16384;
constexpr int kStallMs = 30000;

}  // namespace

Connection::Connection(socket_t socket) : socket_(socket) {
    int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

Connection::~Connection() {
    ::close(socket_);
    drop_page_buffer();
}

bool Connection::wait_readable(int timeout_ms) {
    if (in_at_ < in_.size()) {
        return true;
    }
    pollfd entry{socket_, POLLIN, 0};
    return !ended_ && ::poll(&entry, 1, timeout_ms) > 0;
}

ssize_t Connection::read(char* data, size_t size) {
    if (in_at_ == in_.size()) {
        // Buffered output must be sent before waiting for input ("100 Continue").
        if (!out_.empty() && !flush()) {
            return -1;
        }
        in_.resize(kReadBytes);
        // Usually there are bytes, since wait_readable() waited for the request.
        ssize_t got = ::recv(socket_, in_.data(), in_.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) {
            in_at_ = in_.size();
            got = wait_readable(kStallMs) ? ::recv(socket_, in_.data(), in_.size(), 0) : -1;
        }
        in_at_ = 0;
        in_.resize(got > 0 ? static_cast<size_t>(got) : 0);
        if (got <= 0) {
            return got;
        }
    }
    size_t part = std::min(size, in_.size() - in_at_);
    std::memcpy(data, in_.data() + in_at_, part);
    in_at_ += part;
    return static_cast<ssize_t>(part);
}

bool Connection::read_body(size_t size, std::string& body) {
    body.resize(size);
    for (size_t have = 0; have < size;) {
        ssize_t got = read(body.data() + have, size - have);
        if (got <= 0) {
            return false;
        }
        have += static_cast<size_t>(got);
    }
    return true;
}

ssize_t Connection::write(const char* data, size_t size) {
    if (ended_) {
        return -1;
    }
    if (size < kDirectBytes || !transport_.plain()) {
        out_.append(data, size);
        return static_cast<ssize_t>(size);
    }
    bool sent = send_all(out_.data(), out_.size()) && send_all(data, size);
    out_.clear();
    return sent ? static_cast<ssize_t>(size) : -1;
}

bool Connection::send_all(const char* data, size_t size) {
    while (size > 0) {
        ssize_t sent = ::send(socket_, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            ended_ = true;
            return false;
        }
        data += sent;
        size -= static_cast<size_t>(sent);
    }
    return true;
}

bool Connection::send_answer() {
    // Head and body in one call, so that the reader wakes up once.
    iovec parts[2] = {{out_.data(), out_.size()}, {body_.data(), body_.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    ssize_t sent = body_.empty() ? 0 : ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) {
        ended_ = true;
        return false;
    }
    auto done = static_cast<size_t>(std::max<ssize_t>(sent, 0));
    size_t head = std::min(done, out_.size());
    return send_all(out_.data() + head, out_.size() - head) &&
           send_all(body_.data() + (done - head), body_.size() - (done - head));
}

bool Connection::flush() {
    bool good = !ended_;
    if (good && !transport_.plain()) {
        out_ += body_;
        good = flush_mistreated();
    } else if (good) {
        good = send_answer();
    }
    out_.clear();
    if (!body_.empty()) {
        give_page_buffer(std::move(body_));
        body_.clear();
    }
    transport_ = {};
    ended_ = ended_ || !good;
    return good;
}

bool Connection::flush_mistreated() {
    if (transport_.reset) {
        reset();
        return false;
    }
    const std::string field = "Content-Length: ";
    size_t body = out_.find("\r\n\r\n");
    size_t length = out_.find(field);
    if (body == std::string::npos) {
        return send_all(out_.data(), out_.size());
    }
    body += 4;
    if (transport_.length_lie != 0 && length < body) {
        size_t start = length + field.size();
        size_t end = out_.find("\r\n", start);
        int64_t lie = std::stoll(out_.substr(start, end - start)) + transport_.length_lie;
        std::string claim = std::to_string(std::max<int64_t>(0, lie));
        out_.replace(start, end - start, claim);
        body = body - (end - start) + claim.size();
    }
    size_t size = out_.size();
    if (transport_.truncate >= 0) {
        size = std::min(size, body + static_cast<size_t>(transport_.truncate));
    }
    size_t piece = transport_.drip_bytes > 0 ? static_cast<size_t>(transport_.drip_bytes) : size;
    for (size_t at = 0; at < size; at += piece) {
        if (!send_all(out_.data() + at, std::min(piece, size - at))) {
            return false;
        }
        if (transport_.drip_ms > 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds(transport_.drip_ms));
        }
    }
    return transport_.truncate < 0 && transport_.length_lie == 0;
}

void Connection::reset() {
    linger hard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    ended_ = true;
}

bool Connection::is_readable() const {
    return in_at_ < in_.size() || !ended_;
}

bool Connection::is_writable() const {
    return !ended_;
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
    ip = "127.0.0.1";
    port = 0;
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
    ip = "127.0.0.1";
    port = 0;
}

}  // namespace stripe_sim
