// SPDX-License-Identifier: MIT
// What mail servers do to a sender: quotas, policies, strictness, silence.
#include "tests/smtp_sim/raw_client.hpp"
#include "tests/smtp_sim/sasl.hpp"
#include "tests/smtp_sim/server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace smtp_sim {
namespace {

RawClient sender_session(const Server& server) {
    RawClient client(server.port());
    client.reply();
    client.ask("EHLO x");
    return client;
}

/// The last reply of a transaction: the first that is no success, or that to the dot.
std::string send_from(RawClient& client, const std::string& from, const std::string& message,
                      const std::string& options = {}) {
    std::string reply;
    client.ask("RSET");
    for (const std::string& line :
         {"MAIL FROM:<" + from + ">" + options, std::string("RCPT TO:<b@example.com>"),
          std::string("DATA"), message + "\r\n."}) {
        reply = client.ask(line);
        if (reply.substr(0, 1) > "3") {
            break;
        }
    }
    return reply;
}

/// A refusal that is about the sender, whatever the recipient.
struct Words {
    Stage stage;
    Reply reply;
};

class SmtpSimSender : public testing::TestWithParam<Words> {};

TEST_P(SmtpSimSender, RefusesOneSenderAndNobodyElse) {
    Server server;
    server.add_rule(
        {.stage = GetParam().stage, .sender = "a@example.com", .reply = GetParam().reply});
    for (int i = 0; i < 2; ++i) {
        RawClient client = sender_session(server);
        EXPECT_EQ(send_from(client, "a@example.com", "x") + "\r\n", GetParam().reply.bytes());
        EXPECT_EQ(send_from(client, "c@example.com", "x").substr(0, 3), "250");
    }
    EXPECT_EQ(server.messages().size(), 2U);
    EXPECT_EQ(server.attempts().at(0).outcome, Outcome::refused);
}

INSTANTIATE_TEST_SUITE_P(
    Words, SmtpSimSender,
    testing::Values(
        Words{Stage::mail, {550, "5.4.5 Daily user sending limit exceeded"}},
        Words{Stage::mail, {550, "5.7.60 Client does not have permissions to send as this sender"}},
        Words{Stage::mail, {550, "5.1.8 Access denied, bad outbound sender"}},
        Words{Stage::rcpt, {550, "5.7.1 Relaying denied"}},
        Words{Stage::data, {554, "5.7.1 Message blocked by policy"}},
        Words{Stage::data, {452, "4.3.1 Insufficient system storage"}},
        Words{Stage::dot, {554, "5.7.1 Sending suspended, contact your administrator"}},
        Words{Stage::dot, {550, "5.7.708 Access denied, traffic not accepted from this IP"}}));

TEST(SmtpSimSenders, AQuotaAllowsTheFirstMessagesOnly) {
    Server server;
    server.add_rule({.stage = Stage::mail,
                     .sender = "a@example.com",
                     .skip = 2,
                     .reply = Reply{550, "5.4.5 Daily sending quota exceeded"}});
    RawClient client = sender_session(server);
    std::vector<std::string> codes;
    for (int i = 0; i < 4; ++i) {
        codes.push_back(send_from(client, "a@example.com", "x").substr(0, 9));
        EXPECT_EQ(send_from(client, "c@example.com", "x").substr(0, 3), "250") << "counts nothing";
    }
    EXPECT_EQ(codes,
              (std::vector<std::string>{"250 2.0.0", "250 2.0.0", "550 5.4.5", "550 5.4.5"}));
}

TEST(SmtpSimSenders, ARuleForAUserIsForItsSessionsOnly) {
    Server server({.user = "mailer", .password = "paysync-fake"});
    server.add_rule({.stage = Stage::data, .user = "mailer", .times = 1, .reply = Reply{554}});
    server.add_rule({.stage = Stage::data, .user = "other", .reply = Reply{555}});
    RawClient client = sender_session(server);
    client.ask("AUTH PLAIN " +
               encode_base64(std::string(1, '\0') + "mailer" + '\0' + "paysync-fake"));
    EXPECT_EQ(send_from(client, "a@example.com", "x").substr(0, 3), "554");
    EXPECT_EQ(send_from(client, "a@example.com", "x").substr(0, 3), "250");
    EXPECT_THROW(server.add_rule({.stage = Stage::ehlo, .user = "mailer"}), std::invalid_argument);
    EXPECT_THROW(server.add_rule({.stage = Stage::quit, .sender = "a"}), std::invalid_argument);
}

TEST(SmtpSimUtf8, AHeaderNeedsSmtputf8) {
    const std::string header = "From: J\xc3\xb6rg <a@example.com>\r\n\r\nplain";
    Server server;
    RawClient client = sender_session(server);
    EXPECT_EQ(send_from(client, "a@example.com", header, " BODY=8BITMIME").substr(0, 9),
              "550 5.6.9");
    EXPECT_EQ(send_from(client, "a@example.com", header, " SMTPUTF8").substr(0, 9), "554 5.6.3")
        << "the bytes have to be declared, too";
    EXPECT_EQ(send_from(client, "a@example.com", header, " BODY=8BITMIME SMTPUTF8").substr(0, 3),
              "250");
    Server lenient({.undeclared_utf8_headers = true});
    RawClient other = sender_session(lenient);
    EXPECT_EQ(send_from(other, "a@example.com", header, " BODY=8BITMIME").substr(0, 3), "250");
}

TEST(SmtpSimSenders, AServerMayBeSilentFromTheStart) {
    Server server;
    const auto rule =
        server.add_rule({.stage = Stage::connect, .times = 1, .act = Act::never_answer});
    RawClient silent(server.port());
    while (server.acted(rule) == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    RawClient client = sender_session(server);
    EXPECT_EQ(send_from(client, "a@example.com", "x").substr(0, 3), "250")
        << "other connections work";
    silent.send("EHLO x\r\n");
    EXPECT_EQ(server.attempts().size(), 1U);
}

TEST(SmtpSimSenders, ACutInsideTheMessageLeavesNoDotAndNoMessage) {
    Server server;
    server.add_rule({.stage = Stage::body,
                     .sender = "a@example.com",
                     .after_bytes = 10,
                     .act = Act::cut_before_reply,
                     .reset = true});
    RawClient client = sender_session(server);
    client.ask("MAIL FROM:<a@example.com>");
    client.ask("RCPT TO:<b@example.com>");
    EXPECT_EQ(client.ask("DATA").substr(0, 3), "354");
    client.send("Subject: x\r\n");
    EXPECT_EQ(client.rest(), "");
    EXPECT_TRUE(client.was_reset());
    server.wait_for_attempts(1);
    EXPECT_EQ(server.attempts().at(0).outcome, Outcome::cut);
    EXPECT_EQ(server.attempts().at(0).bytes(), "Subject: x");
    EXPECT_TRUE(server.messages().empty());
}

}  // namespace
}  // namespace smtp_sim
