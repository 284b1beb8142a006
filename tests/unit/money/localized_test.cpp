// SPDX-License-Identifier: MIT
#include "jobs/money/localized.hpp"

#include "jobs/money/currency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>

namespace paysync::money {
namespace {

TEST(Localized, AmountsFollowTheLanguage) {
    EXPECT_EQ(localized(125000, "usd", "en-US"), "$1,250.00");
    EXPECT_EQ(localized(125000, "eur", "de"), "1.250,00\u00a0€");
    EXPECT_EQ(localized(125000, "eur", "de_AT"), localized(125000, "eur", "de-AT"));
    EXPECT_EQ(localized(125000, "eur", "fr"), "1\u202f250,00\u00a0€");
    EXPECT_EQ(localized(1250, "jpy", "ja"), "￥1,250");
    EXPECT_EQ(localized(-5, "usd", "en"), "-$0.05");
    EXPECT_EQ(localized(125000, "usd", "xx"), "1250.00 USD") << "nobody's language";
    EXPECT_EQ(localized(125000, "usd", ""), "1250.00 USD");
}

TEST(Localized, AmountsKeepStripesDecimals) {
    EXPECT_EQ(localized(12340, "kwd", "en"), "KWD\u00a012.340");
    EXPECT_EQ(localized(50000, "isk", "en"), "ISK\u00a0500") << "Stripe counts hundredths";
    EXPECT_EQ(localized(50050, "isk", "en"), "ISK\u00a0500.50") << "nothing is rounded away";
    EXPECT_EQ(localized(50000, "huf", "en"), "HUF\u00a0500.00");
}

TEST(Localized, AmountsKeepAllDigitsInEveryCurrency) {
    std::mt19937_64 random(7);
    for (const auto& currency : currencies())
        for (int i = 0; i < 50; ++i) {
            const auto amount = static_cast<std::int64_t>(random() >> (1 + random() % 62));
            auto expected = decimal(amount, currency.code);
            if (shown_places(amount, currency.code) == 0 && exponent(currency.code) > 0)
                expected.resize(expected.find('.'));
            auto shown = localized(amount, currency.code, "en");
            const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
            std::erase_if(shown, [&](char c) { return !is_digit(static_cast<unsigned char>(c)); });
            std::erase(expected, '.');
            EXPECT_EQ(shown, expected) << amount << " " << currency.code;
        }
}

TEST(Localized, DaysAreWrittenInWords) {
    EXPECT_EQ(localized_day("2026-11-30", "en-US"), "November 30, 2026");
    EXPECT_EQ(localized_day("2026-01-01", "de"), "1. Januar 2026");
    EXPECT_EQ(localized_day("2026-11-30", "xx"), "2026-11-30");
    EXPECT_EQ(localized_day("", "en"), "");
}

}  // namespace
}  // namespace paysync::money
