// SPDX-License-Identifier: MIT
#pragma once

#include "tests/fault_proxy/connection.hpp"
#include "tests/fault_proxy/settings.hpp"
#include "tests/fault_proxy/socket.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace fault_proxy {

/// Where a proxy listens and what it stands in front of; HOST:PORT, or the path of a Unix socket.
struct Options {
    std::string listen = "127.0.0.1:0";
    std::string target = {};
    Settings settings = {};
    /// Decides the jitter.
    std::uint64_t seed = 1;
};

/// A proxy that can be told to be a bad network. Works from the constructor on, on one thread of
/// its own; every function may be called from any thread and has taken effect when it returns.
class Proxy {
public:
    /// Throws std::invalid_argument or std::runtime_error (std::system_error) when it cannot listen
    /// or an address is wrong; the target need not be there yet.
    explicit Proxy(const Options& options);
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    /// Where clients are to connect, with the real port.
    std::string address() const { return listen_.text(); }
    /// 0 on a Unix socket.
    std::uint16_t port() const { return listen_.port; }

    /// For new and existing connections.
    void set(const Settings& settings);
    void set_new(const Settings& settings);
    void set_existing(const Settings& settings);
    /// For the next connections, so many of them; after them those of `set_new` apply again.
    void set_next(std::size_t count, const Settings& settings);
    /// What new connections get.
    Settings settings() const;
    /// From now on new connections go there; throws like the constructor.
    void set_target(const std::string& target);
    /// Whether new connections are refused (ECONNREFUSED; the port stays taken).
    void refuse(bool on);
    /// Ends all connections by a FIN or an RST.
    void cut_all(bool reset = false);
    /// Ends everything; may be repeated.
    void stop();

    Counters counters() const;
    /// Waits until so many connections were accepted; false when the time is up first.
    bool wait_for_connections(std::uint64_t count,
                              std::chrono::milliseconds most = std::chrono::seconds(10)) const;

private:
    void run();
    void go_on(const std::vector<std::uint64_t>& ids, const std::vector<pollfd>& polled);
    void accept_all();
    void cut_all_locked(bool reset);
    void wake() const;

    Address listen_;
    Resolved bound_to_;
    mutable std::mutex mutex_;
    mutable std::condition_variable accepted_;
    Resolved target_;
    Settings settings_;
    Settings next_settings_;
    std::size_t next_left_ = 0;
    Counters counters_;
    std::mt19937_64 random_;
    /// Keeps the port while nothing listens.
    Socket guard_;
    Socket listener_;
    Socket wake_;
    std::map<std::uint64_t, Connection> connections_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace fault_proxy
