// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/pipe.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace fault_proxy {
namespace {

// Enough for a long delay at a high rate. Above it the source has to wait, as in a real network.
constexpr std::size_t kMostHeld = 4U << 20U;
// A limited link passes its bytes in this many portions per second.
constexpr std::uint64_t kPortions = 50;

Time::duration seconds(double count) {
    return std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(count));
}

}  // namespace

Pipe::Pipe(std::uint64_t& passed, std::uint64_t& swallowed)
    : passed_(passed), swallowed_(swallowed) {}

void Pipe::set(const Direction& direction, Time now) {
    direction_ = direction;
    counted_ = 0;
    link_free_ = std::min(link_free_, now);
    if (direction_.swallow) {
        swallowed_ += held_bytes_;
        held_bytes_ = 0;
        std::erase_if(held_, [](const Piece& piece) { return piece.kind == Kind::bytes; });
    }
}

bool Pipe::wants_read() const {
    return !source_ended_ && !direction_.stall && held_bytes_ < kMostHeld;
}

void Pipe::read(int source, Time now, double jitter) {
    std::array<char, 65536> buffer;
    const ssize_t count = recv(source, buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (count <= 0) {
        source_ended_ = true;
        held_.push_back({count == 0 ? Kind::end : Kind::reset, now, jitter, {}});
        return;
    }
    const auto size = static_cast<std::size_t>(count);
    if (direction_.swallow || state_ != State::open) {
        swallowed_ += size;
        return;
    }
    held_.push_back({Kind::bytes, now, jitter, std::string(buffer.data(), size)});
    held_bytes_ += size;
}

bool Pipe::cut_reached() const {
    return direction_.cut_after && counted_ >= *direction_.cut_after;
}

std::optional<Time> Pipe::due() const {
    if (state_ != State::open) {
        return std::nullopt;
    }
    if (cut_reached()) {
        return Time::min();
    }
    if (held_.empty() || direction_.stall || direction_.swallow || blocked_) {
        return std::nullopt;
    }
    const Piece& first = held_.front();
    const double jitter = std::chrono::duration<double>(direction_.jitter).count() * first.jitter;
    return std::max(first.arrived + direction_.delay + seconds(jitter), link_free_);
}

Pipe::State Pipe::write(int sink, Time now) {
    for (auto when = due(); when && *when <= now; when = due()) {
        if (cut_reached()) {
            state_ = State::cut;
        } else if (held_.front().kind == Kind::reset) {
            state_ = State::broken;
        } else if (held_.front().kind == Kind::end) {
            shutdown(sink, SHUT_WR);
            state_ = State::finished;
        } else if (!write_some(sink, now)) {
            state_ = State::broken;
        }
    }
    return state_;
}

bool Pipe::write_some(int sink, Time now) {
    Piece& first = held_.front();
    std::uint64_t most = first.bytes.size() - first.sent;
    if (direction_.cut_after) {
        most = std::min(most, *direction_.cut_after - counted_);
    }
    const std::uint64_t rate = direction_.bytes_per_second;
    if (rate > 0) {
        most = std::min(most, std::max<std::uint64_t>(1, rate / kPortions));
    }
    const ssize_t count = send(sink, first.bytes.data() + first.sent, most, MSG_NOSIGNAL);
    if (count < 0) {
        blocked_ = errno == EAGAIN;
        return errno == EAGAIN || errno == EINTR;
    }
    const auto size = static_cast<std::size_t>(count);
    passed_ += size;
    counted_ += size;
    held_bytes_ -= size;
    first.sent += size;
    if (first.sent == first.bytes.size()) {
        held_.pop_front();
    }
    if (rate > 0) {
        link_free_ = std::max(link_free_, now) +
                     seconds(static_cast<double>(size) / static_cast<double>(rate));
    }
    return true;
}

}  // namespace fault_proxy
