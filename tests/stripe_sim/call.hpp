// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stripe_sim {

/// A request independent of the transport.
struct Call {
    std::string method;
    std::string path;
    std::string query;
    std::string body;
    std::string content_type;
    std::string authorization;
    std::string stripe_account;
    std::string stripe_version;
    std::string idempotency_key;
};

/// How the transport distorts an answer.
struct Transport {
    bool reset = false;
    /// The bytes of the body to send before the connection ends; -1 = all.
    int64_t truncate = -1;
    /// Added to the true Content-Length.
    int64_t length_lie = 0;
    /// The body is sent in pieces of this many bytes with a pause after each; 0 = at once.
    int64_t drip_bytes = 0;
    int64_t drip_ms = 0;

    bool plain() const { return !reset && truncate < 0 && length_lie == 0 && drip_bytes == 0; }
};

/// An answer and how it is to be sent.
struct Answer {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    Transport transport;
};

}  // namespace stripe_sim
