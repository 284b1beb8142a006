// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stripe_sim {

/// A payment method of the hosted page.
struct PaymentMethod {
    /// The name in `POST /_sim/pay` and in the page's form: `card`, `mastercard`, `apple_pay`,
    /// `sepa_debit` …
    const char* name;
    /// The name that the hosted page shows.
    const char* label;
    /// `payment_method_details.type`, and the name in `payment_method_types`.
    const char* type;
    /// Whether the payment succeeds or fails days after the buyer has agreed.
    bool delayed;
    /// For cards: the members of `payment_method_details.<type>` that differ from a plain Visa
    /// card. For other types: all members.
    const char* details;
};

const std::vector<PaymentMethod>& payment_methods();
/// Throws ApiError (param `method`) if there is none of this name.
const PaymentMethod& payment_method(const std::string& name);
/// The currencies that a type of `payment_method_types` accepts; empty for one that accepts all, or
/// that the stand-in does not know.
const std::vector<std::string>& method_currencies(const std::string& type);
/// Refuses types that the currency does not allow, or whose capability is not active on the account
/// object. An empty list means `card`.
void check_method_types(const Json& types, const std::string& currency, const Json& account);
/// Whether the link's `payment_method_types` allow the method; empty = any method that the link
/// accepts.
bool link_takes(const Json& link, const std::string& method);
/// The value of a charge's `payment_method_details`; `declined` shows the card that is declined.
Json payment_method_details(const PaymentMethod& method, bool declined, int64_t amount);

}  // namespace stripe_sim
