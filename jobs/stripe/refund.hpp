// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace paysync::stripe {

class Object;

/// Money that goes back to a payer: a part of a charge, or all of it.
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
    std::optional<std::string> balance_transaction;          ///< ledger row that took the money
    std::optional<std::string> failure_balance_transaction;  ///< ledger row that brought it back
};

/// Throws FieldError when the object is not a refund or lacks a field that every refund has.
Refund read_refund(const Object& object);

}  // namespace paysync::stripe
