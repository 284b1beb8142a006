// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/page.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// A page at Stripe where anyone who has the url can pay. Stripe says neither its amount nor when
/// it was made.
struct PaymentLink {
    std::string id;
    std::string url;
    bool active = false;
    bool livemode = false;
    std::optional<std::string> currency;
    std::map<std::string, std::string> metadata;
    std::int64_t completed_sessions = 0;        ///< Stripe counts them only when there is a limit
    std::optional<std::int64_t> session_limit;  ///< payments it takes; nothing: any number

    /// The payment request in its metadata; nothing for a link that paysync did not make.
    std::optional<std::string> request_id() const;
};

/// Throws FieldError when `body` is not a payment link.
PaymentLink parse_payment_link(std::string_view body);
/// Throws FieldError when `body` is not a list.
Page<PaymentLink> parse_payment_links(std::string_view body);

}  // namespace paysync::stripe
