// SPDX-License-Identifier: MIT
#include "config/dsn.hpp"
#include "config/duration.hpp"
#include "config/error.hpp"
#include "config/names.hpp"
#include "config/suggest.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace paysync::config {
namespace {

using namespace std::chrono_literals;

TEST(ConfigDuration, ParsesWholeNumbersWithUnits) {
    EXPECT_EQ(parse_duration("0s"), 0ms);
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("90s"), 90s);
    EXPECT_EQ(parse_duration("1h30m"), 90min);
    EXPECT_EQ(parse_duration("1d2h3m4s5ms"), 26h + 3min + 4s + 5ms);
    EXPECT_EQ(parse_duration("36500d"), 24h * 36500);
}

TEST(ConfigDuration, RefusesEverythingElse) {
    for (const auto* text :
         {"",     "5",      "s",      "5 s",       " 5s",          "5s ",    "5S",
          "5sec", "1.5h",   "-5s",    "+5s",       "5s5",          "1m1h",   "1s1s",
          "1e3s", "0x5s",   "05s",    "00s",       "4294967296ms", "36601d", "36600d1ms",
          "5s,",  "1h-30m", "five s", "5\xc2\xb5s"})
        EXPECT_FALSE(parse_duration(text).has_value()) << text;
}

TEST(ConfigDuration, FormatsEveryParsedDuration) {
    for (const auto* text : {"0s", "1ms", "30s", "1m", "1h30m", "1d", "365d", "1d2h3m4s5ms"})
        EXPECT_EQ(format_duration(parse_duration(text).value()), text);
    EXPECT_EQ(format_duration(60s), "1m");
    EXPECT_EQ(format_duration(-90s), "-1m30s");
}

TEST(ConfigSuggest, CountsEditsAndTranspositions) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("batch", "batch"), 0U);
    EXPECT_EQ(edit_distance("Batch", "bATCH"), 0U);
    EXPECT_EQ(edit_distance("bacth", "batch"), 1U);
    EXPECT_EQ(edit_distance("batc", "batch"), 1U);
    EXPECT_EQ(edit_distance("bbatch", "batch"), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(ConfigSuggest, SuggestsOnlySimilarWords) {
    EXPECT_EQ(nearest("bacth", {"every", "batch", "match"}), "batch");
    EXPECT_EQ(nearest("worker", {"workers"}), "workers");
    EXPECT_EQ(nearest("colour", {"every", "batch"}), "");
    EXPECT_EQ(nearest("x", {"y"}), "y");
    EXPECT_EQ(nearest("ab", {"cd"}), "");
    EXPECT_EQ(nearest(std::string(100'000, 'a'), {std::string(100'000, 'a')}), "");
}

TEST(ConfigShown, QuotesShortensAndHidesValues) {
    EXPECT_EQ(shown("abc"), "'abc'");
    EXPECT_EQ(shown("a\n\x1b[31m"), "'a\\x0a\\x1b[31m'");
    EXPECT_EQ(shown(std::string(100, 'a')), "'" + std::string(60, 'a') + "…'");
    EXPECT_EQ(shown(std::string(59, 'a') + "éb"), "'" + std::string(59, 'a') + "…'");
    EXPECT_EQ(shown("sk_test_paysyncExample"), "[hidden]");
    EXPECT_EQ(shown("my rk_live_paysyncExample"), "[hidden]");
    EXPECT_EQ(shown("postgres://user:hunter2@host/db"), "[hidden]");
    EXPECT_EQ(shown("https://example.com/a"), "'https://example.com/a'");
}

TEST(ConfigNames, RecognisesLoopbackAddresses) {
    for (const auto* host : {"localhost", "127.0.0.1", "127.255.1.2", "::1", "[::1]"})
        EXPECT_TRUE(is_loopback(host)) << host;
    for (const auto* host : {"", "localhost.example.com", "127.0.0.1.example.com", "127.1",
                             "10.0.0.1", "0.0.0.0", "::2", "LOCALHOST."})
        EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(ConfigNames, RecognisesHostsAndDomains) {
    for (const auto* name :
         {"a", "a.b", "mail-1.example.com", "xn--bcher-kva.example", "192.0.2.1"})
        EXPECT_TRUE(is_host_name(name)) << name;
    for (const auto* name : {"", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b",
                             "bücher.example", "a/b", "a:1", "a@b", "a\n"})
        EXPECT_FALSE(is_host_name(name)) << name;
    EXPECT_FALSE(is_host_name(std::string(64, 'a')));
    EXPECT_TRUE(is_domain("example.com"));
    EXPECT_FALSE(is_domain("localhost"));
    EXPECT_FALSE(is_domain("192.0.2.1"));
}

TEST(ConfigNames, RecognisesPlainMailAddresses) {
    for (const auto* text :
         {"a@example.com", "first.last+tag@mail.example.com", "o'neil@example.com"})
        EXPECT_TRUE(is_mail_address(text)) << text;
    for (const auto* text :
         {"", "a", "@example.com", "a@", "a@b", "a@@example.com", "a@b@example.com",
          ".a@example.com", "a.@example.com", "a..b@example.com", "a b@example.com",
          "a@example.com\n", "<a@example.com>", "a@example.com>", "\"a\"@example.com",
          "a,b@example.com", "josé@example.com", "a@[192.0.2.1]", "a\r\nRCPT TO:<b@example.com"})
        EXPECT_FALSE(is_mail_address(text)) << text;
    EXPECT_FALSE(is_mail_address(std::string(65, 'a') + "@example.com"));
}

TEST(ConfigNames, SplitsUrls) {
    const Url url = parse_url("https://[2001:db8::1]:8443/a/b?c=d#e");
    EXPECT_EQ(url.scheme, "https");
    EXPECT_EQ(url.host, "[2001:db8::1]");
    EXPECT_EQ(url.port, 8443);
    EXPECT_EQ(url.rest, "/a/b?c=d#e");
    EXPECT_EQ(parse_url("https://example.com?x").rest, "?x");
    EXPECT_EQ(parse_url("http://localhost:1").port, 1);
}

TEST(ConfigNames, RefusesSuspiciousUrls) {
    for (const auto* text : {"",
                             "example.com",
                             "https:/example.com",
                             "https://",
                             "https:///x",
                             "https://:80",
                             "https://a:",
                             "https://a:0",
                             "https://a:65536",
                             "https://a:8x",
                             "https://a:+80",
                             "HTTPS://a",
                             "data:x",
                             "https://u@a",
                             "https://u:p@a/",
                             "https://a b",
                             "https://a/\r\nX: y",
                             "https://a\\b",
                             "https://[::1",
                             "https://[::1]x",
                             "https://[localhost]",
                             "https://::1",
                             "http://example.com",
                             "http://127.0.0.1@example.com",
                             "https://bücher.example"})
        EXPECT_THROW(parse_url(text), std::invalid_argument) << text;
}

TEST(ConfigDsn, AcceptsEveryDsnThatLibpqAccepts) {
    for (const auto* dsn :
         {"dbname=x", "  host = /run/postgresql   dbname=x ", "dbname='a b' user='it\\'s'",
          "options='-c x=y'", "passfile=/etc/paysync/pgpass", "service=paysync",
          "dbname=password=x", "user=a\\ password=x", "postgresql://",
          "postgres:///x?host=/run&user=a", "postgresql://u@h1:1,h2:2/x",
          "postgresql://h/x?application_name=a:b@c"})
        EXPECT_NO_THROW(check_dsn(dsn)) << dsn;
}

TEST(ConfigDsn, RefusesPasswordsAndInvalidDsns) {
    for (const auto* dsn :
         {"password=x", "dbname=x password = 'x'", "dbname='x'password=y",
          "dbname=\\ password=x password=y", "sslpassword=x", "postgresql://u:p@h/x",
          "postgresql://u:@h/x", "postgresql://:p@h", "postgres://h/x?password=y",
          "postgres://h/x?a=b&password=y", "postgres://h/x?%70assword=y", "postgres://h/x?a",
          "postgres://h/x?%7=y", "postgres://h/x?%zz=y", "dbname", "=x", "dbname='x", "mysql://h/x",
          "https://h/x?a=b"})
        EXPECT_THROW(check_dsn(dsn), std::invalid_argument) << dsn;
}

}  // namespace
}  // namespace paysync::config
