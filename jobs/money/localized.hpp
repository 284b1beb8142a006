// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Amounts and days as people of a language write them, by ICU and its CLDR tables.
namespace paysync::money {

/// An amount in minor units of a currency, to the last of Stripe's decimals: "$12.50" in en-US,
/// "12,50\u00a0€" in de. As display() says it where the language is unknown.
std::string localized(std::int64_t amount, std::string_view currency, std::string_view locale);

/// A day (YYYY-MM-DD) in words: "November 30, 2026" in en-US. The day itself where it cannot be
/// read or the language is unknown.
std::string localized_day(const std::string& day, std::string_view locale);

}  // namespace paysync::money
