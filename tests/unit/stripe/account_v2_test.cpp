// SPDX-License-Identifier: MIT
#include "jobs/stripe/account_v2.hpp"

#include "jobs/stripe/json_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace paysync::stripe {
namespace {

TEST(AccountV2, ReadsTimesAsSecondsAndRefusesOthers) {
    EXPECT_EQ(parse_instant("1970-01-01T00:00:00.000Z"), 0);
    EXPECT_EQ(parse_instant("2026-11-25T13:00:01Z"), 1795611601);
    EXPECT_EQ(parse_instant("2024-02-29T23:59:59.999Z"), 1709251199);
    for (const char* bad :
         {"", "2026-11-25", "2026-11-25T13:00:01", "2026-11-25T13:00:01+01:00",
          "2026-02-29T00:00:00Z", "2026-11-25T24:00:00Z", "2026-11-25T13:00:01.Z",
          "2026-11-25T13:00:01.1x3Z", "2026-11-2xT13:00:01Z", "2026/11/25T13:00:01Z"})
        EXPECT_THROW(parse_instant(bad), FieldError) << bad;
}

TEST(AccountV2, ReadsAPageAndTheUrlOfTheNext) {
    const auto page = parse_accounts_v2(
        R"({"data":[{"id":"acct_1","object":"v2.core.account","metadata":{"command_id":"c"}},)"
        R"({"id":"acct_2","object":"v2.core.account","metadata":null}],)"
        R"("next_page_url":"https://api.stripe.com/v2/core/accounts?page=p2"})");
    ASSERT_EQ(page.items.size(), 2U);
    EXPECT_EQ(page.items[0].metadata.at("command_id"), "c");
    EXPECT_EQ(page.next, "/v2/core/accounts?page=p2");
    EXPECT_EQ(parse_accounts_v2(R"({"data":[],"next_page_url":"/v2/core/accounts?page=p3"})").next,
              "/v2/core/accounts?page=p3");
    EXPECT_EQ(parse_accounts_v2(R"({"data":[],"next_page_url":null})").next, "");
    EXPECT_THROW(parse_accounts_v2(R"({"data":[{"id":"acct_1","object":"account"}]})"), FieldError);
}

TEST(AccountV2, ReadsALink) {
    const auto link = parse_account_link_v2(
        R"({"object":"v2.core.account_link","url":"https://x/1","created":"2026-11-25T13:00:01Z",)"
        R"("expires_at":"2026-11-25T13:05:01.000Z"})");
    EXPECT_EQ(link.url, "https://x/1");
    EXPECT_EQ(link.expires_at - link.created, 300);
}

TEST(AccountV2, QuotesEveryText) {
    for (const std::string& text :
         {std::string("The \"Crumb\" \\ Bakery"), std::string("a\nb\tc\x01"),
          std::string("Bäckerei"), std::string()})
        EXPECT_EQ(nlohmann::json::parse(json_text(text)).get<std::string>(), text);
}

}  // namespace
}  // namespace paysync::stripe
