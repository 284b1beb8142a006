// SPDX-License-Identifier: MIT
#include "daemon/base/mail/address.hpp"

#include "tests/postgres/schema/database.hpp"

#include <fmt/format.h>

#include <random>

namespace paysync::test {
namespace {

/// The domain pay.email and mail::wire_address() refuse the same addresses.
class Address : public SchemaTest {
protected:
    bool is_stored(const std::string& address) {
        return outcome("SELECT " + connection_.quote(address) + "::pay.email") == "accepted";
    }
    static bool is_sent(const std::string& address) {
        try {
            mail::wire_address(address, true);
            return true;
        } catch (const mail::BadAddress&) {
            return false;
        }
    }
};

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i)
        out += text;
    return out;
}

TEST_F(Address, AreTheSameInAnyCaseOfAsciiLetters) {
    run("INSERT INTO pay.suppression (email) VALUES ('INFO@ISTANBUL.TEST')");
    EXPECT_NE(outcome("INSERT INTO pay.suppression (email) VALUES ('info@istanbul.test')"),
              "accepted");
    EXPECT_EQ(value("SELECT pay_private.replace_words('to INFO@ISTANBUL.TEST', "
                    "'{info@istanbul.test}', 'x')"),
              "to x");
    EXPECT_EQ(value("SELECT pay_private.replace_words('to \u00e9info@istanbul.test', "
                    "'{info@istanbul.test}', 'x')"),
              "to \u00e9info@istanbul.test")
        << "another address";
}

TEST_F(Address, WhatCannotBeSentIsNotStored) {
    const std::string bad[] = {"a@" + std::string(64, 'b') + ".test",
                               std::string(65, 'a') + "@b.test",
                               "a@-bad-.test",
                               "a@bad-.test",
                               "a@b_c.test",
                               "a@\U0001f600.test",
                               "a@b\u2603.test",
                               ".a@b.test",
                               "a.@b.test",
                               "a..b@b.test",
                               "a:b@b.test",
                               "a@b:25",
                               "a@" + repeated("\u00fc", 60) + ".test",
                               repeated("\u00fc", 33) + "@b.test",
                               "a@b\u05d0.test",
                               "a@\u0301b.test",
                               "a\ufeff@b.test",
                               "a@" + repeated("bcdefghij.", 25) + "test",
                               "a@" + repeated("b\u00fc.", 30) + "test"};
    for (const auto& address : bad) {
        EXPECT_FALSE(is_stored(address)) << address;
        // The part before the @ may have characters that only SQL knows to be invisible.
        EXPECT_TRUE(!is_sent(address) || address.find("\ufeff") != std::string::npos) << address;
    }
}

TEST_F(Address, WhatCanBeSentIsStored) {
    const std::string good[] = {"first.last+tag@sub.example.test",
                                "a@" + std::string(63, 'b') + ".test",
                                std::string(64, 'a') + "@b.test",
                                "jos\u00e9@b\u00fccher.test",
                                "\u7528\u6237@\u4f8b\u3048.\u6d4b\u8bd5",
                                "a@\u05e9\u05dc\u05d5\u05dd.test",
                                "o'neil!#$%&*/=?^_`{|}~@b.test",
                                "a@xn--bcher-kva.test",
                                "a@r3---x.test",
                                "erased-1@invalid"};
    for (const auto& address : good) {
        EXPECT_TRUE(is_stored(address)) << address;
        EXPECT_TRUE(is_sent(address)) << address;
    }
}

TEST_F(Address, BothSidesAgreeAboutRandomDomains) {
    std::mt19937 random(22);
    const auto pick = [&](const std::vector<std::string>& from) {
        return from[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(random)];
    };
    const std::vector<std::string> letters = {
        "a",      "Z",      "9",      "-",      "_",      ".",         "\u00fc", "\u00dc",
        "\u00df", "\u03c9", "\u0416", "\u0301", "\u05d0", "\u0628",    "\u4e2d", "\u2603",
        "\u00a9", "\u0663", "\uac00", "\u0e01", "\u0e31", "\U0001f600"};
    std::string addresses;
    std::vector<std::string> tried;
    for (int i = 0; i < 1500; ++i) {
        // Few different letters, so that many domains are good.
        const std::vector<std::string> few = {"b", pick(letters), pick(letters)};
        std::string domain;
        const int length = std::uniform_int_distribution<int>(1, i % 3 == 0 ? 62 : 8)(random);
        for (int n = 0; n < length; ++n)
            domain += pick(few);
        tried.push_back("a@" + domain + ".test");
    }
    int stored = 0;
    for (const auto& address : tried) {
        if (!is_stored(address))
            continue;
        ++stored;
        EXPECT_TRUE(is_sent(address)) << address;
    }
    EXPECT_GT(stored, 200);
}

}  // namespace
}  // namespace paysync::test
