// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Amounts as Stripe counts them: a whole number of minor units and a lower-case currency code.
///
/// The number of decimal places comes from Stripe's own table, which differs from ISO 4217: Stripe
/// counts ISK and UGX in hundredths although these currencies have none. SQL has the same table as
/// `pay_private.currency` and checks amounts with it; a test compares both tables.
namespace paysync::money {

/// Stripe's rules for amounts in one currency.
struct Currency {
    std::string_view code;  ///< lower case
    int exponent = 2;       ///< decimal places of the minor unit
    int multiple = 1;       ///< every amount must be a multiple of this
};

/// All currencies in which Stripe charges, sorted by code.
std::span<const Currency> currencies() noexcept;

/// Decimal places of the minor unit. 2 for a code that is not in the table.
int exponent(std::string_view code) noexcept;

/// Exact decimal digits without the currency: "12.50", "1000", "-0.05".
std::string decimal(std::int64_t amount, std::string_view currency);

/// The decimal places with which an amount is shown to people: none if Stripe counts hundredths of
/// a currency that has none, such as ISK.
int shown_places(std::int64_t amount, std::string_view currency) noexcept;

/// Exact decimal text with the currency: "12.50 EUR", "1000 JPY", "-0.05 USD".
std::string display(std::int64_t amount, std::string_view currency);

}  // namespace paysync::money
