// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// The money of an account in one currency, in minor units.
struct Funds {
    std::int64_t available = 0;
    std::int64_t pending = 0;

    bool operator==(const Funds&) const = default;
};

/// An account's balance, as far as paysync reads it.
struct Balance {
    bool livemode = false;
    std::map<std::string, Funds> funds;  ///< by currency

    bool operator==(const Balance&) const = default;
};

/// Throws FieldError when `body` is not a balance.
Balance parse_balance(std::string_view body);

}  // namespace paysync::stripe
