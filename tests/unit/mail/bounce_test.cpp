// SPDX-License-Identifier: MIT
#include "daemon/base/mail/bounce.hpp"

#include "daemon/base/mail/maildir.hpp"
#include "tests/unit/config/files.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

namespace paysync::mail {
namespace {

const std::string kHead =
    "From: MAILER-DAEMON@mx.test\r\nTo: billing@example.com\r\nSubject: Undelivered\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n"
    " boundary=\"=_b\"\r\n\r\n--=_b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n";

const std::string kStatus =
    "--=_b\r\nContent-Type: message/delivery-status\r\n\r\n"
    "Reporting-MTA: dns; mx.test\r\nArrival-Date: Wed, 25 Nov 2026 10:00:00 +0000\r\n\r\n"
    "Final-Recipient: rfc822; Jane@Example.test\r\nOriginal-Recipient: rfc822;<jane@alias.test>\r\n"
    "Action: failed\r\nStatus: 5.1.1 (unknown user)\r\n"
    "Diagnostic-Code: smtp; 550 5.1.1\r\n no such user\r\n\r\n"
    "Final-Recipient: rfc822; bob@example.test\r\nAction: Delayed\r\nStatus: 4.4.7\r\n";

const std::string kOriginal =
    "--=_b\r\nContent-Type: message/rfc822\r\n\r\n"
    "Message-ID: <request.1@example.com>\r\nX-Paysync-Request: 1\r\nX-Paysync-Kind: request\r\n"
    "Subject: Invoice\r\n\r\nbody\r\n";

const std::string kEnd = "--=_b--\r\n";

TEST(Bounce, IsReadWithItsRecipientsAndItsOriginal) {
    const auto bounce = parse_bounce(kHead + kStatus + kOriginal + kEnd);
    ASSERT_TRUE(bounce);
    EXPECT_EQ(bounce->message_id, "request.1@example.com");
    EXPECT_EQ(bounce->request_id, "1");
    EXPECT_EQ(bounce->kind, "request");
    ASSERT_EQ(bounce->recipients.size(), 2U);
    EXPECT_EQ(bounce->recipients[0].address, "jane@alias.test") << "as we wrote it";
    EXPECT_EQ(bounce->recipients[0].action, "failed");
    EXPECT_EQ(bounce->recipients[0].status, "5.1.1");
    EXPECT_EQ(bounce->recipients[0].diagnostic, "550 5.1.1 no such user");
    EXPECT_EQ(bounce->recipients[1].address, "bob@example.test");
    EXPECT_EQ(bounce->recipients[1].action, "delayed");
}

TEST(Bounce, IdentifiesTheOriginalByItsHeadersAlone) {
    const std::string headers =
        "--=_b\r\nContent-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "TWVzc2FnZS1JRDogPHJlcXVlc3QuMkBleGFtcGxlLmNvbT4NClgtUGF5c3luYy1SZXF1ZXN0OiAyDQo=\r\n";
    const auto bounce = parse_bounce(kHead + kStatus + headers + kEnd);
    ASSERT_TRUE(bounce);
    EXPECT_EQ(bounce->message_id, "request.2@example.com");
    EXPECT_EQ(bounce->request_id, "2");
}

TEST(Bounce, MustBeAStandardDeliveryReport) {
    EXPECT_FALSE(parse_bounce(""));
    EXPECT_FALSE(parse_bounce("Subject: Undelivered\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n"));
    EXPECT_FALSE(parse_bounce(kHead + kOriginal + kEnd)) << "no status at all";
    // A reply that quotes a bounce is not a bounce.
    const std::string quoted =
        "Subject: Re\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
        "boundary=\"=_b\"\r\n\r\n";
    EXPECT_FALSE(parse_bounce(quoted + kStatus + kOriginal + kEnd));
}

TEST(Bounce, ParsingSurvivesAnyBytes) {
    const auto whole = kHead + kStatus + kOriginal + kEnd;
    std::mt19937 random(7);
    for (int i = 0; i < 3000; ++i) {
        auto bytes = whole;
        for (int n = 0; n < 8; ++n)
            bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
        bytes.resize(random() % (bytes.size() + 1));
        const auto bounce = parse_bounce(bytes);
        if (!bounce)
            continue;
        EXPECT_LE(bounce->message_id.size(), 500U);
        for (const auto& recipient : bounce->recipients) {
            EXPECT_LE(recipient.diagnostic.size(), 500U);
            for (const char c : recipient.address + recipient.diagnostic)
                EXPECT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
        }
    }
    std::string nested = whole;
    for (int i = 0; i < 200; ++i)
        nested = "Content-Type: multipart/report; boundary=\"b" + std::to_string(i) +
                 "\"\r\n\r\n--b" + std::to_string(i) + "\r\n" + nested;
    EXPECT_FALSE(parse_bounce(nested)) << "deeper than anybody means it";
}

TEST(Maildir, ReturnsEachMessageOnceAndInOrder) {
    const config::test::TempFolder folder;
    for (const auto* part : {"new", "cur", "tmp"})
        std::filesystem::create_directory(folder.path() / part);
    for (const auto* name : {"200.b.host", "100.a.host", ".hidden"})
        std::ofstream(folder.path() / "new" / name) << name;
    const Maildir maildir(folder.path());
    EXPECT_EQ(maildir.unread(10), (std::vector<std::string>{"100.a.host", "200.b.host"}));
    EXPECT_EQ(maildir.unread(1), (std::vector<std::string>{"100.a.host"}));
    EXPECT_EQ(maildir.read("100.a.host"), "100.a.host");
    EXPECT_EQ(maildir.read("300.c.host"), std::nullopt) << "somebody took it away";
    maildir.mark_seen("100.a.host");
    EXPECT_EQ(maildir.unread(10), (std::vector<std::string>{"200.b.host"}));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "cur" / "100.a.host:2,S"));
    EXPECT_THROW(Maildir(folder.path() / "nowhere").unread(1), std::system_error);
}

}  // namespace
}  // namespace paysync::mail
