// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/page.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// A page at Stripe where anyone who has the url can pay. Stripe tells neither amount nor age.
struct PaymentLink {
    std::string id;
    std::string url;
    bool active = false;
    bool livemode = false;
    std::optional<std::string> currency;
    std::map<std::string, std::string> metadata;
    std::int64_t completed_sessions = 0;        ///< counted by Stripe only when there is a limit
    std::optional<std::int64_t> session_limit;  ///< how often it can be paid; nothing: any number

    /// The payment request it was made for, if it is one of ours.
    std::optional<std::string> request_id() const;
};

/// All throw FieldError for anything else than what they are named after.
PaymentLink read_payment_link(const Object& object);
PaymentLink parse_payment_link(std::string_view body);
Page<PaymentLink> parse_payment_links(std::string_view body);

}  // namespace paysync::stripe
