// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Amounts as Stripe counts them: whole minor units and a lower-case currency code. How many minor
/// units make one is Stripe's own table, which is not ISO 4217's.
namespace paysync::money {

/// What Stripe allows for amounts in one currency.
struct Currency {
    std::string_view code;  ///< lower case
    int exponent = 2;       ///< decimal places of the minor unit
    int multiple = 1;       ///< every amount is a multiple of it
};

/// The largest amount of one payment that every payment method of Stripe takes.
inline constexpr std::int64_t kDefaultMaximum = 99'999'999;

/// All currencies that Stripe charges in, sorted by code.
std::span<const Currency> currencies() noexcept;

/// Whether Stripe charges in `code`, which is lower case.
bool is_known(std::string_view code) noexcept;

/// Decimal places of the minor unit: 2 for a currency that is not in the table, as Stripe has it.
int exponent(std::string_view code) noexcept;

/// Why a payment of `amount` cannot be asked for, in words for the one who queued it; nothing when
/// it can. Stripe's minimum depends on the account's bank, so Stripe itself checks that.
std::optional<std::string> check_amount(std::int64_t amount, std::string_view currency,
                                        std::int64_t maximum = kDefaultMaximum);

/// Exact decimal digits with a point: "12.50", "1000", "-0.05".
std::string decimal(std::int64_t amount, std::string_view currency);

/// Decimal places that an amount is shown with: none where Stripe counts hundredths of a currency
/// that has none, such as ISK.
int shown_places(std::int64_t amount, std::string_view currency) noexcept;

/// Exact decimal text: "12.50 EUR", "1000 JPY", "-0.05 USD".
std::string display(std::int64_t amount, std::string_view currency);

}  // namespace paysync::money
