// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/page.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// One payer's visit to a hosted payment page. It is the only object that names both the payment
/// link and the payment, so it ties a charge without our metadata to its request.
struct CheckoutSession {
    std::string id;
    std::optional<std::string> payment_link;    ///< nothing when the visit did not come by a link
    std::optional<std::string> payment_intent;  ///< nothing until the payer submits
    std::string status;  ///< open, complete or expired; empty when Stripe does not say
};

/// Throws FieldError when `body` is not a session.
CheckoutSession parse_checkout_session(std::string_view body);

/// Throws FieldError when `body` is not a list.
Page<CheckoutSession> parse_checkout_sessions(std::string_view body);

}  // namespace paysync::stripe
