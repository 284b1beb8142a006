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
    /// The platform's secret key; every API call must carry it.
    std::string key = "sk_test_paysync_000000000000";
    bool livemode = false;
    std::string client_id = "ca_paysync00000000000000000000000";
    /// Where browsers reach the hosted pages; empty = the address it listens on.
    std::string public_url;
    /// The redirect URIs that OAuth accepts; empty = any.
    std::vector<std::string> redirect_uris;
    /// Unix second the clock starts at; 0 = the real now.
    int64_t start_time = 0;
    bool stopped_clock = false;
    /// Generated parts the world starts with, as JSON for World::generate().
    std::vector<std::string> generate;
    /// Requests a (real) second for all and for each endpoint; 0 = no limit.
    int64_t rate_limit = 0;
    int64_t endpoint_rate_limit = 0;
    /// Seconds that an account link lives.
    int64_t account_link_seconds = 300;
    /// Requests that the log remembers.
    size_t log_limit = 20000;
    /// Connections that are served at the same time.
    size_t max_threads = 512;
};

}  // namespace stripe_sim
