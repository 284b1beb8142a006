// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/api.hpp"
#include "tests/stripe_sim/listener.hpp"
#include "tests/stripe_sim/options.hpp"
#include "tests/stripe_sim/world.hpp"

#include <string>
#include <thread>
#include <vector>

namespace stripe_sim {

/// A stand-in for Stripe with Connect: API, OAuth, hosted pages and the scripting interface of one
/// platform. It keeps its state in memory and listens from construction until stop(), on its own
/// threads. Tests call world() to script and inspect it without HTTP.
class Server {
public:
    /// Throws std::runtime_error if it cannot listen, or if the options ask for something that
    /// cannot be generated.
    explicit Server(const Options& options = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const { return port_; }
    /// `http://host:port`, without a trailing slash.
    const std::string& base_url() const { return base_url_; }
    const Options& options() const { return options_; }
    World& world() { return world_; }
    /// The results of Options::generate, each as World::generate() returns it.
    const std::vector<Json>& generated() const { return generated_; }
    Faults& faults() { return api_.faults(); }
    RequestLog& log() { return api_.log(); }
    RateLimit& rate_limit() { return api_.rate_limit(); }
    Keys& keys() { return api_.keys(); }
    /// Ends all connections and waits for the threads; may be called twice.
    void stop();

private:
    Answer handle(const Call& call);

    Options options_;
    World world_;
    Api api_;
    Listener listener_;
    int port_ = 0;
    std::string base_url_;
    std::vector<Json> generated_;
    std::thread thread_;
};

}  // namespace stripe_sim
