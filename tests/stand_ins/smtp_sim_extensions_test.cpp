// SPDX-License-Identifier: MIT
// Logins and extensions: accepted and refused uses.
#include "tests/smtp_sim/raw_client.hpp"
#include "tests/smtp_sim/sasl.hpp"
#include "tests/smtp_sim/server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace smtp_sim {
namespace {

std::string code(const std::string& reply) {
    return reply.substr(0, 3);
}

RawClient after_ehlo(const Server& server) {
    RawClient client(server.port());
    EXPECT_EQ(code(client.reply()), "220");
    EXPECT_EQ(code(client.ask("EHLO x")), "250");
    return client;
}

/// Sends one message in one write; returns the code and enhanced code of the last reply.
std::string send(RawClient& client, const std::string& message, const std::string& options = {}) {
    EXPECT_EQ(code(client.ask("MAIL FROM:<a@example.com>" + options)), "250");
    EXPECT_EQ(code(client.ask("RCPT TO:<b@example.com>")), "250");
    EXPECT_EQ(code(client.ask("DATA")), "354");
    return client.ask(message + ".").substr(0, 9);
}

/// A mechanism, and whether its first response is part of the command.
class SmtpSimLogin : public testing::TestWithParam<std::tuple<std::string, bool>> {
protected:
    static std::string mechanism() { return std::get<0>(GetParam()); }
    static bool initial() { return std::get<1>(GetParam()); }
    static std::string begin(RawClient& client, const std::string& response) {
        const std::string command = "AUTH " + mechanism();
        if (initial()) {
            return client.ask(command + " " + response);
        }
        const std::string challenge = mechanism() == "LOGIN" ? "334 VXNlcm5hbWU6" : "334 ";
        EXPECT_EQ(client.ask(command), challenge);
        return client.ask(response);
    }
    static std::string log_in(RawClient& client, const std::string& user,
                              const std::string& secret) {
        if (mechanism() == "LOGIN") {
            EXPECT_EQ(begin(client, encode_base64(user)), "334 UGFzc3dvcmQ6");
            return code(client.ask(encode_base64(secret)));
        }
        if (mechanism() == "PLAIN") {
            return code(begin(client, encode_base64(std::string(1, '\0') + user + '\0' + secret)));
        }
        const std::string reply = begin(
            client, encode_base64("user=" + user + "\x01" + "auth=Bearer " + secret + "\x01\x01"));
        return code(code(reply) == "334" ? client.ask("") : reply);
    }
};

TEST_P(SmtpSimLogin, AcceptsTheRightSecretOnly) {
    Server server({.user = "mailer", .password = "paysync-fake"});
    RawClient client = after_ehlo(server);
    EXPECT_EQ(log_in(client, "mailer", "wrong"), "535");
    EXPECT_EQ(log_in(client, "other", "paysync-fake"), "535");
    EXPECT_EQ(log_in(client, "mailer", ""), "535");
    EXPECT_EQ(code(begin(client, "*")), "501") << "the client gives up";
    EXPECT_EQ(code(begin(client, "AA=A")), "501");
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com>").substr(0, 9), "530 5.7.0");
    EXPECT_EQ(log_in(client, "mailer", "paysync-fake"), "235");
    EXPECT_EQ(code(client.ask("AUTH " + mechanism())), "503") << "once only";
    EXPECT_EQ(send(client, "x\r\n"), "250 2.0.0");
    EXPECT_EQ(server.messages().at(0).user, "mailer");
    EXPECT_EQ(server.counters().logins, 1U);
    EXPECT_EQ(server.counters().failed_logins, 3U);
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, SmtpSimLogin,
                         testing::Combine(testing::Values("PLAIN", "LOGIN", "XOAUTH2"),
                                          testing::Bool()));

TEST(SmtpSimAuth, AcceptsOnlyOfferedMechanismsAfterEhlo) {
    Server server({.user = "u", .password = "p", .mechanisms = {"LOGIN"}});
    RawClient client(server.port());
    client.reply();
    EXPECT_EQ(code(client.ask("AUTH LOGIN")), "503") << "EHLO first";
    EXPECT_NE(client.ask("EHLO x").find("\n250-AUTH LOGIN\n"), std::string::npos);
    EXPECT_EQ(code(client.ask("AUTH PLAIN AHUAcA==")), "504");
    Server open;
    RawClient other = after_ehlo(open);
    EXPECT_EQ(code(other.ask("AUTH PLAIN AHUAcA==")), "503") << "not offered";
}

TEST(SmtpSimSize, CountsTheMessageWithoutItsStuffedDots) {
    Server server({.size = 1000});
    RawClient client = after_ehlo(server);
    const std::string fits = std::string(998, 'x') + "\r\n";
    EXPECT_EQ(send(client, fits), "250 2.0.0");
    EXPECT_EQ(send(client, "x" + fits), "552 5.3.4") << "though it came in one piece";
    std::string dots;
    std::string wire;
    for (int i = 0; i < 250; ++i) {
        dots += ".x\r\n";
        wire += "..x\r\n";
    }
    EXPECT_EQ(send(client, wire), "250 2.0.0");
    ASSERT_EQ(server.messages().size(), 2U);
    EXPECT_EQ(server.messages()[1].bytes(), dots);
    EXPECT_EQ(send(client, wire + "x\r\n"), "552 5.3.4");
    EXPECT_EQ(server.messages().size(), 2U);
}

TEST(SmtpSimSize, IsOfferedAndCheckedAtMail) {
    Server server({.size = 1000});
    RawClient client(server.port());
    client.reply();
    EXPECT_NE(client.ask("EHLO x").find("\n250-SIZE 1000\n"), std::string::npos);
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com> SIZE=1001").substr(0, 9), "552 5.3.4");
    EXPECT_EQ(code(client.ask("MAIL FROM:<a@example.com> SIZE=1000")), "250");
}

TEST(SmtpSim8Bit, IsAcceptedOnlyIfMailDeclaredIt) {
    const std::string message = "Subject: x\r\n\r\nGr\xc3\xbc\xc3\x9f\x65 \xff\r\n";
    Server server;
    RawClient client = after_ehlo(server);
    EXPECT_EQ(send(client, message), "554 5.6.3");
    EXPECT_EQ(send(client, message, " BODY=7BIT"), "554 5.6.3");
    EXPECT_EQ(send(client, message, " BODY=8BITMIME"), "250 2.0.0");
    EXPECT_EQ(send(client, message), "554 5.6.3") << "the next mail has to declare it again";
    EXPECT_EQ(send(client, "Subject: x\r\n\r\nplain\r\n"), "250 2.0.0");
    EXPECT_EQ(code(client.ask("MAIL FROM:<a@example.com> BODY=BINARYMIME")), "555");
    ASSERT_EQ(server.messages().size(), 2U);
    EXPECT_EQ(server.messages()[0].bytes(), message);
    EXPECT_EQ(server.attempts().at(0).outcome, Outcome::refused);
    EXPECT_EQ(server.attempts().at(0).bytes(), message) << "a refused message is recorded too";
    Server lenient({.undeclared_8bit = true});
    RawClient other = after_ehlo(lenient);
    EXPECT_EQ(send(other, message), "250 2.0.0");
    EXPECT_EQ(lenient.messages().at(0).bytes(), message);
}

TEST(SmtpSimPipelining, EndsWith554WhereItWasNotOffered) {
    Server server({.pipelining = false});
    RawClient good = after_ehlo(server);
    EXPECT_EQ(send(good, "x\r\n"), "250 2.0.0");
    RawClient client = after_ehlo(server);
    client.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
    EXPECT_EQ(client.reply().substr(0, 9), "554 5.5.0");
    EXPECT_EQ(client.rest(), "");
    EXPECT_FALSE(client.was_reset());
    EXPECT_EQ(server.messages().size(), 1U);
}

TEST(SmtpSimLines, ABareLineFeedEndsACommandButNoMessage) {
    Server server;
    RawClient client = after_ehlo(server);
    client.send("MAIL FROM:<a@example.com>\nRCPT TO:<b@example.com>\nDATA\n");
    for (const char* const expected : {"250", "250", "354"}) {
        EXPECT_EQ(code(client.reply()), expected);
    }
    for (const char* const smuggled : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\n.\r"}) {
        client.send(std::string("x") + smuggled + "MAIL FROM:<evil@example.com>\r\n");
    }
    EXPECT_EQ(code(client.ask(".")), "250");
    EXPECT_EQ(code(client.ask("NOOP")), "250") << "nothing was taken for a command";
    EXPECT_EQ(server.attempts().size(), 1U);
}

}  // namespace
}  // namespace smtp_sim
