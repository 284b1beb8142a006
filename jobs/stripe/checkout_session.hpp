// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/page.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// One payer's visit to a page of Stripe's. It alone knows both the payment link and the payment.
struct CheckoutSession {
    std::string id;
    std::optional<std::string> payment_link;    ///< none when the visit did not come by a link
    std::optional<std::string> payment_intent;  ///< none until the payer submits
};

/// All throw FieldError for anything else than what they are named after.
CheckoutSession read_checkout_session(const Object& object);
Page<CheckoutSession> parse_checkout_sessions(std::string_view body);

}  // namespace paysync::stripe
