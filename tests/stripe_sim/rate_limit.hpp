// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/options.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace stripe_sim {

/// Counts requests per real second, over all and by endpoint.
class RateLimit {
public:
    explicit RateLimit(const Options& options);

    /// The reason to refuse the request (as Stripe-Rate-Limited-Reason says it); empty = let pass.
    std::string refuse(const std::string& endpoint);
    /// Changes the limits; 0 = none.
    void set(int64_t all, int64_t endpoint);

private:
    std::mutex mutex_;
    int64_t all_limit_;
    int64_t endpoint_limit_;
    int64_t second_ = 0;
    int64_t all_ = 0;
    std::map<std::string, int64_t> endpoints_;
};

}  // namespace stripe_sim
