// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace stripe_sim {

/// Digits after the decimal point as Stripe counts them (not ISO 4217); -1 for a currency that it
/// does not accept.
int currency_exponent(const std::string& currency);

/// The largest amount that Stripe accepts, in the currency's smallest unit.
constexpr int64_t kLargestAmount = 99'999'999;

/// The smallest charge, in the currency's smallest unit.
int64_t minimum_charge(const std::string& currency);
/// The number that amounts must be multiples of.
int64_t amount_step(const std::string& currency);

/// 2.9 % + 30, rounded half up.
int64_t processing_fee(int64_t amount);

/// The amount in another currency by a decimal rate with up to six digits, rounded half up.
int64_t convert_amount(int64_t amount, const std::string& rate, int from_exponent, int to_exponent);

}  // namespace stripe_sim
