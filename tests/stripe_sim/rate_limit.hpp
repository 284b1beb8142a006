// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/options.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace stripe_sim {

/// Counts requests per real second, in total and by endpoint, and requests in progress.
class RateLimit {
public:
    explicit RateLimit(const Options& options);

    /// A request in progress, until this object is destroyed.
    class Turn {
    public:
        Turn(RateLimit& limit, std::string reason) : limit_(limit), reason_(std::move(reason)) {}
        ~Turn() { --limit_.running_; }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        /// Why the request is refused, as in Stripe-Rate-Limited-Reason; empty = not refused.
        const std::string& reason() const { return reason_; }

    private:
        RateLimit& limit_;
        std::string reason_;
    };
    Turn enter(const std::string& endpoint);
    /// Changes the limits per second; 0 = unlimited.
    void set(int64_t all, int64_t endpoint);
    /// Changes the limit of concurrent requests; 0 = unlimited.
    void set_concurrency(int64_t limit) { concurrency_ = limit; }

private:
    std::string refuse(const std::string& endpoint);

    std::atomic<int64_t> running_ = 0;
    std::atomic<int64_t> concurrency_ = 0;
    std::mutex mutex_;
    int64_t all_limit_;
    int64_t endpoint_limit_;
    int64_t second_ = 0;
    int64_t all_ = 0;
    std::map<std::string, int64_t> endpoints_;
};

}  // namespace stripe_sim
