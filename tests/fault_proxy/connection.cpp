// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/connection.hpp"

#include <algorithm>

namespace fault_proxy {
namespace {

// The next read or write reports the error.
constexpr short kReadable = POLLIN | POLLHUP | POLLERR;
constexpr short kWritable = POLLOUT | POLLHUP | POLLERR;

std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b) {
    return a && b ? std::min(*a, *b) : (a ? a : b);
}

pollfd interest(int fd, bool read, bool write) {
    const auto events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
    // A negative descriptor makes poll() ignore the socket. With no events it would still report
    // POLLHUP, again and again.
    return {.fd = events == 0 ? -1 : fd, .events = events, .revents = 0};
}

}  // namespace

Connection::Connection(Socket client, Socket target, const Settings& settings, Counters& counters,
                       Time now)
    : counters_(counters),
      client_(std::move(client)),
      target_(std::move(target)),
      to_target_(counters.bytes_to_target, counters.bytes_swallowed),
      to_client_(counters.bytes_to_client, counters.bytes_swallowed) {
    client_.no_delay();
    set(settings, now);
    ++counters_.open;
}

void Connection::set(const Settings& settings, Time now) {
    reset_ = settings.reset;
    to_target_.set(settings.to_target, now);
    to_client_.set(settings.to_client, now);
}

std::array<pollfd, 2> Connection::interests() const {
    return {interest(client_.fd(), to_target_.wants_read(), to_client_.blocked()),
            interest(target_.fd(), !connecting_ && to_client_.wants_read(),
                     connecting_ || to_target_.blocked())};
}

std::optional<Time> Connection::due() const {
    return connecting_ ? std::nullopt : earlier(to_target_.due(), to_client_.due());
}

bool Connection::connected(short events) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(target_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    connecting_ = error == 0 && (events & POLLOUT) == 0;
    return error == 0;
}

bool Connection::go_on(short client_events, short target_events, Time now,
                       std::mt19937_64& random) {
    std::uniform_real_distribution<double> share(0.0, 1.0);
    if ((client_events & kReadable) != 0 && to_target_.wants_read()) {
        to_target_.read(client_.fd(), now, share(random));
    }
    if ((client_events & kWritable) != 0) {
        to_client_.writable();
    }
    if (connecting_) {
        if (target_events != 0 && !connected(target_events)) {
            ++counters_.target_failures;
            close(true);
            return false;
        }
        if (connecting_) {
            return true;
        }
    }
    if ((target_events & kReadable) != 0 && to_client_.wants_read()) {
        to_client_.read(target_.fd(), now, share(random));
    }
    if ((target_events & kWritable) != 0) {
        to_target_.writable();
    }
    const Pipe::State up = to_target_.write(target_.fd(), now);
    const Pipe::State down = to_client_.write(client_.fd(), now);
    if (up == Pipe::State::cut || down == Pipe::State::cut) {
        cut(reset_);
        return false;
    }
    // If a direction swallows, its receiver must not learn from a failed write that the peer is
    // gone.
    const bool hidden = (up == Pipe::State::broken && to_client_.direction().swallow) ||
                        (down == Pipe::State::broken && to_target_.direction().swallow);
    if ((up == Pipe::State::broken || down == Pipe::State::broken) && !hidden) {
        close(true);
        return false;
    }
    if (up == Pipe::State::finished && down == Pipe::State::finished) {
        close(false);
        return false;
    }
    return true;
}

void Connection::cut(bool reset) {
    ++counters_.cut;
    close(reset);
}

void Connection::close(bool reset) {
    for (Socket* const socket : {&client_, &target_}) {
        reset ? socket->reset() : socket->close();
    }
    --counters_.open;
}

}  // namespace fault_proxy
