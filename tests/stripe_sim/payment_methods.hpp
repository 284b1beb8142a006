// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stripe_sim {

/// A way to pay, as the hosted page offers it.
struct PaymentMethod {
    /// The key of `POST /_sim/pay` and of the page's form: `card`, `mastercard`, `apple_pay`,
    /// `sepa_debit` …
    const char* name;
    /// What the hosted page calls it.
    const char* label;
    /// `payment_method_details.type`, which is what `payment_method_types` names.
    const char* type;
    /// Whether the money comes, or does not come, days after the buyer has agreed.
    bool delayed;
    /// The members of `payment_method_details.<type>` that differ from a plain Visa card or, for
    /// other types, all of them.
    const char* details;
};

const std::vector<PaymentMethod>& payment_methods();
/// Throws ApiError (param `method`) if there is none of this name.
const PaymentMethod& payment_method(const std::string& name);
/// Whether the link's `payment_method_types` allow the method; empty = whatever the link takes.
bool link_takes(const Json& link, const std::string& method);
/// The value of a charge's `payment_method_details`; `declined` shows the card that is declined.
Json payment_method_details(const PaymentMethod& method, bool declined, int64_t amount);

}  // namespace stripe_sim
