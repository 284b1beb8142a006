// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace paysync::stripe {

/// An account's balance, as far as we read it.
struct Balance {
    bool livemode = false;
};

/// Throws FieldError for anything else than a balance.
Balance parse_balance(std::string_view body);

}  // namespace paysync::stripe
