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

/// How a proxy starts. Addresses are HOST:PORT or the path of a Unix socket.
struct Options {
    std::string listen = "127.0.0.1:0";
    std::string target = {};
    Settings settings = {};
    /// Seeds the random jitter.
    std::uint64_t seed = 1;
};

/// A TCP proxy that simulates a bad network: it delays, limits, cuts, swallows or stalls what
/// passes through it. It runs on its own thread from the constructor to stop(). Every function may
/// be called from any thread and has taken effect when it returns.
///
/// Example: fault_proxy::Proxy proxy({.target = "127.0.0.1:5432"}); then connect to
/// 127.0.0.1:proxy.port().
class Proxy {
public:
    /// Throws std::invalid_argument for a bad address and std::runtime_error (std::system_error) if
    /// it cannot listen. The target need not be running yet.
    explicit Proxy(const Options& options);
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    /// The address that clients connect to, with the real port.
    std::string address() const { return listen_.text(); }
    /// The TCP port; 0 on a Unix socket.
    std::uint16_t port() const { return listen_.port; }

    /// Settings of new and existing connections.
    void set(const Settings& settings);
    void set_new(const Settings& settings);
    void set_existing(const Settings& settings);
    /// Settings of the next `count` connections; after them those of set_new() apply again.
    void set_next(std::size_t count, const Settings& settings);
    /// The settings of new connections.
    Settings settings() const;
    /// The target of new connections, for example to simulate a failover. Throws like the
    /// constructor.
    void set_target(const std::string& target);
    /// Whether new connections are refused with ECONNREFUSED. The port stays reserved.
    void refuse(bool on);
    /// Ends all connections, by a FIN or an RST.
    void cut_all(bool reset = false);
    /// Ends all connections and the thread; may be called more than once.
    void stop();

    Counters counters() const;
    /// Waits until `count` connections were accepted. Returns false if the time is up first.
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
    /// Keeps the port reserved while new connections are refused.
    Socket guard_;
    Socket listener_;
    Socket wake_;
    std::map<std::uint64_t, Connection> connections_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace fault_proxy
