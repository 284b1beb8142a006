// SPDX-License-Identifier: MIT
#include "daemon/base/mail/mail_accounts.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "tests/smtp_sim/server.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace paysync::mail {
namespace {

using namespace std::chrono_literals;

class NoCommit final : public CommitPoint {
public:
    Task<void> commit_send() override { co_return; }
};

class MailAccountLimits : public testing::Test {
protected:
    SmtpAccount account(const std::string& name, const smtp_sim::Server& server) const {
        SmtpAccount account;
        account.name = name;
        account.host = "127.0.0.1";
        account.port = server.port();
        account.tls = SmtpAccount::Tls::none;
        account.ehlo_name = "client.test";
        account.max_connections = 2;
        return account;
    }
    MailAccounts make(std::vector<SmtpAccount> accounts) {
        MailAccounts::Options options;
        options.default_account = accounts.front().name;
        options.accounts = std::move(accounts);
        options.on_change = [this](const std::string& name, const std::string& reason) {
            changes_.push_back(name + ": " + reason);
        };
        return MailAccounts(loop_, clock_, std::move(options));
    }
    SendResult send(MailAccounts& accounts, const std::string& name = "",
                    const std::string& to = "b@example.com") {
        auto admission = admit(accounts, name, to);
        if (!admission.permit)
            throw std::runtime_error(admission.reason);
        OutgoingMessage message("a@example.com", to, "Subject: x\r\n\r\nhello\r\n");
        return run_task(loop_, accounts.send(std::move(admission.permit), std::move(message),
                                             commit_point_, {}));
    }
    static std::string paused(const MailAccounts& accounts) {
        std::string names;
        for (const auto& account : accounts.accounts())
            names += account.paused ? account.name + " " : "";
        return names;
    }
    /// Turns the clock for those who wait.
    Admission admit(MailAccounts& accounts, const std::string& name = "",
                    const std::string& to = "b@example.com") {
        return run_task(loop_, clock_, accounts.admit(name, to, {}));
    }
    void rule(smtp_sim::Server& server, smtp_sim::Stage stage, int code, const std::string& text) {
        smtp_sim::Rule rule;
        rule.stage = stage;
        rule.times = 1;
        rule.reply = smtp_sim::Reply{code, text};
        server.add_rule(rule);
    }

    smtp_sim::Server first_;
    smtp_sim::Server second_;
    Loop loop_;
    FakeClock clock_{loop_};
    NoCommit commit_point_;
    std::vector<std::string> changes_;
};

TEST_F(MailAccountLimits, PausesOnlyTheAccountThatIsDown) {
    auto accounts = make({account("one", first_), account("two", second_)});
    rule(first_, smtp_sim::Stage::connect, 554, "5.7.1 not you");
    const auto result = send(accounts);
    EXPECT_STREQ(to_string(result.rule->outcome), "account_down");
    EXPECT_EQ(result.wait, 5s);
    EXPECT_EQ(paused(accounts), "one ");
    EXPECT_STREQ(to_string(send(accounts, "two").rule->outcome), "accepted");
    const auto refused = admit(accounts, "one");
    EXPECT_FALSE(refused.permit);
    EXPECT_EQ(first_.counters().connections, 1U) << "nobody connects meanwhile";
    EXPECT_TRUE(refused.paused);
    EXPECT_NE(refused.reason.find("not you"), std::string::npos) << refused.reason;

    clock_.advance(5s);
    EXPECT_EQ(paused(accounts), "");
    EXPECT_STREQ(to_string(send(accounts).rule->outcome), "accepted");
    ASSERT_EQ(changes_.size(), 2U) << "said once";
    EXPECT_EQ(changes_[0], "one: 554 5.7.1 not you");
    EXPECT_EQ(changes_[1], "one: ");
}

TEST_F(MailAccountLimits, SlowsDownAThrottledAccount) {
    auto accounts = make({account("one", first_)});
    rule(first_, smtp_sim::Stage::rcpt, 450, "4.2.1 too fast");
    auto result = send(accounts, "", "b@fast.test");
    EXPECT_STREQ(to_string(result.rule->outcome), "throttled");
    EXPECT_EQ(result.wait, 30s);
    EXPECT_EQ(paused(accounts), "") << "the domain only";
    EXPECT_FALSE(admit(accounts, "", "c@FAST.test").permit);
    EXPECT_STREQ(to_string(send(accounts, "", "b@other.test").rule->outcome), "accepted");
}

TEST_F(MailAccountLimits, ARefusalOfUsConcernsThoseWhoGotIt) {
    auto accounts = make({account("one", first_)});
    const auto refuse = [&](const char* to) {
        rule(first_, smtp_sim::Stage::rcpt, 554, "5.7.1 Relay access denied");
        return send(accounts, "", to);
    };
    const auto works = [&](const char* to) {
        return send(accounts, "", to).rule->outcome == Outcome::accepted;
    };
    for (int i = 0; i < 3; ++i) {
        EXPECT_STREQ(to_string(refuse("a@odd.test").rule->outcome), "deferred") << "one recipient";
        EXPECT_TRUE(works("a@fine.test"));
    }
    EXPECT_EQ(refuse("a@odd.test").rule->pace, PaceEffect::none);
    EXPECT_EQ(refuse("b@odd.test").rule->pace, PaceEffect::pause_domain) << "two of a domain";
    EXPECT_EQ(paused(accounts), "");
    EXPECT_FALSE(admit(accounts, "", "c@odd.test").permit);
    EXPECT_TRUE(works("a@fine.test"));

    EXPECT_EQ(refuse("a@fine.test").rule->pace, PaceEffect::none);
    auto result = refuse("a@other.test");
    EXPECT_EQ(result.rule->pace, PaceEffect::stop_account) << "two domains, and nothing accepted";
    EXPECT_EQ(paused(accounts), "one ");
    clock_.advance(result.wait);
    EXPECT_EQ(refuse("a@other.test").rule->pace, PaceEffect::none) << "nothing new";
    EXPECT_EQ(paused(accounts), "");
    result = refuse("b@other.test");
    EXPECT_EQ(result.rule->pace, PaceEffect::stop_account) << "another recipient";
    clock_.advance(result.wait);
    EXPECT_TRUE(works("b@fine.test"));
    EXPECT_EQ(refuse("b@fine.test").rule->pace, PaceEffect::none) << "the doubt is over";
}

TEST_F(MailAccountLimits, DeadAddressesDoNotStopTheAccount) {
    auto accounts = make({account("one", first_)});
    smtp_sim::Rule no;
    no.stage = smtp_sim::Stage::rcpt;
    no.reply = smtp_sim::Reply{550, "5.1.1 no such user"};
    no.times = 30;
    first_.add_rule(no);
    for (int i = 0; i < 30; ++i)
        EXPECT_STREQ(to_string(send(accounts).rule->outcome), "refused");
    EXPECT_EQ(paused(accounts), "");
    // Without a status it may be the address. When nearly everybody is refused, it is not.
    no.reply = smtp_sim::Reply{550, "no"};
    no.times = 120;
    first_.add_rule(no);
    int sent = 0;
    while (paused(accounts).empty() && sent < 120) {
        send(accounts);
        ++sent;
    }
    EXPECT_EQ(sent, 100);
}

TEST_F(MailAccountLimits, AnAccountThatIsRefusedMostlyIsStopped) {
    auto accounts = make({account("one", first_), account("two", second_)});
    smtp_sim::Rule no;
    no.stage = smtp_sim::Stage::rcpt;
    no.reply = smtp_sim::Reply{550, "5.7.1 no"};
    first_.add_rule(no);
    int sent = 0;
    while (accounts.accounts().front().refusals.empty() && sent < 100) {
        EXPECT_STREQ(to_string(send(accounts, "one").rule->outcome), "refused");
        ++sent;
    }
    EXPECT_EQ(sent, 20);
    EXPECT_EQ(paused(accounts), "one ");
    EXPECT_NE(accounts.accounts().front().refusals.find("20 of the last 20"), std::string::npos)
        << accounts.accounts().front().refusals;
    EXPECT_FALSE(admit(accounts, "one").permit);
    clock_.advance(24h);
    EXPECT_FALSE(admit(accounts, "one").permit) << "until somebody has looked";
    EXPECT_TRUE(admit(accounts, "two").permit);
    accounts.clear_refusals("one");
    EXPECT_TRUE(admit(accounts, "one").permit);
}

TEST_F(MailAccountLimits, KeepsTheRatesOfAccountAndDomain) {
    auto settings = account("one", first_);
    settings.per_second = 10;
    settings.domains["slow.test"] = Limits{0.1, 1};
    auto accounts = make({settings});
    const auto begin = clock_.now();
    for (int i = 0; i < 21; ++i)
        EXPECT_TRUE(admit(accounts).permit) << i;
    EXPECT_GE(clock_.now() - begin, 1900ms);
    EXPECT_LE(clock_.now() - begin, 2100ms);

    EXPECT_TRUE(admit(accounts, "", "a@slow.test").permit);
    auto waiting = admit(accounts, "", "b@slow.test");
    EXPECT_FALSE(waiting.permit) << "nobody waits that long in the sender";
    EXPECT_FALSE(waiting.paused);
    EXPECT_GT(waiting.wait, 8s);
    const auto next = admit(accounts, "", "c@slow.test");
    EXPECT_GE(next.wait, waiting.wait + 9s) << "each comes back at its own time";
    EXPECT_TRUE(admit(accounts).permit) << "others are not held up";
}

TEST_F(MailAccountLimits, LimitsConcurrentMessagesToADomain) {
    auto settings = account("one", first_);
    settings.domain.connections = 1;
    auto accounts = make({settings});
    auto held = admit(accounts, "", "a@one.test");
    ASSERT_TRUE(held.permit);
    EXPECT_FALSE(admit(accounts, "", "b@one.test").permit);
    EXPECT_TRUE(admit(accounts, "", "b@two.test").permit);

    // Who waits goes on when the other one ends.
    bool gone = false;
    loop_.spawn(
        [](MailAccounts& of, bool& done) -> Task<void> {
            const std::stop_token never;
            const auto admission = co_await of.admit("", "b@one.test", never);
            done = admission.permit != nullptr;
        }(accounts, gone),
        [](std::exception_ptr) {});
    settle(loop_);
    EXPECT_FALSE(gone);
    held.permit.reset();
    settle(loop_);
    EXPECT_TRUE(gone);
}

TEST_F(MailAccountLimits, StopsWaitingWhenTheDaemonStops) {
    auto settings = account("one", first_);
    settings.domain.connections = 1;
    auto accounts = make({settings});
    auto held = admit(accounts);
    std::stop_source stop;
    std::exception_ptr error;
    bool ended = false;
    loop_.spawn(discard(accounts.admit("", "c@example.com", stop.get_token())),
                [&](std::exception_ptr problem) {
                    error = problem;
                    ended = true;
                });
    settle(loop_);
    EXPECT_FALSE(ended);
    stop.request_stop();
    settle(loop_);
    ASSERT_TRUE(ended);
    EXPECT_THROW(std::rethrow_exception(error), Cancelled);
}

TEST_F(MailAccountLimits, RefusesUnknownAccounts) {
    auto accounts = make({account("one", first_)});
    const auto answer = admit(accounts, "three");
    EXPECT_FALSE(answer.permit);
    EXPECT_NE(answer.reason.find("three"), std::string::npos);
}

}  // namespace
}  // namespace paysync::mail
