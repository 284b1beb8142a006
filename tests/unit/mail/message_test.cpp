// SPDX-License-Identifier: MIT
#include "daemon/base/mail/message.hpp"

#include "daemon/base/mail/address.hpp"
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
    EXPECT_EQ(masked("\u00e9lise@example.com"), "\u00e9***@example.com");
    EXPECT_EQ(masked("nonsense"), "***");
    EXPECT_EQ(masked_text("550 5.1.1 <jane@example.com>: no such user, ask bob@x.test"),
              "550 5.1.1 <j***@example.com>: no such user, ask b***@x.test");
    EXPECT_EQ(masked_text("250 ok"), "250 ok");
}

Message sample_message() {
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
    EXPECT_EQ(to_bytes(sample_message()), to_bytes(sample_message()));
}

TEST(Message, HasCrLfLineEndsOnlyAndSevenBitBytes) {
    const auto bytes = to_bytes(sample_message());
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
    auto message = sample_message();
    message.subject = "a\r\nBcc: evil@example.com";
    EXPECT_THROW(to_bytes(message), std::invalid_argument);
    message = sample_message();
    message.to.name = "x\nBcc: evil@example.com";
    EXPECT_THROW(to_bytes(message), std::invalid_argument);
    message = sample_message();
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

}  // namespace
}  // namespace paysync::mail
