// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace smtp_sim {
namespace {

constexpr std::size_t kReadSize = 16384;
// Replies to a pipelining client are collected for one write, up to this size.
constexpr std::size_t kMostOutput = 65536;

void set(int socket, int level, int name, const auto& value) {
    if (setsockopt(socket, level, name, &value, sizeof value) != 0) {
        throw std::system_error(errno, std::generic_category(), "setsockopt");
    }
}

}  // namespace

Stream::Stream(int socket, std::chrono::milliseconds idle) : socket_(socket) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(idle);
    const timeval limit{.tv_sec = seconds.count(),
                        .tv_usec = std::chrono::microseconds(idle - seconds).count()};
    set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set(socket, SOL_SOCKET, SO_RCVTIMEO, limit);
    set(socket, SOL_SOCKET, SO_SNDTIMEO, limit);
}

Stream::Line Stream::read_line(std::string& line) {
    bool too_long = false;
    std::size_t searched = 0;
    for (;;) {
        const std::string_view ready = std::string_view(input_).substr(taken_);
        const std::size_t end = ready.find('\n', searched);
        if (end != std::string_view::npos) {
            line = ready.substr(0, end);
            consume(end + 1);
            if (!line.empty() && line.back() == '\r') {
                line.pop_back();
            }
            return too_long || line.size() > kLongestLine ? Line::too_long : Line::ok;
        }
        searched = ready.size();
        if (searched > kLongestLine) {
            too_long = true;
            consume(searched);
            searched = 0;
        }
        if (!fill()) {
            return Line::end;
        }
    }
}

std::string_view Stream::peek() {
    if (!has_input()) {
        fill();
    }
    return std::string_view(input_).substr(taken_);
}

void Stream::consume(std::size_t count) {
    taken_ += count;
    if (taken_ == input_.size()) {
        input_.clear();
        taken_ = 0;
    }
}

void Stream::write(std::string_view bytes) {
    output_ += bytes;
    if (output_.size() > kMostOutput) {
        flush();
    }
}

void Stream::flush() {
    std::string_view rest = output_;
    while (!rest.empty() && !broken_) {
        long count = 0;
        if (ssl_) {
            count = SSL_write(ssl_.get(), rest.data(), static_cast<int>(rest.size()));
        } else {
            count = send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
        }
        if (count <= 0) {
            if (!ssl_ && errno == EINTR) {
                continue;
            }
            broken_ = true;
            break;
        }
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    output_.clear();
}

bool Stream::start_tls(SSL_CTX* context) {
    flush();
    // Unencrypted bytes after STARTTLS must not count as received inside TLS.
    consume(input_.size() - taken_);
    ERR_clear_error();
    Ssl ssl(SSL_new(context));
    if (!ssl || SSL_set_fd(ssl.get(), socket_) != 1 || SSL_accept(ssl.get()) != 1) {
        ERR_clear_error();
        broken_ = true;
        return false;
    }
    ssl_ = std::move(ssl);
    return true;
}

void Stream::half_close() {
    flush();
    if (ssl_ && !broken_) {
        SSL_shutdown(ssl_.get());
    }
    shutdown(socket_, SHUT_WR);
}

void Stream::drain() {
    flush();
    std::string waste(kReadSize, '\0');
    // Reads below TLS: after our close_notify OpenSSL does not read any more.
    for (;;) {
        const long count = recv(socket_, waste.data(), waste.size(), 0);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            return;
        }
    }
}

void Stream::wait_until_gone(const std::stop_token& stop) {
    flush();
    pollfd gone{.fd = socket_, .events = POLLRDHUP, .revents = 0};
    while (!stop.stop_requested() && poll(&gone, 1, 50) == 0) {
    }
}

void Stream::discard_arrived() {
    std::string waste(kReadSize, '\0');
    while (recv(socket_, waste.data(), waste.size(), MSG_DONTWAIT) > 0) {
    }
}

void Stream::reset_on_close() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool Stream::fill() {
    flush();
    if (broken_) {
        return false;
    }
    if (taken_ > 0) {
        input_.erase(0, taken_);
        taken_ = 0;
    }
    const std::size_t had = input_.size();
    input_.resize(had + kReadSize);
    const long count = read_some(input_.data() + had, kReadSize);
    input_.resize(had + static_cast<std::size_t>(count));
    return count > 0;
}

long Stream::read_some(char* buffer, std::size_t size) {
    for (;;) {
        errno = 0;
        const long count = ssl_ ? SSL_read(ssl_.get(), buffer, static_cast<int>(size))
                                : recv(socket_, buffer, size, 0);
        if (count > 0) {
            return count;
        }
        const int error = errno;
        ERR_clear_error();
        if (count < 0 && error == EINTR) {
            continue;
        }
        if (count < 0 && error == EAGAIN) {
            input_.resize(input_.size() - size);
            throw IdleTimeout();
        }
        return 0;
    }
}

}  // namespace smtp_sim
