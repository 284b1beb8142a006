// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/payment_requests/delivery.hpp"

#include <cstdint>

namespace paysync::payment_requests {

/// A made-up delivery, to try templates out and to preview messages. It asks for a payment that is
/// due a week after `today` (Unix seconds), or confirms one of that day.
Delivery sample_delivery(DeliveryKind kind, std::int64_t today = 0);

}  // namespace paysync::payment_requests
