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

TEST(Currency, AcceptsOnlyLowerCaseCodes) {
    EXPECT_TRUE(is_known("usd"));
    EXPECT_TRUE(is_known("zmw"));
    EXPECT_TRUE(is_known("aed"));
    EXPECT_FALSE(is_known("USD"));
    EXPECT_FALSE(is_known("zzz"));
    EXPECT_FALSE(is_known(""));
    EXPECT_FALSE(is_known("us"));
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

TEST(Currency, ChecksAmounts) {
    EXPECT_EQ(check_amount(1, "usd"), std::nullopt);
    EXPECT_EQ(check_amount(99'999'999, "usd"), std::nullopt);
    EXPECT_NE(check_amount(100'000'000, "usd"), std::nullopt);
    EXPECT_EQ(check_amount(100'000'000, "usd", 100'000'000), std::nullopt);
    EXPECT_NE(check_amount(0, "usd"), std::nullopt);
    EXPECT_NE(check_amount(-1, "usd"), std::nullopt);
    EXPECT_NE(check_amount(100, "USD"), std::nullopt);
    EXPECT_NE(check_amount(100, "zzz"), std::nullopt);
    EXPECT_EQ(check_amount(500, "isk"), std::nullopt);
    EXPECT_NE(check_amount(550, "isk"), std::nullopt);
    EXPECT_NE(check_amount(1, "ugx"), std::nullopt);
    EXPECT_EQ(check_amount(1230, "kwd"), std::nullopt);
    EXPECT_NE(check_amount(1234, "kwd"), std::nullopt);
    EXPECT_EQ(check_amount(-1, "usd"), "-0.01 USD is not more than zero");
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

TEST(CurrencyProperty, CheckAcceptsExactlyTheMultiples) {
    std::mt19937_64 random(21);
    for (const Currency& currency : currencies()) {
        EXPECT_TRUE(is_known(currency.code));
        EXPECT_EQ(currency.code.size(), 3U);
        for (int round = 0; round < 200; ++round) {
            const auto amount = static_cast<std::int64_t>(random() % 99'999'999) + 1;
            EXPECT_EQ(!check_amount(amount, currency.code), amount % currency.multiple == 0)
                << display(amount, currency.code);
            const std::int64_t rounded = amount / currency.multiple * currency.multiple;
            EXPECT_EQ(!check_amount(rounded, currency.code), rounded > 0);
        }
    }
}

}  // namespace
}  // namespace paysync::money
