// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/control.hpp"
#include "tests/smtp_sim/json.hpp"
#include "tests/smtp_sim/raw_client.hpp"
#include "tests/smtp_sim/server.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <string>
#include <thread>
#include <vector>

namespace smtp_sim {
namespace {

using nlohmann::json;

const std::string kMessage = "X-Paysync-Request: 5\r\n\r\nHello\r\n.";

/// Sends the lines and returns the code of each reply; "" if the connection ended.
std::vector<std::string> talk(RawClient& client, const std::vector<std::string>& lines) {
    std::vector<std::string> codes;
    for (const std::string& line : lines) {
        codes.push_back(client.ask(line).substr(0, 3));
    }
    return codes;
}

const std::vector<std::string> kMail{"EHLO x", "MAIL FROM:<a@example.com>",
                                     "RCPT TO:<b@example.com>", "DATA"};

/// A connection that waits for the reply to the final dot.
RawClient after_dot(const Server& server) {
    RawClient client(server.port());
    client.reply();
    EXPECT_EQ(talk(client, kMail), (std::vector<std::string>{"250", "250", "250", "354"}));
    client.send(kMessage + "\r\n");
    return client;
}

struct Refusal {
    Stage stage;
    int code;
    /// The number of commands that get their usual replies before.
    std::size_t good;
};

class SmtpSimRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(SmtpSimRefusal, HappensOnceAtItsStage) {
    const Refusal refusal = GetParam();
    Server server;
    const auto rule = server.add_rule(
        {.stage = refusal.stage, .times = 1, .reply = Reply{refusal.code, "4.0.0 Not now"}});
    std::vector<std::string> lines = kMail;
    lines.push_back(kMessage);
    {
        RawClient client(server.port());
        std::vector<std::string> codes{client.reply().substr(0, 3)};
        for (const std::string& line : lines) {
            if (codes.back() >= "400") {
                break;
            }
            codes.push_back(client.ask(line).substr(0, 3));
        }
        ASSERT_EQ(codes.size(), refusal.good + 1);
        EXPECT_EQ(codes.back(), std::to_string(refusal.code));
        if (refusal.code == 421) {
            EXPECT_EQ(client.rest(), "");
        }
    }
    EXPECT_EQ(server.acted(rule), 1U);
    EXPECT_TRUE(server.messages().empty());
    const bool recorded = refusal.stage > Stage::auth;
    ASSERT_EQ(server.attempts().size(), recorded ? 1U : 0U);
    if (recorded) {
        EXPECT_EQ(server.attempts()[0].outcome, Outcome::refused);
        EXPECT_EQ(server.attempts()[0].code, refusal.code);
    }
    EXPECT_EQ(after_dot(server).reply().substr(0, 3), "250");
    EXPECT_EQ(server.messages().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Stages, SmtpSimRefusal,
                         testing::Values(Refusal{Stage::connect, 421, 0},
                                         Refusal{Stage::connect, 554, 0},
                                         Refusal{Stage::ehlo, 421, 1}, Refusal{Stage::ehlo, 502, 1},
                                         Refusal{Stage::mail, 451, 2}, Refusal{Stage::mail, 421, 2},
                                         Refusal{Stage::mail, 550, 2}, Refusal{Stage::rcpt, 450, 3},
                                         Refusal{Stage::rcpt, 550, 3}, Refusal{Stage::rcpt, 571, 3},
                                         Refusal{Stage::data, 451, 4}, Refusal{Stage::data, 554, 4},
                                         Refusal{Stage::dot, 421, 5}, Refusal{Stage::dot, 451, 5},
                                         Refusal{Stage::dot, 454, 5}, Refusal{Stage::dot, 552, 5}));

TEST(SmtpSimRules, AMessageIsRecordedBeforeACutThatFollowsItsAcceptance) {
    Server server;
    server.add_rule({.stage = Stage::accepted, .act = Act::cut_before_reply});
    RawClient client = after_dot(server);
    EXPECT_EQ(client.rest(), "");
    EXPECT_FALSE(client.was_reset());
    const Accepted accepted = server.accepted_with_header("X-Paysync-Request", "5");
    ASSERT_EQ(accepted.count, 1U);
    EXPECT_EQ(accepted.messages[0].code, 354);
    EXPECT_EQ(server.attempts().size(), 1U);
}

TEST(SmtpSimRules, ACutAfterTheDotBeforeRecordingAcceptsNothing) {
    Server server;
    server.add_rule({.stage = Stage::dot, .act = Act::cut_before_reply, .reset = true});
    RawClient client = after_dot(server);
    EXPECT_EQ(client.rest(), "");
    EXPECT_TRUE(client.was_reset());
    EXPECT_TRUE(server.messages().empty());
    EXPECT_EQ(server.attempts().at(0).outcome, Outcome::cut);
    EXPECT_EQ(server.attempts().at(0).bytes(), "X-Paysync-Request: 5\r\n\r\nHello\r\n");
}

TEST(SmtpSimRules, ACutAfterTheReplySendsTheReply) {
    Server server;
    server.add_rule({.stage = Stage::dot, .times = 1, .act = Act::cut_after_reply});
    server.add_rule(
        {.stage = Stage::dot, .act = Act::cut_after_reply, .reply = Reply{451, "Later"}});
    EXPECT_EQ(after_dot(server).rest(), "250 2.0.0 Ok: queued as 1-1\r\n");
    EXPECT_EQ(after_dot(server).rest(), "451 Later\r\n");
    EXPECT_EQ(server.messages().size(), 1U);
    EXPECT_EQ(server.attempts().at(1).outcome, Outcome::refused);
}

TEST(SmtpSimRules, AHalfCloseEndsOnlyOurDirection) {
    Server server;
    server.add_rule({.stage = Stage::dot, .times = 1, .act = Act::half_close});
    server.add_rule({.stage = Stage::accepted, .act = Act::half_close, .reply = Reply{250, "Ok"}});
    RawClient client = after_dot(server);
    EXPECT_EQ(client.rest(), "");
    EXPECT_TRUE(client.send("QUIT\r\n"));
    EXPECT_EQ(server.counters().open, 1U);
    EXPECT_EQ(server.attempts().at(0).outcome, Outcome::cut);
    EXPECT_EQ(after_dot(server).rest(), "250 Ok\r\n");
    EXPECT_EQ(server.messages().size(), 1U);
}

TEST(SmtpSimRules, NeverAnswerKeepsTheConnection) {
    Server server;
    server.add_rule({.stage = Stage::accepted, .act = Act::never_answer});
    RawClient client = after_dot(server);
    ASSERT_TRUE(server.wait_for_messages(1));
    EXPECT_TRUE(client.send("NOOP\r\n"));
    client.finish();
    EXPECT_EQ(client.rest(), "");
}

TEST(SmtpSimRules, CutsInsideTheMessageAfterExactlyTheGivenBytes) {
    Server server;
    server.add_rule({.stage = Stage::body, .after_bytes = 10, .act = Act::cut_before_reply});
    RawClient client = after_dot(server);
    EXPECT_EQ(client.rest(), "");
    const Transaction attempt = server.attempts().at(0);
    EXPECT_EQ(attempt.outcome, Outcome::cut);
    EXPECT_EQ(attempt.bytes(), kMessage.substr(0, 10));
}

TEST(SmtpSimRules, AReplyInsideTheMessageIsSentUnasked) {
    Server server;
    server.add_rule({.stage = Stage::body, .after_bytes = 3, .reply = Reply{421, "Going down"}});
    EXPECT_EQ(after_dot(server).rest(), "421 Going down\r\n");
    EXPECT_EQ(server.attempts().at(0).outcome, Outcome::refused);
}

TEST(SmtpSimRules, StopReadingFillsTheSocketBuffers) {
    Server server;
    server.add_rule({.stage = Stage::body, .after_bytes = 100, .act = Act::stop_reading});
    RawClient client(server.port());
    client.reply();
    talk(client, kMail);
    ASSERT_TRUE(client.send(std::string(100, 'x')));
    ASSERT_TRUE(server.wait_for_attempts(1));
    EXPECT_EQ(server.attempts()[0].outcome, Outcome::unanswered);
    EXPECT_EQ(server.attempts()[0].size, 100U);
    std::thread stopper([&] { server.stop(); });
    // More than any socket buffer can hold.
    EXPECT_FALSE(client.send(std::string(64U << 20U, 'x')));
    stopper.join();
}

TEST(SmtpSimRules, RepliesMayHaveAnyBytes) {
    Server server;
    std::string lines;
    for (int i = 0; i < 10000; ++i) {
        lines += "250-line\r\n";
    }
    const std::vector<std::string> raws{lines + "250 end\r\n", std::string(1U << 20U, 'x') + "\r\n",
                                        std::string("250 \0\xff\r\n", 8), "250\r\n", "999 ?\r\n"};
    RawClient client(server.port());
    client.reply();
    for (const std::string& raw : raws) {
        server.add_rule({.stage = Stage::ehlo, .times = 1, .reply = Reply{.raw = raw}});
        client.send("EHLO x\r\n");
        EXPECT_EQ(client.read(raw.size()), raw);
    }
    EXPECT_EQ(client.ask("EHLO x").substr(0, 3), "250");
}

TEST(SmtpSimRules, MatchRecipientsTextsAndCounts) {
    Server server;
    server.add_rule(
        {.stage = Stage::rcpt, .recipient = "b@example.com", .reply = Reply{550, "exact"}});
    server.add_rule(
        {.stage = Stage::rcpt, .recipient_contains = "@slow.", .reply = Reply{450, "part"}});
    server.add_rule({.stage = Stage::rcpt,
                     .recipient = "d@example.com",
                     .skip = 1,
                     .times = 2,
                     .every = 2,
                     .reply = Reply{451, "counted"}});
    server.add_rule({.stage = Stage::dot,
                     .recipient = "c@example.com",
                     .text_contains = "Request: 5\r",
                     .reply = Reply{552, "text"}});
    RawClient client(server.port());
    client.reply();
    EXPECT_EQ(talk(client, {"EHLO x", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>",
                            "RCPT TO:<bb@example.com>", "RCPT TO:<x@slow.test>"}),
              (std::vector<std::string>{"250", "250", "550", "250", "450"}));
    const std::vector<std::string> same(8, "RCPT TO:<d@example.com>");
    EXPECT_EQ(talk(client, same),
              (std::vector<std::string>{"250", "250", "451", "250", "451", "250", "250", "250"}));
    EXPECT_EQ(talk(client, {"RCPT TO:<c@example.com>", "DATA", kMessage, "NOOP"}),
              (std::vector<std::string>{"250", "354", "552", "250"}));
    EXPECT_EQ(server.attempts().size(), 1U);
    server.clear_rules();
    EXPECT_EQ(after_dot(server).reply().substr(0, 3), "250");
}

TEST(SmtpSimControl, SetsRulesAndReadsMessagesOverHttp) {
    Server server;
    const Control control(server, "127.0.0.1", 0);
    httplib::Client http("127.0.0.1", control.port());
    const json rules = json::array(
        {{{"stage", "rcpt"},
          {"recipient", "no@example.com"},
          {"reply", {{"code", 550}, {"text", "5.1.1 Nobody"}}}},
         {{"stage", "accepted"}, {"times", 1}, {"act", "cut_before_reply"}, {"delay_ms", 1}}});
    const auto posted = http.Post("/rules", rules.dump(), "application/json");
    ASSERT_TRUE(posted);
    EXPECT_EQ(posted->status, 200);
    EXPECT_EQ(json::parse(posted->body)["ids"], json::array({1, 2}));
    EXPECT_EQ(after_dot(server).rest(), "");
    const json listed = json::parse(http.Get("/rules")->body)["rules"];
    EXPECT_EQ(listed[0]["acted"], 0);
    EXPECT_EQ(listed[1]["acted"], 1);

    json asked = json::parse(http.Get("/messages?header=X-Paysync-Request&value=5")->body);
    EXPECT_EQ(asked["count"], 1);
    EXPECT_EQ(asked["identical"], true);
    EXPECT_EQ(asked["messages"][0]["data"], "X-Paysync-Request: 5\r\n\r\nHello\r\n");
    asked = json::parse(http.Get("/attempts?data=no")->body);
    EXPECT_EQ(asked["attempts"][0]["outcome"], "accepted");
    EXPECT_FALSE(asked["attempts"][0].contains("data"));
    EXPECT_EQ(json::parse(http.Get("/counters")->body)["accepted"], 1);

    RawClient open(server.port());
    open.reply();
    EXPECT_EQ(http.Delete("/connections")->status, 200);
    EXPECT_EQ(open.rest(), "");
    EXPECT_EQ(http.Delete("/rules")->status, 200);
    EXPECT_TRUE(server.rules().empty());
    EXPECT_EQ(http.Delete("/messages")->status, 200);
    EXPECT_EQ(json::parse(http.Get("/messages")->body)["count"], 0);
}

TEST(SmtpSimControl, ReadsEveryKeyOfARuleAndShowsItAgain) {
    const json rule = json::parse(R"({"stage":"body","recipient":"b@example.com",
        "recipient_contains":"@","sender":"a@example.com","user":"mailer","text_contains":"",
        "after_bytes":1,"skip":2,"times":3,"every":4,
        "delay_ms":5,"act":"cut_after_reply","reset":true,
        "reply":{"code":451,"text":"x","raw":"y"}})");
    EXPECT_EQ(to_json(rule_from_json(rule)), rule);
    const json bytes{{"stage", "dot"}, {"reply", {{"raw_base64", "/w0K"}}}};
    EXPECT_EQ(rule_from_json(bytes).reply->bytes(), "\xff\r\n");
    EXPECT_EQ(to_json(rule_from_json(bytes))["reply"]["raw_base64"], "/w0K");
}

TEST(SmtpSimControl, RefusesBadRulesAsAWhole) {
    Server server;
    const Control control(server, "127.0.0.1", 0);
    httplib::Client http("127.0.0.1", control.port());
    for (const char* const bad :
         {"", "7", "{}", R"({"stage":"now"})", R"({"stage":"dot","often":1})",
          R"({"stage":"dot","times":-1})", R"({"stage":"dot","every":0})",
          R"({"stage":"dot","reply":{"code":1000}})", R"({"stage":"dot","act":"explode"})",
          R"([{"stage":"dot"},{"stage":"dot","reply":{"raw_base64":"*"}}])"}) {
        const auto answer = http.Post("/rules", bad, "application/json");
        ASSERT_TRUE(answer) << bad;
        EXPECT_EQ(answer->status, 400) << bad;
        EXPECT_TRUE(json::parse(answer->body).contains("error"));
    }
    EXPECT_TRUE(server.rules().empty());
}

TEST(SmtpSimControl, NamesMistakesInARule) {
    Server server;
    const Control control(server, "127.0.0.1", 0);
    httplib::Client http("127.0.0.1", control.port());
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"({"stage":"mail","recipient":"b@example.com"})", "'recipient' cannot be used"},
        {R"({"stage":"quit","recipient_contains":"b"})", "'recipient_contains' cannot be used"},
        {R"({"stage":"connect","text_contains":"x"})", "'text_contains' cannot be used"},
        {R"({"stage":"dot","after_bytes":1})", "'after_bytes' cannot be used"},
        {R"({"stage":"dot","every":0})", "'every' must be at least 1"},
        {R"({"stage":"dot","delay_ms":86400001})", "'delay_ms' must be at most a day"},
        {R"({"stage":"dot","reset":1})", "'reset' must be true or false"},
        {R"({"stage":"dot","reply":{"cdoe":1}})", "unknown key 'reply.cdoe'"},
        {R"({"stage":"dots"})", "unknown stage 'dots'"}};
    for (const auto& [rule, words] : cases) {
        const auto answer = http.Post("/rules", rule, "application/json");
        EXPECT_EQ(answer->status, 400) << rule;
        EXPECT_NE(answer->body.find(words), std::string::npos) << answer->body;
    }
    const auto nothing = http.Get("/message");
    EXPECT_EQ(nothing->status, 404);
    EXPECT_EQ(json::parse(nothing->body)["error"], "no call GET /message");
}

TEST(SmtpSimControl, ShowsBytesThatAreNotUtf8) {
    Server server({.undeclared_8bit = true, .undeclared_utf8_headers = true});
    RawClient client(server.port());
    client.reply();
    talk(client, kMail);
    EXPECT_EQ(client.ask("\xff\r\n.").substr(0, 3), "250");
    const json shown = to_json(server.messages().at(0), true);
    EXPECT_EQ(shown["data_base64"], "/w0K");
    EXPECT_NO_THROW(static_cast<void>(shown.dump()));
}

}  // namespace
}  // namespace smtp_sim
