// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/http/client.hpp"
#include "jobs/stripe/error.hpp"

#include <chrono>

namespace paysync::stripe {

/// How often one call is sent before its error is the caller's.
inline constexpr int kTries = 3;

/// The longest that a call waits because Stripe asked it to.
inline constexpr std::chrono::seconds kLongestWait{60};

/// Whether the very same request is worth sending again at once: Stripe's own word if it has one,
/// then what its clients retry, then the two ways it says "too fast".
bool worth_repeating(const http::Response& response, const Error& error);

/// How long to wait before try number `next` (2 and up); `random` is from 0 to 1.
std::chrono::milliseconds backoff(int next, double random);

}  // namespace paysync::stripe
