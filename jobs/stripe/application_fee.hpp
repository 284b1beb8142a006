// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace paysync::stripe {

class Object;

/// The platform's share of a charge on a connected account. It belongs to the platform: it is
/// listed without a Stripe-Account header.
struct ApplicationFee {
    std::string id;
    std::string account;  ///< the connected account that was charged
    std::optional<std::string> charge;
    std::int64_t amount = 0;
    std::int64_t amount_refunded = 0;
    std::string currency;
    std::int64_t created = 0;
    std::optional<std::string> balance_transaction;  ///< in the platform's own ledger
};

/// Throws FieldError when the object is not an application fee or lacks a field that every one has.
ApplicationFee read_application_fee(const Object& object);

}  // namespace paysync::stripe
