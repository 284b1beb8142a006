// SPDX-License-Identifier: MIT
#include "daemon/base/mail/message.hpp"

#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/outcome.hpp"
#include "daemon/base/mail/template.hpp"

#include <gtest/gtest.h>

namespace paysync::mail {
namespace {

TEST(Address, RefusesCharactersThatCouldInjectSmtpCommands) {
    for (const auto* bad :
         {"", "a", "@b.test", "a@", "a@b@c.test", "a b@c.test", "b@x>\r\nRCPT TO:<evil@x.test",
          "a@b.test\n", "<a@b.test>", "a,b@c.test", "\"a b\"@c.test", "a@.test", "a@b..test",
          "a@b.test.", "a@[127.0.0.1]"})
        EXPECT_THROW(wire_address(bad), BadAddress) << bad;
    EXPECT_THROW(wire_address(std::string("a\0@b.test", 9)), BadAddress);
    EXPECT_THROW(wire_address(std::string(65, 'a') + "@b.test"), BadAddress);
    EXPECT_THROW(wire_address("a@" + std::string(260, 'b') + ".test"), BadAddress);
}

TEST(Address, WritesDomainsInAscii) {
    EXPECT_EQ(wire_address("pay@b\u00fccher.test"), "pay@xn--bcher-kva.test");
    EXPECT_EQ(wire_address("first.last+tag@Example.test"), "first.last+tag@example.test");
    EXPECT_THROW(wire_address("jos\u00e9@b.test"), BadAddress);
    EXPECT_EQ(wire_address("jos\u00e9@b.test", true), "jos\u00e9@b.test");
}

TEST(Address, IsMaskedForLogs) {
    EXPECT_EQ(masked("jane@example.com"), "j***@example.com");
    EXPECT_EQ(masked("nonsense"), "***");
    EXPECT_EQ(masked_text("550 5.1.1 <jane@example.com>: no such user, ask bob@x.test"),
              "550 5.1.1 <j***@example.com>: no such user, ask b***@x.test");
    EXPECT_EQ(masked_text("250 ok"), "250 ok");
}

Message letter() {
    Message message;
    message.from = {"M\u00fcller & Co", "pay@example.com"};
    message.to = {"Zo\u00eb", "zoe@example.com"};
    message.subject = "Zahlung f\u00fcr \u20ac 12,50";
    message.message_id = "request.1@example.com";
    message.date = 1700000000;
    message.text = "Line one\nLine two with a dot\n.\nend \u20ac\n";
    message.html = "<p>Line</p>\n";
    message.attachments.push_back(
        {"Rechnung \u00e4.pdf", "application/pdf", std::string("\0\1\r\n.\r\n\xff", 8)});
    return message;
}

TEST(Message, HasTheSameBytesEachTime) {
    EXPECT_EQ(to_bytes(letter()), to_bytes(letter()));
}

TEST(Message, HasCrLfLineEndsOnlyAndSevenBitBytes) {
    const auto bytes = to_bytes(letter());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        ASSERT_LT(static_cast<unsigned char>(bytes[i]), 128) << i;
        if (bytes[i] == '\n') {
            ASSERT_TRUE(i > 0 && bytes[i - 1] == '\r') << i;
        }
        if (bytes[i] == '\r') {
            ASSERT_TRUE(i + 1 < bytes.size() && bytes[i + 1] == '\n') << i;
        }
    }
    EXPECT_NE(bytes.find("Message-Id: <request.1@example.com>\r\n"), std::string::npos);
    EXPECT_NE(bytes.find("charset=utf-8"), std::string::npos);
}

TEST(Message, RefusesHeadersWithLineEnds) {
    auto message = letter();
    message.subject = "a\r\nBcc: evil@example.com";
    EXPECT_THROW(to_bytes(message), std::invalid_argument);
    message = letter();
    message.to.name = "x\nBcc: evil@example.com";
    EXPECT_THROW(to_bytes(message), std::invalid_argument);
    message = letter();
    message.attachments[0].name = "a\r\nb";
    EXPECT_THROW(to_bytes(message), std::invalid_argument);
}

TEST(Template, EscapesByContext) {
    Values values;
    values["NAME"] = "<script>alert(1)</script> & \"co\"";
    values["URL"] = "javascript:alert(1)";
    const auto html = render("<p>{{NAME}}</p><a href=\"{{URL}}\">x</a>", values, Escape::html);
    EXPECT_EQ(html.find("<script>"), std::string::npos);
    EXPECT_EQ(html.find("javascript:"), std::string::npos);
    EXPECT_EQ(render("{{NAME}}", values, Escape::none), values["NAME"]);
}

TEST(Template, RefusesUnknownNamesAndBrokenText) {
    Values values;
    values["NAME"] = "x";
    EXPECT_THROW(render("{{NMAE}}", values, Escape::none), std::invalid_argument);
    EXPECT_THROW(render("{{NAME", values, Escape::none), std::invalid_argument);
    EXPECT_THROW(render("{{#NAME}}open", values, Escape::none), std::invalid_argument);
}

TEST(Template, ShowsSectionsOfValuesThatAreThere) {
    Values values;
    values["A"] = "a";
    values["B"] = "";
    EXPECT_EQ(render("{{#A}}[{{A}}]{{/A}}{{#B}}[{{B}}]{{/B}}", values, Escape::none), "[a]");
}

struct OutcomeCase {
    const char* situation;
    Ending ending;
    Result result;
    Scope scope;
};

TEST(SmtpOutcome, FollowsTheTableOfReplies) {
    const OutcomeCase cases[] = {
        {"taken", {true, Stage::dot, 250, ""}, Result::accepted, Scope::message},
        {"taken, in other words", {false, Stage::dot, 251, ""}, Result::accepted, Scope::message},
        {"refused connection",
         {false, Stage::connect, 0, ""},
         Result::account_down,
         Scope::account},
        {"listed at the greeting",
         {false, Stage::connect, 554, ""},
         Result::account_down,
         Scope::account},
        {"busy at the greeting",
         {false, Stage::connect, 421, ""},
         Result::throttled,
         Scope::account},
        {"EHLO refused", {false, Stage::hello, 502, ""}, Result::account_down, Scope::account},
        {"no STARTTLS", {false, Stage::hello, 250, ""}, Result::account_down, Scope::account},
        {"bad certificate", {false, Stage::tls, 220, ""}, Result::account_down, Scope::account},
        {"login refused", {false, Stage::login, 535, ""}, Result::account_down, Scope::account},
        {"login not now", {false, Stage::login, 454, ""}, Result::throttled, Scope::account},
        {"login wanted at MAIL",
         {false, Stage::mail, 530, ""},
         Result::account_down,
         Scope::account},
        {"421 on a new connection",
         {false, Stage::mail, 421, ""},
         Result::throttled,
         Scope::account},
        {"450 at RCPT", {false, Stage::rcpt, 450, "4.2.0"}, Result::deferred, Scope::domain},
        {"too fast for a mailbox",
         {false, Stage::rcpt, 450, "4.2.1"},
         Result::throttled,
         Scope::domain},
        {"454 at RCPT", {false, Stage::rcpt, 454, ""}, Result::throttled, Scope::account},
        {"550 at MAIL", {false, Stage::mail, 550, ""}, Result::refused, Scope::message},
        {"550 at RCPT", {false, Stage::rcpt, 550, "5.1.1"}, Result::refused, Scope::message},
        {"451 at DATA", {false, Stage::data, 451, ""}, Result::deferred, Scope::message},
        {"554 at DATA", {false, Stage::data, 554, ""}, Result::refused, Scope::message},
        {"nonsense at RCPT", {false, Stage::rcpt, 999, ""}, Result::deferred, Scope::message},
        {"cut after RCPT", {false, Stage::rcpt, 250, ""}, Result::not_sent, Scope::message},
        {"cut at MAIL", {false, Stage::mail, 0, ""}, Result::not_sent, Scope::message},
        {"cut in the body", {false, Stage::body, 0, ""}, Result::not_sent, Scope::message},
        {"451 after the dot", {false, Stage::dot, 451, ""}, Result::deferred, Scope::message},
        {"454 after the dot", {false, Stage::dot, 454, ""}, Result::throttled, Scope::account},
        {"421 after the dot", {false, Stage::dot, 421, ""}, Result::throttled, Scope::account},
        {"552 after the dot", {false, Stage::dot, 552, ""}, Result::refused, Scope::message},
        {"nonsense after the dot", {false, Stage::dot, 999, ""}, Result::in_doubt, Scope::message},
        {"silence after the dot", {false, Stage::dot, 0, ""}, Result::in_doubt, Scope::message},
    };
    for (const auto& example : cases) {
        const auto verdict = classify(example.ending);
        EXPECT_STREQ(to_string(verdict.result), to_string(example.result)) << example.situation;
        EXPECT_EQ(verdict.scope, example.scope) << example.situation;
    }
}

TEST(SmtpOutcome, ReadsEnhancedStatusCodes) {
    EXPECT_EQ(enhanced_status("550 5.1.1 no such user"), "5.1.1");
    EXPECT_EQ(enhanced_status("550-5.1.1 The account 550 5.1.1 does not exist"), "5.1.1");
    EXPECT_EQ(enhanced_status("450 4.2.1"), "4.2.1");
    for (const auto* none : {"", "550", "550 no 5.1.1", "550 5.1.1.1 x", "550 1.2.3 x", "550 5.1"})
        EXPECT_EQ(enhanced_status(none), "") << none;
}

}  // namespace
}  // namespace paysync::mail
