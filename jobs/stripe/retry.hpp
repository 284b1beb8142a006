// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/client.hpp"
#include "jobs/stripe/error.hpp"

#include <chrono>

namespace paysync::stripe {

/// How often one request is sent before its error is thrown.
inline constexpr int kTries = 3;

/// The longest Retry-After that is waited for; with a longer one the error is thrown at once.
inline constexpr std::chrono::seconds kLongestWait{60};

/// Whether sending the same request again soon may help: as the header Stripe-Should-Retry says;
/// without it for 409, for 5xx, and when Stripe says that requests come too fast. Not for a stored
/// answer that Stripe repeats: it would come again.
bool worth_repeating(const http::Response& response, const Error& error);

/// The pause before try number `next` (2 and up): at random up to 0.5 s, doubling to 5 s. `random`
/// is from 0 to 1.
std::chrono::milliseconds backoff(int next, double random);

}  // namespace paysync::stripe
