// SPDX-License-Identifier: MIT
#include "daemon/base/mail/smtp_sender.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/sender.hpp"
#include "tests/smtp_sim/server.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace paysync::mail {
namespace {

using namespace std::chrono_literals;

const std::string kMessage = "Subject: x\r\nX-Id: 1\r\n\r\nhello\r\n.dot\r\n";

/// Counts the commit points, and fails them on request.
class TestCommit final : public CommitPoint {
public:
    Task<void> commit_send() override {
        ++calls;
        if (on_commit)
            on_commit();
        if (refuse)
            throw std::runtime_error("refused");
        co_return;
    }
    int calls = 0;
    bool refuse = false;
    std::function<void()> on_commit;
};

class SmtpSending : public testing::Test {
protected:
    SmtpAccount account() const {
        SmtpAccount account;
        account.host = "127.0.0.1";
        account.port = server_.port();
        account.tls = SmtpAccount::Tls::none;
        account.ehlo_name = "client.test";
        account.timeout = 20s;
        return account;
    }
    SendResult send(SmtpSender& sender, const std::string& to = "b@example.com",
                    std::stop_token stop = {}, const std::string& message = kMessage) {
        return run_task(
            loop_, sender.send(OutgoingMessage("a@example.com", to, message), commit_point_, stop));
    }
    void rule(smtp_sim::Stage stage, smtp_sim::Act act, int code = 0,
              const std::string& text = "") {
        smtp_sim::Rule rule;
        rule.stage = stage;
        rule.act = act;
        rule.times = 1;
        if (code != 0)
            rule.reply = smtp_sim::Reply{code, text};
        server_.add_rule(rule);
    }

    smtp_sim::Server server_;
    Loop loop_;
    TestCommit commit_point_;
};

TEST_F(SmtpSending, DeliversTheBytesAndReusesTheConnection) {
    SmtpSender sender(loop_, account());
    for (int i = 0; i < 3; ++i) {
        const auto result = send(sender);
        EXPECT_STREQ(to_string(result.rule->outcome), "accepted") << result.problem;
        EXPECT_EQ(result.end.code, 250);
    }
    const auto messages = server_.messages();
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[0].bytes(), kMessage);
    EXPECT_EQ(messages[2].connection, messages[0].connection);
    EXPECT_EQ(commit_point_.calls, 3);
}

TEST_F(SmtpSending, SendsNoDotIfTheMarkCannotBeStored) {
    SmtpSender sender(loop_, account());
    commit_point_.refuse = true;
    EXPECT_THROW(send(sender), std::runtime_error);
    commit_point_.refuse = false;
    EXPECT_EQ(send(sender).end.code, 250);
    commit_point_.refuse = true;
    EXPECT_THROW(send(sender), std::runtime_error) << "the same on a connection that is used again";
    commit_point_.refuse = false;
    EXPECT_EQ(send(sender).end.code, 250);
    ASSERT_TRUE(server_.wait_for_attempts(4));
    EXPECT_EQ(server_.accepted(), 2U);
}

TEST_F(SmtpSending, SendsNoDotIfStoppedBeforeIt) {
    SmtpSender sender(loop_, account());
    EXPECT_EQ(send(sender).end.code, 250);
    for (const auto stage : {smtp_sim::Stage::mail, smtp_sim::Stage::rcpt, smtp_sim::Stage::data}) {
        rule(stage, smtp_sim::Act::never_answer);
        std::stop_source stop;
        loop_.spawn(
            [](Loop& loop, std::stop_source source) -> Task<void> {
                LoopClock clock(loop);
                co_await clock.sleep(100ms, std::stop_token());
                source.request_stop();
            }(loop_, stop),
            [](std::exception_ptr) {});
        EXPECT_THROW(send(sender, "b@example.com", stop.get_token()), Cancelled);
    }
    // In the middle of the message: the server stops reading until the client's window is full.
    smtp_sim::Rule full;
    full.stage = smtp_sim::Stage::body;
    full.after_bytes = 1000;
    full.act = smtp_sim::Act::stop_reading;
    full.times = 1;
    server_.add_rule(full);
    std::string large = "Subject: x\r\n\r\n";
    for (int i = 0; i < 400000; ++i)
        large += "a line of a large message\r\n";
    std::stop_source stop;
    loop_.spawn(
        [](Loop& loop, std::stop_source source) -> Task<void> {
            LoopClock clock(loop);
            co_await clock.sleep(300ms, std::stop_token());
            source.request_stop();
        }(loop_, stop),
        [](std::exception_ptr) {});
    EXPECT_THROW(send(sender, "b@example.com", stop.get_token(), large), Cancelled);
    EXPECT_EQ(send(sender).end.code, 250);
    EXPECT_EQ(server_.accepted(), 2U);
}

TEST_F(SmtpSending, WaitsForTheReplyAfterTheDot) {
    SmtpSender sender(loop_, account());
    std::stop_source stop;
    commit_point_.on_commit = [&] { stop.request_stop(); };
    EXPECT_STREQ(to_string(send(sender, "b@example.com", stop.get_token()).rule->outcome),
                 "accepted");
}

TEST_F(SmtpSending, TheLoopRunsWhileTheServerDelaysItsReplyToTheDot) {
    SmtpSender sender(loop_, account());
    rule(smtp_sim::Stage::dot, smtp_sim::Act::never_answer);
    // Only the loop itself can end the wait before the time is up.
    loop_.spawn(
        [](Loop& loop, smtp_sim::Server& server) -> Task<void> {
            LoopClock clock(loop);
            co_await clock.sleep(200ms, std::stop_token());
            server.cut_all();
        }(loop_, server_),
        [](std::exception_ptr) {});
    const auto result = send(sender);
    EXPECT_STREQ(to_string(result.rule->outcome), "in_doubt");
    EXPECT_EQ(result.problem.find("time"), std::string::npos) << result.problem;
}

TEST_F(SmtpSending, DistinguishesRefusalsFromDoubt) {
    SmtpSender sender(loop_, account());
    rule(smtp_sim::Stage::rcpt, smtp_sim::Act::reply, 550, "5.1.1 no such mailbox");
    auto result = send(sender);
    EXPECT_STREQ(to_string(result.rule->outcome), "refused");
    EXPECT_STREQ(to_string(result.end.stage), "rcpt");
    EXPECT_EQ(result.reply, "550 5.1.1 no such mailbox");
    EXPECT_EQ(result.end.status, "5.1.1");
    EXPECT_EQ(commit_point_.calls, 0);

    rule(smtp_sim::Stage::dot, smtp_sim::Act::reply, 452, "4.2.2 full");
    result = send(sender);
    EXPECT_STREQ(to_string(result.rule->outcome), "deferred");
    EXPECT_EQ(result.reply, "452 4.2.2 full");

    rule(smtp_sim::Stage::dot, smtp_sim::Act::cut_before_reply);
    EXPECT_STREQ(to_string(send(sender).rule->outcome), "in_doubt");
    rule(smtp_sim::Stage::data, smtp_sim::Act::cut_before_reply);
    EXPECT_STREQ(to_string(send(sender).rule->outcome), "not_sent");
    server_.stop();
    EXPECT_STREQ(to_string(send(sender).rule->outcome), "account_down");
}

TEST_F(SmtpSending, AConnectionThatEndsInsideTheMessageIsNotInDoubt) {
    // By FIN and by RST; noticed before the commit point, or during it.
    for (const bool reset : {false, true}) {
        for (const bool later : {false, true}) {
            SCOPED_TRACE(std::to_string(reset) + std::to_string(later));
            SmtpSender sender(loop_, account());
            smtp_sim::Rule cut;
            cut.stage = smtp_sim::Stage::body;
            cut.act = later ? smtp_sim::Act::never_answer : smtp_sim::Act::cut_before_reply;
            cut.after_bytes = 20;
            cut.reset = reset;
            cut.times = 1;
            server_.add_rule(cut);
            const int committed = commit_point_.calls;
            commit_point_.on_commit = [&] {
                server_.cut_all();
                std::this_thread::sleep_for(200ms);
            };
            for (int i = 0; i < (later ? 1 : 20); ++i) {
                if (!later && i > 0)
                    server_.add_rule(cut);
                const auto result = send(sender);
                EXPECT_STREQ(to_string(result.rule->outcome), "not_sent") << result.problem;
                EXPECT_STREQ(to_string(result.end.stage), "body");
            }
            commit_point_.on_commit = nullptr;
            if (later) {
                EXPECT_EQ(commit_point_.calls, committed + 1);
            }
            EXPECT_EQ(send(sender).end.code, 250) << "it is sent again over a new connection";
        }
    }
    EXPECT_EQ(server_.accepted(), 4U);
}

TEST_F(SmtpSending, RetriesOnANewConnectionIfAnIdleOneHasEnded) {
    SmtpSender sender(loop_, account());
    EXPECT_EQ(send(sender).end.code, 250);
    // An idle connection ends with 421, or with a plain close.
    for (const auto act : {smtp_sim::Act::reply, smtp_sim::Act::cut_before_reply}) {
        rule(smtp_sim::Stage::mail, act, 421, "4.4.2 idle for too long");
        const auto result = send(sender);
        EXPECT_STREQ(to_string(result.rule->outcome), "accepted") << result.problem;
    }
    EXPECT_EQ(server_.accepted(), 3U);
    EXPECT_EQ(commit_point_.calls, 3);
    // A 421 on a new connection is a different case.
    SmtpSender other(loop_, account());
    rule(smtp_sim::Stage::mail, smtp_sim::Act::reply, 421, "4.7.0 too many of you");
    EXPECT_STREQ(to_string(send(other).rule->outcome), "throttled");
}

TEST_F(SmtpSending, OpensANewConnectionAfterAGivenNumberOfMessages) {
    auto settings = account();
    settings.max_messages = 2;
    SmtpSender sender(loop_, settings);
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(send(sender).end.code, 250);
    const auto messages = server_.messages();
    ASSERT_EQ(messages.size(), 4U);
    EXPECT_EQ(messages[0].connection, messages[1].connection);
    EXPECT_NE(messages[1].connection, messages[2].connection);
    EXPECT_EQ(messages[2].connection, messages[3].connection);
}

TEST_F(SmtpSending, EachStageHasATimeoutAndQuitIsNotWaitedFor) {
    auto settings = account();
    settings.timeout = 1s;
    settings.dot_timeout = 1s;
    using smtp_sim::Stage;
    const std::pair<Stage, const char*> cases[] = {
        {Stage::connect, "account_down"}, {Stage::ehlo, "account_down"}, {Stage::mail, "not_sent"},
        {Stage::rcpt, "not_sent"},        {Stage::data, "not_sent"},     {Stage::dot, "in_doubt"}};
    for (const auto& [stage, expected] : cases) {
        SmtpSender sender(loop_, settings);
        rule(stage, smtp_sim::Act::never_answer);
        const auto result = send(sender);
        EXPECT_STREQ(to_string(result.rule->outcome), expected) << result.problem;
    }
    SmtpSender sender(loop_, settings);
    rule(Stage::quit, smtp_sim::Act::never_answer);
    rule(Stage::rcpt, smtp_sim::Act::reply, 550, "5.7.1 no");
    EXPECT_STREQ(to_string(send(sender).rule->outcome), "refused");
}

TEST_F(SmtpSending, ALateReplyIsNotTakenForAnotherMessage) {
    auto settings = account();
    settings.dot_timeout = 1s;
    SmtpSender sender(loop_, settings);
    smtp_sim::Rule late;
    late.stage = smtp_sim::Stage::dot;
    late.delay = 3s;
    late.times = 1;
    late.reply = smtp_sim::Reply{550, "5.7.1 no, after all"};
    server_.add_rule(late);
    EXPECT_STREQ(to_string(send(sender).rule->outcome), "in_doubt");
    EXPECT_STREQ(to_string(send(sender).rule->outcome), "accepted");
    EXPECT_EQ(server_.accepted(), 1U);
}

TEST_F(SmtpSending, SendsNonAsciiAddressesOnlyIfTheServerSupportsThem) {
    const std::string name = "jos\u00e9@b\u00fccher.test";
    SmtpSender sender(loop_, account());
    EXPECT_STREQ(to_string(send(sender, name).rule->outcome), "accepted");
    ASSERT_EQ(server_.messages().size(), 1U);
    EXPECT_EQ(server_.messages()[0].recipients.at(0), "jos\u00e9@xn--bcher-kva.test");

    smtp_sim::Options plain;
    plain.smtputf8 = false;
    plain.size = 1000;
    smtp_sim::Server old(plain);
    auto settings = account();
    settings.port = old.port();
    SmtpSender to_old(loop_, settings);
    // On a new connection and on an existing one.
    for (int i = 0; i < 2; ++i) {
        auto result = send(to_old, name);
        EXPECT_STREQ(to_string(result.rule->outcome), "refused");
        EXPECT_NE(result.problem.find("SMTPUTF8"), std::string::npos) << result.problem;
        EXPECT_EQ(result.rule->pace, PaceEffect::account_works);
        result = send(to_old, "b@example.com", {}, kMessage + std::string(1000, 'x') + "\r\n");
        EXPECT_STREQ(to_string(result.rule->outcome), "refused");
        EXPECT_NE(result.problem.find("at most 1000"), std::string::npos) << result.problem;
        EXPECT_STREQ(to_string(send(to_old).rule->outcome), "accepted");
    }
    EXPECT_EQ(old.attempts().size(), 2U) << "the others never began";
}

TEST_F(SmtpSending, ReadsMalformedRepliesAndStoresAtMostAFewHundredBytes) {
    using smtp_sim::Stage;
    std::string many;
    for (int i = 0; i < 10000; ++i)
        many += "550-5.7.1 line\r\n";
    const std::pair<std::string, const char*> cases[] = {
        {many + "550 5.7.1 end\r\n", "refused"},
        {"550 " + std::string(1 << 20, 'x') + "\r\n", "not_sent"},  // libcurl hangs up
        {"250\r\n", "accepted"},
        {"550 \x01\xff\x80 binary\r\n", "refused"},
        {"999 what is this\r\n", "deferred"},
        {"100 neither is this\r\n", "deferred"},
    };
    for (const auto& [raw, expected] : cases) {
        SmtpSender sender(loop_, account());
        smtp_sim::Rule strange;
        strange.stage = Stage::rcpt;
        strange.times = 1;
        strange.reply = smtp_sim::Reply{250, "", raw};
        server_.add_rule(strange);
        const auto result = send(sender);
        EXPECT_STREQ(to_string(result.rule->outcome), expected)
            << raw.substr(0, 40) << result.problem;
        EXPECT_LE(result.reply.size(), 500U);
    }
    SmtpSender sender(loop_, account());
    rule(Stage::dot, smtp_sim::Act::cut_after_reply, 999, "what is this");
    EXPECT_STREQ(to_string(send(sender).rule->outcome), "in_doubt");
}

TEST_F(SmtpSending, RefusesAddressesThatWouldInjectCommands) {
    SmtpSender sender(loop_, account());
    EXPECT_THROW(send(sender, "b@x>\r\nRCPT TO:<evil@x.test"), BadAddress);
    EXPECT_TRUE(server_.attempts().empty());
}

}  // namespace
}  // namespace paysync::mail
