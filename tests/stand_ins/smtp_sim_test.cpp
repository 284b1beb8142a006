// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/raw_client.hpp"
#include "tests/smtp_sim/server.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace smtp_sim {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (fs::temp_directory_path() / "smtp_sim.XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    ~TemporaryFolder() { fs::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

/// A client that has read the greeting and sent EHLO.
RawClient greeted(const Server& server) {
    RawClient client(server.port());
    EXPECT_EQ(client.reply().substr(0, 4), "220 ");
    EXPECT_EQ(client.ask("EHLO test").substr(0, 4), "250-");
    return client;
}

/// The same, up to the 354.
RawClient in_data(const Server& server, const std::string& recipient = "b@example.com") {
    RawClient client = greeted(server);
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com>"), "250 2.1.0 Ok");
    EXPECT_EQ(client.ask("RCPT TO:<" + recipient + ">"), "250 2.1.5 Ok");
    EXPECT_EQ(client.ask("DATA").substr(0, 3), "354");
    return client;
}

TEST(SmtpSim, AcceptsAndStoresAMessage) {
    Server server;
    RawClient client = in_data(server);
    EXPECT_EQ(client.ask("Subject: x\r\n\r\nHello\r\n."), "250 2.0.0 Ok: queued as 1-1");
    const std::vector<Message> messages = server.messages();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].from, "a@example.com");
    EXPECT_EQ(messages[0].recipients, std::vector<std::string>{"b@example.com"});
    EXPECT_EQ(messages[0].bytes(), "Subject: x\r\n\r\nHello\r\n");
    EXPECT_EQ(messages[0].connection, 1U);
    EXPECT_EQ(messages[0].number, 1U);
    EXPECT_EQ(messages[0].code, 250);
    EXPECT_EQ(messages[0].dialogue.front(), "C: MAIL FROM:<a@example.com>");
    EXPECT_EQ(messages[0].dialogue.back(), "S: 250 2.0.0 Ok: queued as 1-1");
    EXPECT_EQ(client.ask("QUIT"), "221 2.0.0 Bye");
    EXPECT_EQ(client.rest(), "");
    EXPECT_EQ(server.attempts().size(), 1U);
}

TEST(SmtpSim, RemovesOnlyTheStuffedDots) {
    Server server;
    RawClient client = in_data(server);
    const std::string wire =
        "..first\r\n...two\r\n.. \r\nbare\n..lf\r\n\r.\r\nx\r.\r\n\n.\r\n\r\n.\n";
    client.send(wire + "\r\n");
    EXPECT_EQ(client.ask(".").substr(0, 3), "250");
    EXPECT_EQ(server.messages().at(0).bytes(),
              ".first\r\n..two\r\n. \r\nbare\n..lf\r\n\r.\r\nx\r.\r\n\n.\r\n\r\n\n\r\n");
}

TEST(SmtpSim, FindsTheFinalDotInAnyFragmentation) {
    Server server;
    for (const std::string text : {".\r\n", "a\r\n.\r\n", "..\r\n.\r\n", "\r\n\r\n.\r\n"}) {
        server.forget();
        RawClient client = in_data(server);
        for (const char byte : text) {
            client.send(std::string_view(&byte, 1));
            std::this_thread::yield();
        }
        EXPECT_EQ(client.reply().substr(0, 3), "250");
        const std::string body = text.substr(0, text.size() - 3);
        EXPECT_EQ(server.messages().at(0).bytes(), body == "..\r\n" ? ".\r\n" : body);
    }
}

TEST(SmtpSim, AConnectionThatEndsInsideDataAcceptsNothing) {
    Server server;
    {
        RawClient client = in_data(server);
        client.send("Subject: half\r\n\r\n.");
    }
    ASSERT_TRUE(server.wait_for_attempts(1));
    const Transaction attempt = server.attempts().at(0);
    EXPECT_EQ(attempt.outcome, Outcome::lost);
    EXPECT_EQ(attempt.code, 354);
    EXPECT_TRUE(attempt.data_started);
    EXPECT_EQ(attempt.bytes(), "Subject: half\r\n\r\n");
    EXPECT_TRUE(server.messages().empty());
}

TEST(SmtpSim, WritesWholeFilesAndContinuesTheNumbersOfOldOnes) {
    const TemporaryFolder folder;
    const std::string message = std::string("Subject: 8 bit \xff\0\r\n\r\n", 21) + "x\r\n";
    for (int round = 1; round <= 2; ++round) {
        Server server({.undeclared_8bit = true,
                       .undeclared_utf8_headers = true,
                       .folder = folder.path() / "mail"});
        RawClient client = in_data(server);
        EXPECT_EQ(client.ask(message + ".").substr(0, 3), "250");
        EXPECT_EQ(content(folder.path() / "mail" / ("000" + std::to_string(round) + ".eml")),
                  message);
    }
    const fs::directory_iterator files(folder.path() / "mail");
    EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST(SmtpSim, AMessageThatCannotBeWrittenIsNotAccepted) {
    const TemporaryFolder folder;
    Server server({.folder = folder.path() / "mail"});
    fs::remove_all(folder.path() / "mail");
    RawClient client = in_data(server);
    EXPECT_EQ(client.ask("x\r\n.").substr(0, 9), "451 4.3.0");
    EXPECT_TRUE(server.messages().empty());
    EXPECT_EQ(server.attempts().at(0).outcome, Outcome::refused);
}

TEST(SmtpSim, CountsAndComparesTheMessagesOfARequest) {
    Server server;
    const auto send = [&](const std::string& header, const std::string& body) {
        RawClient client = in_data(server);
        EXPECT_EQ(client.ask(header + "\r\n\r\n" + body + "\r\n.").substr(0, 3), "250");
    };
    send("X-Paysync-Request: 7", "same");
    send("x-paysync-request:7", "other spelling");
    send("X-Paysync-Request:\r\n 8", "same");
    send("X-Paysync-Request:\r\n 8", "same");
    send("X-Other: 7\r\nX-Paysync-Request-Not: 7", "same");
    const Accepted seven = server.accepted_with_header("X-Paysync-Request", "7");
    EXPECT_EQ(seven.count, 2U);
    EXPECT_FALSE(seven.identical);
    const Accepted eight = server.accepted_with_header("X-Paysync-Request", "8");
    EXPECT_EQ(eight.count, 2U);
    EXPECT_TRUE(eight.identical);
    EXPECT_EQ(server.accepted_with_header("X-Paysync-Request", "9").count, 0U);
    EXPECT_EQ(server.accepted_by_header("X-Paysync-Request").size(), 2U);
}

TEST(SmtpSim, ComparesBodiesThatAreNotStored) {
    Server server({.keep_bodies = false});
    for (const char* const body : {"one", "two"}) {
        RawClient client = in_data(server);
        client.ask(std::string("X-Id: 1\r\n\r\n") + body + "\r\n.");
    }
    const Accepted accepted = server.accepted_with_header("X-Id", "1");
    EXPECT_EQ(accepted.count, 2U);
    EXPECT_FALSE(accepted.identical);
    EXPECT_EQ(accepted.messages[0].bytes(), "X-Id: 1\r\n");
    EXPECT_EQ(accepted.messages[0].size, 16U);
}

TEST(SmtpSim, OffersOnlyTheConfiguredExtensions) {
    Server server({.size = 0, .eight_bit_mime = false, .smtputf8 = false, .pipelining = false});
    RawClient client(server.port());
    client.reply();
    EXPECT_EQ(client.ask("EHLO test"), "250-smtp-sim.test\n250 ENHANCEDSTATUSCODES");
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com> SIZE=10").substr(0, 3), "555");
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com> BODY=8BITMIME").substr(0, 3), "555");
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com> SMTPUTF8").substr(0, 3), "555");
    EXPECT_EQ(client.ask("MAIL FROM:<jos\xc3\xa9@example.com>").substr(0, 9), "553 5.6.7");
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com>").substr(0, 3), "250");
    EXPECT_EQ(client.ask("RCPT TO:<jos\xc3\xa9@example.com>").substr(0, 9), "553 5.6.7");
    EXPECT_EQ(client.ask("RCPT TO:<b@example.com> NOTIFY=NEVER").substr(0, 3), "555");
    EXPECT_EQ(server.attempts().size(), 5U);
}

TEST(SmtpSim, AcceptsUtf8AddressesWithSmtputf8) {
    Server server;
    RawClient client = greeted(server);
    EXPECT_EQ(client.ask("MAIL FROM:<jos\xc3\xa9@example.com>").substr(0, 3), "553");
    EXPECT_EQ(client.ask("MAIL FROM:<jos\xc3\xa9@example.com> SMTPUTF8").substr(0, 3), "250");
    EXPECT_EQ(client.ask("RCPT TO:<jos\xc3\xa9@example.com>").substr(0, 3), "250");
}

TEST(SmtpSim, RefusesMessagesThatAreTooLargeAnnouncedOrNot) {
    Server server({.size = 1000});
    RawClient client = greeted(server);
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com> SIZE=1001").substr(0, 3), "552");
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com> SIZE=1000").substr(0, 3), "250");
    EXPECT_EQ(client.ask("RCPT TO:<b@example.com>").substr(0, 3), "250");
    EXPECT_EQ(client.ask("DATA").substr(0, 3), "354");
    const std::string line(998, 'x');
    for (int i = 0; i < 200; ++i) {
        client.send(line + "\r\n");
    }
    EXPECT_EQ(client.ask(".").substr(0, 9), "552 5.3.4");
    EXPECT_EQ(client.ask("NOOP").substr(0, 3), "250");
    EXPECT_TRUE(server.messages().empty());
}

TEST(SmtpSim, AnswersAPipeliningClientInOrder) {
    Server server;
    RawClient client(server.port());
    client.send("EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
    client.send("one\r\n.\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<c@example.com>\r\nQUIT\r\n");
    const std::string all = client.rest();
    EXPECT_EQ(all.substr(all.size() - 15), "221 2.0.0 Bye\r\n");
    ASSERT_EQ(server.attempts().size(), 2U);
    EXPECT_EQ(server.attempts()[0].bytes(), "one\r\n");
    EXPECT_EQ(server.attempts()[1].outcome, Outcome::abandoned);
    EXPECT_EQ(server.attempts()[1].recipients.at(0), "c@example.com");
}

TEST(SmtpSim, SurvivesGarbage) {
    Server server({.most_connections = 3});
    {
        RawClient client = greeted(server);
        EXPECT_EQ(client.ask(std::string(1U << 20U, 'A')).substr(0, 9), "500 5.5.6");
        EXPECT_EQ(client.ask(std::string("\0\xff\x80 \r", 5)).substr(0, 3), "500");
        EXPECT_EQ(client.ask("").substr(0, 3), "500");
        EXPECT_EQ(client.ask("MAIL").substr(0, 3), "501");
        EXPECT_EQ(client.ask("MAIL FROM:a@example.com").substr(0, 3), "501");
        EXPECT_EQ(client.ask("MAIL FROM:<a b@example.com>").substr(0, 3), "501");
        EXPECT_EQ(client.ask("MAIL FROM:<a@example.com>x").substr(0, 3), "501");
        EXPECT_EQ(client.ask("MAIL FROM:<a@example.com> SIZE=-1").substr(0, 3), "501");
        EXPECT_EQ(client.ask("RCPT TO:<a@example.com>").substr(0, 3), "503");
        EXPECT_EQ(client.ask("DATA").substr(0, 3), "503");
    }
    RawClient client = greeted(server);
    for (int i = 0; i < 99; ++i) {
        ASSERT_EQ(client.ask("FOO").substr(0, 3), "500");
    }
    EXPECT_EQ(client.ask("FOO").substr(0, 3), "500");
    EXPECT_EQ(client.reply().substr(0, 3), "421");
    EXPECT_EQ(client.rest(), "");
}

TEST(SmtpSim, RefusesAnExcessConnectionWith421) {
    Server server({.most_connections = 1});
    const RawClient first = greeted(server);
    RawClient second(server.port());
    EXPECT_EQ(second.reply().substr(0, 3), "421");
    EXPECT_EQ(second.rest(), "");
}

TEST(SmtpSim, EndsASilentConnectionWith421) {
    Server server({.idle = std::chrono::milliseconds(50)});
    RawClient client = greeted(server);
    EXPECT_EQ(client.reply().substr(0, 9), "421 4.4.2");
    EXPECT_EQ(client.rest(), "");
}

TEST(SmtpSim, StopsWithConnectionsInEveryState) {
    Server server;
    server.add_rule({.stage = Stage::dot, .delay = std::chrono::hours(1)});
    const RawClient idle = greeted(server);
    const RawClient data = in_data(server);
    RawClient waiting = in_data(server);
    waiting.send("x\r\n.\r\n");
    const std::uint16_t port = server.port();
    server.stop();
    EXPECT_EQ(waiting.rest(), "");
    EXPECT_TRUE(server.messages().empty());
    EXPECT_THROW(RawClient{port}, std::system_error);
    const Server next({.port = port});
    EXPECT_EQ(next.port(), port);
}

}  // namespace
}  // namespace smtp_sim
