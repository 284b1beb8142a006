// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/payment_requests/request.hpp"

namespace paysync::payment_requests {

/// A mail that nobody queued, to try templates out and to show what they make. It asks for a
/// payment that is due in a week from `today`, Unix seconds; one that confirms is about a payment
/// of that day.
Delivery sample(Kind kind, std::int64_t today = 0);

}  // namespace paysync::payment_requests
