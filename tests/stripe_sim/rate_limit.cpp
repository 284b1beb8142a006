// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/rate_limit.hpp"

#include <chrono>

namespace stripe_sim {

RateLimit::RateLimit(const Options& options)
    : all_limit_(options.rate_limit), endpoint_limit_(options.endpoint_rate_limit) {}

RateLimit::Turn RateLimit::enter(const std::string& endpoint) {
    int64_t running = ++running_;
    int64_t most = concurrency_;
    return {*this, most > 0 && running > most ? "global-concurrency" : refuse(endpoint)};
}

std::string RateLimit::refuse(const std::string& endpoint) {
    std::lock_guard lock(mutex_);
    if (all_limit_ == 0 && endpoint_limit_ == 0) {
        return "";
    }
    auto since = std::chrono::steady_clock::now().time_since_epoch();
    int64_t second = std::chrono::duration_cast<std::chrono::seconds>(since).count();
    if (second != second_) {
        second_ = second;
        all_ = 0;
        endpoints_.clear();
    }
    if (all_limit_ > 0 && ++all_ > all_limit_) {
        return "global-rate";
    }
    if (endpoint_limit_ > 0 && ++endpoints_[endpoint] > endpoint_limit_) {
        return "endpoint-rate";
    }
    return "";
}

void RateLimit::set(int64_t all, int64_t endpoint) {
    std::lock_guard lock(mutex_);
    all_limit_ = all;
    endpoint_limit_ = endpoint;
}

}  // namespace stripe_sim
