// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/test_ca.hpp"
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

namespace paysync::test {
namespace {

using smtp_sim::Act;
using smtp_sim::Stage;

/// A mail server with TLS and a login, and certificates of a test CA.
class MailSecurity : public testing::Test {
protected:
    MailSecurity() {
        auto& options = world_.smtp_options();
        options.tls = smtp_sim::Tls::starttls;
        options.user = "paysync";
        options.password = "correct";
        use(ca_.issue("good"));
        world_.stop_smtp();
        const auto secret = world_.folder() / "password";
        std::ofstream(secret) << "correct\n";
        std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
        world_.configure_smtp("tls: starttls\n  timeout: 3s\n  ca_file: " + ca_.ca_file().string() +
                              "\n  user: paysync\n  password: { file: " + secret.string() + " }");
    }
    void use(const smtp_sim::CertificateFiles& files) {
        world_.smtp_options().certificate = files.certificate;
        world_.smtp_options().key = files.key;
    }

    Scenario world_;
    smtp_sim::TestCa ca_{world_.folder() / "ca"};
};

TEST_F(MailSecurity, ATlsFailurePausesTheAccountAndNothingIsSentUnencrypted) {
    using Change = std::function<void(smtp_sim::Options&)>;
    const std::pair<const char*, Change> cases[] = {
        {"STARTTLS is not offered", [](auto& options) { options.tls = smtp_sim::Tls::none; }},
        {"STARTTLS is stripped", [](auto& options) { options.advertise_starttls = false; }},
        {"the certificate has another name",
         [this](auto&) {
             smtp_sim::CertificateRequest request;
             request.names = {"other.example.com"};
             request.addresses.clear();
             use(ca_.issue("other", request));
         }},
        {"the certificate is expired",
         [this](auto&) {
             smtp_sim::CertificateRequest request;
             request.valid_from = -std::chrono::hours(48);
             request.valid_until = -std::chrono::hours(1);
             use(ca_.issue("expired", request));
         }},
        {"the authority is unknown",
         [this](auto&) { use(smtp_sim::TestCa(world_.folder() / "stranger").issue("stranger")); }},
        {"another password", [](auto& options) { options.password = "changed"; }},
        {"no login is offered", [](auto& options) { options.user.clear(); }},
    };
    world_.start_smtp();
    world_.start();
    world_.connect_company("bakery");
    const auto good = world_.smtp_options();
    int number = 0;
    for (const auto& [name, change] : cases) {
        SCOPED_TRACE(name);
        world_.stop_smtp();
        change(world_.smtp_options());
        world_.start_smtp();
        const auto request =
            world_.request("bakery", "client" + std::to_string(++number) + "@example.com");
        world_.wait_for(of_request(request, "t.finished_at IS NOT NULL"));
        EXPECT_EQ(world_.sql(of_request(request, "t.outcome")), "account_down");
        EXPECT_EQ(world_.sql(of_request(request, "d.put_off")), "0") << "the mail is not to blame";
        EXPECT_TRUE(world_.smtp().attempts().empty()) << "no MAIL, in the clear or otherwise";
        world_.stop_smtp();
        world_.smtp_options() = good;
        world_.start_smtp();
        world_.wait_for(of_request(request, "d.state = 'sent'"));
        const auto messages = world_.smtp().messages();
        ASSERT_EQ(messages.size(), 1U);
        EXPECT_TRUE(messages[0].tls);
        EXPECT_EQ(messages[0].user, "paysync");
    }
    EXPECT_EQ(world_.log().find("correct"), std::string::npos) << "the password is in no log";
}

TEST_F(MailSecurity, LogsInWithTheConfiguredMechanism) {
    const auto secret = world_.folder() / "secret";
    const auto write_secret = [&](const std::string& value) {
        std::filesystem::remove(secret);
        std::ofstream(secret) << value << '\n';
        std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    };
    const std::pair<const char*, const char*> mechanisms[] = {
        {"plain", "PLAIN"}, {"login", "LOGIN"}, {"xoauth2", "XOAUTH2"}};
    int number = 0;
    const auto send = [&] {
        const auto request =
            world_.request("bakery", "client" + std::to_string(++number) + "@example.com");
        world_.wait_for(of_request(request, "d.state = 'sent'"));
        EXPECT_EQ(world_.smtp().messages().back().user, "paysync");
    };
    for (const auto& [name, mechanism] : mechanisms) {
        SCOPED_TRACE(name);
        world_.smtp_options().mechanisms = {mechanism};
        world_.smtp_options().token = "token-1";
        world_.start_smtp();
        const bool bearer = std::string(name) == "xoauth2";
        write_secret(bearer ? "token-1" : "correct");
        world_.configure_smtp("tls: starttls\n  max_messages: 1\n  ca_file: " +
                              ca_.ca_file().string() + "\n  auth: " + name +
                              "\n  user: paysync\n  password: { file: " + secret.string() + " }");
        world_.start();
        if (number == 0)
            world_.connect_company("bakery");
        send();
        if (bearer) {
            // Another program renews the token; the next connection uses the new one.
            world_.stop_smtp();
            world_.smtp_options().token = "token-2";
            world_.start_smtp();
            write_secret("token-2");
            send();
        }
        EXPECT_EQ(world_.stop(), 0);
        world_.stop_smtp();
        EXPECT_EQ(world_.log().find("token-"), std::string::npos);
    }
}

TEST_F(MailSecurity, SurvivesServersThatRefuseOrInjectReplies) {
    struct Step {
        const char* name;
        Stage stage;
        smtp_sim::Reply reply;
        const char* outcome;
    };
    const Step steps[] = {
        {"STARTTLS refused", Stage::starttls, {454, "4.7.0 no TLS now"}, "throttled"},
        {"STARTTLS unknown", Stage::starttls, {502, "what"}, "account_down"},
        {"an answer before the handshake",
         Stage::starttls,
         {220, "", "220 go\r\n250 injected\r\n"},
         "account_down"},
        {"AUTH 535", Stage::auth, {535, "5.7.8 wrong"}, "account_down"},
        {"AUTH 454", Stage::auth, {454, "4.7.0 not now"}, "throttled"},
        {"AUTH 421", Stage::auth, {421, "4.7.0 bye"}, "throttled"},
    };
    world_.start_smtp();
    world_.start();
    world_.connect_company("bakery");
    int number = 0;
    for (const auto& step : steps) {
        SCOPED_TRACE(step.name);
        world_.smtp().cut_all();
        smtp_sim::Rule rule;
        rule.stage = step.stage;
        rule.times = 1;
        rule.reply = step.reply;
        world_.smtp().add_rule(rule);
        const auto request =
            world_.request("bakery", "client" + std::to_string(++number) + "@example.com");
        world_.wait_for(of_request(request, "t.finished_at IS NOT NULL"));
        EXPECT_EQ(world_.sql(of_request(request, "t.outcome")), step.outcome)
            << world_.sql(of_request(request, "t.smtp_reply"));
        world_.wait_for(of_request(request, "d.state = 'sent'"));
    }
    EXPECT_EQ(world_.smtp().accepted(), std::size(steps));
}

}  // namespace
}  // namespace paysync::test
