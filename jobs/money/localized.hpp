// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Amounts and days as people write them in their language, with the tables of ICU (CLDR). Used in
/// messages to payers.
namespace paysync::money {

/// An amount in minor units: "$12.50" in en-US, "12,50\u00a0€" in de. If ICU does not know the
/// language, the result of display().
std::string localized(std::int64_t amount, std::string_view currency, std::string_view locale);

/// A day (YYYY-MM-DD) in words: "November 30, 2026" in en-US. If the day cannot be parsed or ICU
/// does not know the language, the day itself.
std::string localized_day(const std::string& day, std::string_view locale);

}  // namespace paysync::money
