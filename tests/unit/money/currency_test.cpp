// SPDX-License-Identifier: MIT
#include "jobs/money/currency.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace paysync::money {
namespace {

/// Parses the output of display() into minor units.
std::int64_t parse(const std::string& text, int places) {
    std::string number = text.substr(0, text.find(' '));
    const auto point = number.find('.');
    const std::size_t decimals = point == std::string::npos ? 0 : number.size() - point - 1;
    EXPECT_EQ(decimals, static_cast<std::size_t>(places)) << text;
    std::erase(number, '.');
    return std::stoll(number);
}

TEST(Currency, HasStripesExponents) {
    EXPECT_EQ(exponent("usd"), 2);
    EXPECT_EQ(exponent("eur"), 2);
    for (const char* code : {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf",
                             "vnd", "vuv", "xaf", "xof", "xpf"})
        EXPECT_EQ(exponent(code), 0) << code;
    for (const char* code : {"bhd", "jod", "kwd", "omr", "tnd"})
        EXPECT_EQ(exponent(code), 3) << code;
    // ISO 4217 has 0 for both; Stripe keeps two decimal places that must be zero.
    EXPECT_EQ(exponent("isk"), 2);
    EXPECT_EQ(exponent("ugx"), 2);
    // ISO 4217 has 2 for both, and so does Stripe.
    EXPECT_EQ(exponent("huf"), 2);
    EXPECT_EQ(exponent("twd"), 2);
    EXPECT_EQ(exponent("zzz"), 2);
}

TEST(Currency, KnowsOnlyLowerCaseCodes) {
    EXPECT_EQ(exponent("jpy"), 0);
    EXPECT_EQ(exponent("JPY"), 2) << "not in the table";
    for (const Currency& currency : currencies())
        EXPECT_EQ(currency.code.size(), 3U);
}

TEST(Currency, DisplaysExactDecimals) {
    EXPECT_EQ(display(1250, "eur"), "12.50 EUR");
    EXPECT_EQ(display(1000, "jpy"), "1000 JPY");
    EXPECT_EQ(display(5, "usd"), "0.05 USD");
    EXPECT_EQ(display(-5, "usd"), "-0.05 USD");
    EXPECT_EQ(display(0, "usd"), "0.00 USD");
    EXPECT_EQ(display(0, "jpy"), "0 JPY");
    EXPECT_EQ(display(1230, "kwd"), "1.230 KWD");
    EXPECT_EQ(display(500, "isk"), "5.00 ISK");
    EXPECT_EQ(display(std::numeric_limits<std::int64_t>::min(), "usd"),
              "-92233720368547758.08 USD");
    EXPECT_EQ(display(std::numeric_limits<std::int64_t>::max(), "jpy"), "9223372036854775807 JPY");
}

TEST(CurrencyProperty, DisplayIsExact) {
    std::mt19937_64 random(20);
    for (const Currency& currency : currencies()) {
        for (int round = 0; round < 200; ++round) {
            // Numbers of all magnitudes; a uniform choice would give only huge ones.
            const auto amount = static_cast<std::int64_t>(random()) >> (random() % 64);
            const std::string text = display(amount, currency.code);
            EXPECT_EQ(parse(text, currency.exponent), amount) << text;
            EXPECT_EQ(text.substr(text.size() - 4, 1), " ") << text;
        }
    }
}

}  // namespace
}  // namespace paysync::money
