// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stripe_sim {

/// How a stand-in starts.
struct Options {
    uint64_t seed = 1;
    std::string host = "127.0.0.1";
    int port = 0;
    /// The platform's secret key, required in every API call.
    std::string key = "sk_test_paysync_000000000000";
    bool livemode = false;
    std::string client_id = "ca_paysync00000000000000000000000";
    /// The address of the hosted pages for browsers; empty = the address on which it listens.
    std::string public_url;
    /// The redirect URIs that OAuth accepts; empty = any.
    std::vector<std::string> redirect_uris;
    /// The Unix second at which the clock starts; 0 = the real time.
    int64_t start_time = 0;
    bool stopped_clock = false;
    /// The generated parts of the world at the start, as JSON for World::generate().
    std::vector<std::string> generate;
    /// Requests per (real) second, in total and for each endpoint; 0 = unlimited.
    int64_t rate_limit = 0;
    int64_t endpoint_rate_limit = 0;
    /// Seconds until an account link expires.
    int64_t account_link_seconds = 300;
    /// The number of requests that the log keeps.
    size_t log_limit = 20000;
    /// The number of connections served at the same time.
    size_t max_threads = 512;
};

}  // namespace stripe_sim
