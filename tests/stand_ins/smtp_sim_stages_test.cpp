// SPDX-License-Identifier: MIT
// Every act at every stage, as the client sees it and as the server records it.
#include "tests/smtp_sim/raw_client.hpp"
#include "tests/smtp_sim/server.hpp"
#include "tests/smtp_sim/test_ca.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace smtp_sim {
namespace {

// More than the buffers of two sockets hold while nothing is read.
constexpr std::size_t kFlood = 8U << 20U;
constexpr std::uint64_t kAfterBytes = 4;

const std::vector<Stage> kStages{Stage::connect, Stage::ehlo,     Stage::starttls, Stage::auth,
                                 Stage::mail,    Stage::rcpt,     Stage::data,     Stage::body,
                                 Stage::dot,     Stage::accepted, Stage::quit};

std::string stage_name(Stage stage) {
    return std::string(name_of(stage));
}

/// The client's lines up to the stage; the reply to the last line belongs to the stage.
std::vector<std::string> lines_up_to(Stage stage, const std::string& recipient) {
    std::vector<std::string> lines{"EHLO x"};
    if (stage == Stage::quit || stage == Stage::starttls) {
        lines.push_back(stage == Stage::quit ? "QUIT" : "STARTTLS");
        return lines;
    }
    const std::vector<std::pair<Stage, std::string>> rest{
        {Stage::auth, "AUTH PLAIN AHUAcA=="},
        {Stage::mail, "MAIL FROM:<a@example.com>"},
        {Stage::rcpt, "RCPT TO:<" + recipient + ">"},
        {Stage::data, "DATA"},
        {Stage::body, "0123456789\r\n."}};
    for (const auto& [from, line] : rest) {
        if (stage >= from) {
            lines.push_back(line);
        }
    }
    return stage == Stage::connect ? std::vector<std::string>() : lines;
}

class AtStage {
protected:
    AtStage() {
        std::string pattern = (std::filesystem::temp_directory_path() / "stage.XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    ~AtStage() { std::filesystem::remove_all(folder_); }

    void start(Stage stage) {
        Options options{.user = "u", .password = "p"};
        if (stage == Stage::starttls) {
            const CertificateFiles files = TestCa(folder_).issue("server");
            options = {.tls = Tls::starttls, .certificate = files.certificate, .key = files.key};
        }
        server_ = std::make_unique<Server>(options);
    }
    /// A client that has not read the stage's reply yet.
    RawClient reach(Stage stage, const std::string& recipient = "b@example.com") const {
        RawClient client(server_->port());
        for (const std::string& line : lines_up_to(stage, recipient)) {
            EXPECT_LT(client.reply().substr(0, 1), "4") << "before " << line;
            client.send(line + "\r\n");
        }
        return client;
    }
    bool wait_until_acted(std::uint64_t rule) const {
        for (int i = 0; i < 10000 && server_->acted(rule) == 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return server_->acted(rule) == 1;
    }

    std::filesystem::path folder_;
    std::unique_ptr<Server> server_;
};

struct Way {
    Act act;
    bool reset = false;
};

class SmtpSimStage : public AtStage, public testing::TestWithParam<std::tuple<Stage, Way>> {
protected:
    static Stage stage() { return std::get<0>(GetParam()); }
    static Way way() { return std::get<1>(GetParam()); }
    static bool answers() {
        return way().act == Act::reply || way().act == Act::cut_after_reply ||
               way().act == Act::half_close;
    }
    /// Whether the server accepts the message nevertheless.
    static bool accepts() {
        return stage() == Stage::accepted || (stage() == Stage::body && way().act == Act::reply);
    }
    static Outcome outcome() {
        if (accepts()) {
            return Outcome::accepted;
        }
        const bool cut = way().act == Act::cut_before_reply;
        return answers() ? Outcome::refused : cut ? Outcome::cut : Outcome::unanswered;
    }
    /// Checks what the client sees from the stage on.
    void expect_seen(RawClient& client) const {
        const std::string reply = "451 4.9.9 Scripted";
        switch (way().act) {
            case Act::reply:
                EXPECT_EQ(client.reply(), reply);
                if (stage() == Stage::body) {
                    EXPECT_EQ(client.reply().substr(0, 3), "250");
                }
                EXPECT_EQ(client.ask("NOOP").substr(0, 3), stage() == Stage::quit      ? ""
                                                           : stage() == Stage::connect ? "503"
                                                                                       : "250");
                break;
            case Act::cut_after_reply:
                EXPECT_EQ(client.rest(), reply + "\r\n");
                EXPECT_EQ(client.was_reset(), way().reset);
                break;
            case Act::cut_before_reply:
                EXPECT_EQ(client.rest(), "");
                EXPECT_EQ(client.was_reset(), way().reset);
                break;
            case Act::half_close:
                EXPECT_EQ(client.rest(), reply + "\r\n");
                EXPECT_FALSE(client.was_reset());
                EXPECT_TRUE(client.send(std::string(kFlood, 'x'))) << "it reads on";
                break;
            case Act::never_answer:
                EXPECT_TRUE(client.send(std::string(kFlood, 'x'))) << "it reads on";
                client.finish();
                EXPECT_EQ(client.rest(), "");
                break;
            case Act::stop_reading: {
                std::thread stopper([&] { server_->stop(); });
                EXPECT_FALSE(client.send(std::string(kFlood, 'x'))) << "nobody reads";
                stopper.join();
                break;
            }
        }
    }
};

TEST_P(SmtpSimStage, ActsAsTheRuleSays) {
    start(stage());
    const auto rule = server_->add_rule(
        {.stage = stage(),
         .after_bytes = stage() == Stage::body ? kAfterBytes : 0,
         .act = way().act,
         .reply = answers() ? std::optional(Reply{451, "4.9.9 Scripted"}) : std::nullopt,
         .reset = way().reset});
    RawClient client = reach(stage());
    ASSERT_TRUE(wait_until_acted(rule));
    expect_seen(client);
    const bool in_transaction = stage() >= Stage::mail && stage() != Stage::quit;
    ASSERT_TRUE(server_->wait_for_attempts(in_transaction ? 1 : 0));
    const std::vector<Transaction> attempts = server_->attempts();
    ASSERT_EQ(attempts.size(), in_transaction ? 1U : 0U);
    EXPECT_EQ(server_->messages().size(), accepts() ? 1U : 0U);
    if (in_transaction) {
        EXPECT_EQ(name_of(attempts[0].outcome), name_of(outcome()));
    }
    if (stage() == Stage::body && !accepts()) {
        EXPECT_EQ(attempts[0].bytes(), "0123");
    }
}

INSTANTIATE_TEST_SUITE_P(
    Acts, SmtpSimStage,
    testing::Combine(testing::ValuesIn(kStages),
                     testing::Values(Way{Act::reply}, Way{Act::cut_before_reply},
                                     Way{Act::cut_before_reply, true}, Way{Act::cut_after_reply},
                                     Way{Act::cut_after_reply, true}, Way{Act::half_close},
                                     Way{Act::never_answer}, Way{Act::stop_reading})),
    [](const auto& of) {
        const Way way = std::get<1>(of.param);
        return stage_name(std::get<0>(of.param)) + "_" + std::string(name_of(way.act)) +
               (way.reset ? "_by_reset" : "");
    });

class SmtpSimDelay : public AtStage, public testing::TestWithParam<Stage> {};

TEST_P(SmtpSimDelay, PrecedesTheUsualReply) {
    const Stage stage = GetParam();
    start(stage);
    const std::chrono::milliseconds delay(30);
    const auto rule = server_->add_rule(
        {.stage = stage, .after_bytes = stage == Stage::body ? kAfterBytes : 0, .delay = delay});
    const auto begin = std::chrono::steady_clock::now();
    RawClient client = reach(stage);
    const std::string answer = client.reply();
    EXPECT_GE(std::chrono::steady_clock::now() - begin, delay);
    EXPECT_LT(answer.substr(0, 1), "4");
    EXPECT_EQ(server_->acted(rule), 1U);
}

INSTANTIATE_TEST_SUITE_P(Stages, SmtpSimDelay, testing::ValuesIn(kStages),
                         [](const auto& of) { return stage_name(of.param); });

class SmtpSimRecipient : public AtStage, public testing::TestWithParam<Stage> {};

TEST_P(SmtpSimRecipient, AndCountSelectTheMessage) {
    const Stage stage = GetParam();
    start(stage);
    const auto rule = server_->add_rule({.stage = stage,
                                         .recipient = "b@example.com",
                                         .after_bytes = stage == Stage::body ? kAfterBytes : 0,
                                         .skip = 1,
                                         .times = 1,
                                         .act = Act::cut_before_reply});
    // Another recipient; the first match, which is skipped; the second match; a third one after the
    // rule has ended.
    const std::vector<std::pair<std::string, bool>> mails{{"c@example.com", true},
                                                          {"b@example.com", true},
                                                          {"b@example.com", false},
                                                          {"b@example.com", true}};
    for (const auto& [recipient, answered] : mails) {
        RawClient client = reach(stage, recipient);
        EXPECT_EQ(!client.reply().empty(), answered);
    }
    EXPECT_EQ(server_->acted(rule), 1U);
}

INSTANTIATE_TEST_SUITE_P(Stages, SmtpSimRecipient,
                         testing::Values(Stage::rcpt, Stage::data, Stage::body, Stage::dot,
                                         Stage::accepted),
                         [](const auto& of) { return stage_name(of.param); });

}  // namespace
}  // namespace smtp_sim
