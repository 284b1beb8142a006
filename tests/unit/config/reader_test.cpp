// SPDX-License-Identifier: MIT
#include "config/reader.hpp"

#include "tests/unit/config/files.hpp"

#include <cstdint>
#include <memory>

namespace paysync::config::test {
namespace {

using namespace std::chrono_literals;

TEST(ConfigSection, ReadsEveryType) {
    const Section root = root_of(
        "text: some words\n"
        "number: -12\n"
        "large: 9223372036854775807\n"
        "percent: 12%\n"
        "bare_percent: 13\n"
        "flag: true\n"
        "duration: 1h30m\n"
        "choice: resend\n"
        "url: https://example.com:8443/a?b=c#d\n"
        "path: /etc/x\n");
    enum class InDoubt { hold, resend };

    EXPECT_EQ(root.text("text"), "some words");
    EXPECT_EQ(root.integer("number", 1, -20, 20), -12);
    EXPECT_EQ(root.integer("large", std::int64_t{1}, 0, INT64_MAX), INT64_MAX);
    EXPECT_EQ(root.percent("percent", 0, 0, 100), 12);
    EXPECT_EQ(root.percent("bare_percent", 0, 0, 100), 13);
    EXPECT_TRUE(root.flag("flag"));
    EXPECT_EQ(root.duration("duration", 1s, 1s, 2h), 90min);
    EXPECT_EQ(root.choice("choice", InDoubt::hold,
                          {{"hold", InDoubt::hold}, {"resend", InDoubt::resend}}),
              InDoubt::resend);
    EXPECT_EQ(root.url("url"), "https://example.com:8443/a?b=c#d");
    EXPECT_EQ(root.maybe_path("path"), "/etc/x");
    EXPECT_EQ(error_of([&] { root.finish(); }), "no error");
}

TEST(ConfigSection, ReturnsDefaultsForMissingKeys) {
    const Section root = root_of("other: 1\n");
    EXPECT_FALSE(root.has("text"));
    EXPECT_EQ(root.text("text", "x"), "x");
    EXPECT_EQ(root.maybe_text("text"), std::nullopt);
    EXPECT_EQ(root.integer("number", 7, 1, 9), 7);
    EXPECT_EQ(root.percent("percent", 8, 0, 9), 8);
    EXPECT_TRUE(root.flag("flag", true));
    EXPECT_EQ(root.duration("duration", 250ms, 1ms, 1s), 250ms);
    EXPECT_EQ(root.choice("choice", 3, {{"one", 1}}), 3);
    EXPECT_EQ(root.url("url", "u"), "u");
    EXPECT_EQ(root.maybe_url("url"), std::nullopt);
    EXPECT_EQ(root.maybe_path("path"), std::nullopt);
    EXPECT_FALSE(root.maybe_secret("secret").has_value());
    EXPECT_TRUE(root.sections("list").empty());
}

TEST(ConfigSection, RefusesMissingRequiredKeys) {
    const Section root = root_of("# c\na:\n  textt: x\n");
    const Section a = root.section("a");
    EXPECT_EQ(error_of([&] { a.text("text"); }),
              "f.yaml:3:3: a.text: required, but missing (is 'textt' on line 3 misspelt?)");
    EXPECT_EQ(error_of([&] { a.flag("flag"); }), "f.yaml:3:3: a.flag: required, but missing");
    EXPECT_EQ(error_of([&] { a.secret("key"); }), "f.yaml:3:3: a.key: required, but missing");
    EXPECT_EQ(error_of([&] { root.section("b").section("c").url("d"); }),
              "f.yaml:2:1: b.c.d: required, but missing");
}

TEST(ConfigSection, RefusesKeysThatWereNeverRead) {
    const Section jobs =
        root_of("jobs:\n  onboarding:\n    batch: 1\n    bacth: 2\n").section("jobs");
    const Section job = jobs.section("onboarding");
    job.integer("batch", 1, 1, 10);
    EXPECT_EQ(error_of([&] { job.finish(); }),
              "f.yaml:4:5: jobs.onboarding: unknown key 'bacth' (did you mean 'batch'?)");
    job.has("bacth");
    EXPECT_EQ(error_of([&] { job.finish(); }), "no error");
}

TEST(ConfigSection, CopiesShareTheSetOfKnownKeys) {
    const Section root = root_of("a: 1\nb: 2\n");
    Section copy = root;
    copy.integer("a", 0, 0, 9);
    root.integer("b", 0, 0, 9);
    EXPECT_EQ(error_of([&] { copy.finish(); }), "no error");
}

TEST(ConfigSection, OutlivesItsDocument) {
    auto document = std::make_unique<Document>(Document::parse("f.yaml", "a:\n  b: text\n"));
    const Section section = document->root().section("a");
    document.reset();
    EXPECT_EQ(section.text("b"), "text");
    EXPECT_EQ(section.path(), "a");
}

TEST(ConfigSection, ReadsListsOfMaps) {
    const Section root = root_of("list:\n  - name: a\n  - name: b\n    nmae: c\n");
    const auto items = root.sections("list");
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0].text("name"), "a");
    EXPECT_EQ(items[1].text("name"), "b");
    EXPECT_EQ(items[1].path(), "list[1]");
    items[0].finish();
    EXPECT_EQ(error_of([&] { items[1].finish(); }),
              "f.yaml:4:5: list[1]: unknown key 'nmae' (did you mean 'name'?)");
    EXPECT_EQ(error_of([] { root_of("list: a\n").sections("list"); }),
              "f.yaml:1:7: list: expected a list");
    EXPECT_EQ(error_of([] { root_of("list: [a]\n").sections("list"); }),
              "f.yaml:1:8: list[0]: expected a map (key: value)");
}

TEST(ConfigSection, AcceptsEmptyTextOnlyIfTheDefaultIsEmpty) {
    const Section root = root_of("a: ''\n");
    EXPECT_EQ(root.text("a", ""), "");
    EXPECT_EQ(error_of([&] { root.text("a", "x"); }), "f.yaml:1:4: a: must not be empty");
    EXPECT_EQ(error_of([&] { root.maybe_text("a"); }), "f.yaml:1:4: a: must not be empty");
}

TEST(ConfigSection, ErrorsNameTheLineOfTheKeyOrItsSection) {
    const Section a = root_of("a:\n  b: 1\n").section("a");
    EXPECT_EQ(error_of([&] { a.fail("b", "wrong"); }), "f.yaml:2:6: a.b: wrong");
    EXPECT_EQ(error_of([&] { a.fail("c", "wrong"); }), "f.yaml:2:3: a.c: wrong");
    try {
        a.fail("b", "wrong");
    } catch (const Error& e) {
        EXPECT_EQ(e.at().line, 2);
        EXPECT_EQ(e.at().column, 6);
    }
}

TEST(ConfigSection, RefusesRelativePathsAndBadAddresses) {
    EXPECT_EQ(error_of([] { root_of("p: x/y\n").maybe_path("p"); }),
              "f.yaml:1:4: p: must be an absolute path, got 'x/y'");
    EXPECT_EQ(error_of([] { root_of("u: javascript:alert(1)\n").url("u"); }),
              "f.yaml:1:4: u: must be a URL that begins with https://, got 'javascript:alert(1)'");
}

TEST(ConfigDocument, ListsTheKnownKeysInTheOrderOfReading) {
    const Document document = Document::parse("f.yaml", "a: 1\n");
    document.root().section("s").has("b");
    document.root().has("a");
    document.root().section("s").has("b");
    EXPECT_EQ(document.known_keys(), (std::vector<std::string>{"s", "s.b", "a"}));
}

}  // namespace
}  // namespace paysync::config::test
