// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace stripe_sim {

/// One API request in the log. The Authorization header is never kept.
struct LoggedRequest {
    uint64_t number = 0;
    int64_t time_ms = 0;
    std::string method, path, query, body;
    std::string account, idempotency_key, request_id;
    /// The status of the answer; 0 if the connection was reset before there was one.
    int status = 0;
    bool replayed = false;
    std::string fault;

    Json to_json() const;
};

/// The latest API requests, oldest first.
class RequestLog {
public:
    explicit RequestLog(size_t limit) : limit_(limit) {}

    void add(LoggedRequest request);
    /// The requests with a number above `after`, this method and a path that begins with `path`;
    /// empty = any.
    std::vector<LoggedRequest> requests(uint64_t after = 0, const std::string& method = "",
                                        const std::string& path = "");
    /// How many requests were ever logged.
    uint64_t total();
    void clear();

private:
    std::mutex mutex_;
    size_t limit_;
    uint64_t total_ = 0;
    std::deque<LoggedRequest> requests_;
};

}  // namespace stripe_sim
