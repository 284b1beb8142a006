// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/proxy.hpp"

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace fault_proxy {
namespace {

// The poll list begins with these two entries; then follow two for each connection.
constexpr std::size_t kListener = 1;
constexpr std::size_t kFirst = 2;

std::uint16_t port_of(const Resolved& address) {
    // sockaddr_in and sockaddr_in6 have the port at the same offset.
    return ntohs(reinterpret_cast<const sockaddr_in*>(address.get())->sin_port);
}

timespec until(Time when, Time now) {
    const auto left = std::max(Time::duration::zero(), when - now);
    const auto whole = std::chrono::floor<std::chrono::seconds>(left);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(left - whole);
    return {.tv_sec = whole.count(), .tv_nsec = rest.count()};
}

}  // namespace

Proxy::Proxy(const Options& options)
    : listen_(Address::parse(options.listen)),
      target_(resolve(Address::parse(options.target))),
      settings_(options.settings),
      random_(options.seed),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    bound_to_ = resolve(listen_);
    if (!listen_.is_unix()) {
        guard_ = bound(bound_to_, Sharing::later);
        bound_to_ = local_address(guard_);
        listen_.port = port_of(bound_to_);
    }
    listener_ = bound(bound_to_, Sharing::now);
    listen_on(listener_);
    thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
    stop();
}

void Proxy::stop() {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
    thread_.join();
    const std::lock_guard lock(mutex_);
    cut_all_locked(false);
    if (listen_.is_unix()) {
        unlink(listen_.path.c_str());
    }
    listener_.close();
    guard_.close();
}

void Proxy::set(const Settings& settings) {
    set_new(settings);
    set_existing(settings);
}

void Proxy::set_new(const Settings& settings) {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
    next_left_ = 0;
}

void Proxy::set_existing(const Settings& settings) {
    const std::lock_guard lock(mutex_);
    const Time now = std::chrono::steady_clock::now();
    for (auto& [id, connection] : connections_) {
        connection.set(settings, now);
    }
    wake();
}

void Proxy::set_next(std::size_t count, const Settings& settings) {
    const std::lock_guard lock(mutex_);
    next_settings_ = settings;
    next_left_ = count;
}

Settings Proxy::settings() const {
    const std::lock_guard lock(mutex_);
    return settings_;
}

void Proxy::set_target(const std::string& target) {
    const Resolved resolved = resolve(Address::parse(target));
    const std::lock_guard lock(mutex_);
    target_ = resolved;
}

void Proxy::refuse(bool on) {
    const std::lock_guard lock(mutex_);
    if (on) {
        listener_.close();
    } else if (!listener_) {
        Socket again = bound(bound_to_, Sharing::now);
        listen_on(again);
        listener_ = std::move(again);
    }
    wake();
}

void Proxy::cut_all(bool reset) {
    const std::lock_guard lock(mutex_);
    cut_all_locked(reset);
    wake();
}

void Proxy::cut_all_locked(bool reset) {
    for (auto& [id, connection] : connections_) {
        connection.cut(reset);
    }
    connections_.clear();
}

Counters Proxy::counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
}

bool Proxy::wait_for_connections(std::uint64_t count, std::chrono::milliseconds most) const {
    std::unique_lock lock(mutex_);
    return accepted_.wait_for(lock, most, [&] { return counters_.accepted >= count; });
}

void Proxy::wake() const {
    eventfd_write(wake_.fd(), 1);
}

void Proxy::run() {
    std::vector<pollfd> polled;
    std::vector<std::uint64_t> ids;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        polled.assign(kFirst, {.fd = wake_.fd(), .events = POLLIN, .revents = 0});
        polled[kListener].fd = listener_.fd();
        ids.clear();
        std::optional<Time> next;
        for (const auto& [id, connection] : connections_) {
            const auto interests = connection.interests();
            polled.insert(polled.end(), interests.begin(), interests.end());
            ids.push_back(id);
            if (const std::optional<Time> due = connection.due()) {
                next = std::min(next.value_or(*due), *due);
            }
        }
        timespec wait{};
        if (next) {
            const Time now = std::chrono::steady_clock::now();
            wait = until(std::max(*next, now), now);
        }
        lock.unlock();
        const int ready = ppoll(polled.data(), polled.size(), next ? &wait : nullptr, nullptr);
        lock.lock();
        if (ready < 0) {
            continue;
        }
        eventfd_t woken = 0;
        eventfd_read(wake_.fd(), &woken);
        go_on(ids, polled);
        if (listener_ && polled[kListener].revents != 0) {
            accept_all();
        }
    }
}

void Proxy::go_on(const std::vector<std::uint64_t>& ids, const std::vector<pollfd>& polled) {
    const Time now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto found = connections_.find(ids[i]);
        if (found == connections_.end()) {
            continue;
        }
        const short client = polled[kFirst + 2 * i].revents;
        const short target = polled[kFirst + 2 * i + 1].revents;
        if (!found->second.go_on(client, target, now, random_)) {
            connections_.erase(found);
        }
    }
}

void Proxy::accept_all() {
    const Time now = std::chrono::steady_clock::now();
    for (;;) {
        Socket client(accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!client) {
            if (errno == EMFILE || errno == ENFILE) {
                // Out of descriptors: wait until a connection ends.
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
            return;
        }
        const std::uint64_t id = ++counters_.accepted;
        accepted_.notify_all();
        const bool special = next_left_ > 0;
        next_left_ -= special ? 1 : 0;
        Socket target = connecting(target_);
        if (!target) {
            ++counters_.target_failures;
            client.reset();
            continue;
        }
        connections_.try_emplace(id, std::move(client), std::move(target),
                                 special ? next_settings_ : settings_, counters_, now);
    }
}

}  // namespace fault_proxy
