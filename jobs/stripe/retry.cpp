// SPDX-License-Identifier: MIT
#include "jobs/stripe/retry.hpp"

#include <algorithm>
#include <cmath>

namespace paysync::stripe {

bool worth_repeating(const http::Response& response, const Error& error) {
    // A stored answer comes again whatever is sent under its key.
    if (error.replayed())
        return false;
    const std::string advice = response.header("stripe-should-retry");
    if (advice == "false" || advice == "true")
        return advice == "true";
    return response.status == 409 || response.status >= 500 ||
           error.kind() == Error::Kind::rate_limited;
}

std::chrono::milliseconds backoff(int next, double random) {
    constexpr double first_ms = 500;
    constexpr double most_ms = 5000;
    // Full jitter: requests that failed together are not repeated together.
    const double limit = std::min(most_ms, first_ms * std::exp2(std::max(next - 2, 0)));
    return std::chrono::milliseconds(std::llround(limit * random));
}

}  // namespace paysync::stripe
