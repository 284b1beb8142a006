// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/json.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace paysync::stripe {

/// What the platform takes of a charge on a connected account; an object of the platform's own.
struct ApplicationFee {
    std::string id;
    std::string account;  ///< that the charge is on
    std::optional<std::string> charge;
    std::int64_t amount = 0;
    std::int64_t amount_refunded = 0;
    std::string currency;
    std::int64_t created = 0;
    std::optional<std::string> balance_transaction;  ///< in the platform's ledger
};

/// Throws FieldError for anything else.
ApplicationFee read_application_fee(const Object& object);

}  // namespace paysync::stripe
