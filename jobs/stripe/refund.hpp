// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/page.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// Money that goes back to a payer.
struct Refund {
    std::string id;
    std::int64_t amount = 0;
    std::string currency;
    std::int64_t created = 0;
    std::optional<std::string> status;  ///< pending, requires_action, succeeded, failed, canceled
    std::optional<std::string> charge;
    std::optional<std::string> payment_intent;
    std::optional<std::string> reason;
    std::optional<std::string> failure_reason;
    std::optional<std::string> balance_transaction;          ///< that took the money
    std::optional<std::string> failure_balance_transaction;  ///< that brought it back
};

/// All throw FieldError for anything else than what they are named after.
Refund read_refund(const Object& object);
Page<Refund> parse_refunds(std::string_view body);

}  // namespace paysync::stripe
