// SPDX-License-Identifier: MIT
// The server as libcurl sees it, with and without TLS.
#include "tests/smtp_sim/raw_client.hpp"
#include "tests/smtp_sim/sasl.hpp"
#include "tests/smtp_sim/server.hpp"
#include "tests/smtp_sim/test_ca.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

namespace smtp_sim {
namespace {

constexpr const char* kPassword = "not-a-secret-paysync";

struct Result {
    CURLcode code;
    long reply;
};

/// Sends one message by libcurl; `adjust` sets further options.
class Curl {
public:
    explicit Curl(const Server& server) : curl_(curl_easy_init(), curl_easy_cleanup) {
        set(CURLOPT_URL, server.url().c_str());
        set(CURLOPT_MAIL_FROM, "<a@example.com>");
        set(CURLOPT_TIMEOUT, 30L);
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_READFUNCTION, &Curl::read);
        set(CURLOPT_READDATA, this);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_PROXY, "");
    }
    template <typename Value>
    void set(CURLoption option, Value value) {
        ASSERT_EQ(curl_easy_setopt(curl_.get(), option, value), CURLE_OK);
    }
    Result send(const std::string& body = "Subject: x\r\n\r\nHi\r\n") {
        rest_ = body;
        curl_slist* const to = curl_slist_append(nullptr, "<b@example.com>");
        set(CURLOPT_MAIL_RCPT, to);
        Result result{curl_easy_perform(curl_.get()), 0};
        curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &result.reply);
        curl_slist_free_all(to);
        return result;
    }

private:
    static std::size_t read(char* out, std::size_t size, std::size_t count, void* self) {
        std::string& rest = static_cast<Curl*>(self)->rest_;
        const std::size_t bytes = std::min(rest.size(), size * count);
        std::memcpy(out, rest.data(), bytes);
        rest.erase(0, bytes);
        return bytes;
    }

    std::unique_ptr<CURL, void (*)(CURL*)> curl_;
    std::string rest_;
};

class SmtpSimTls : public testing::Test {
protected:
    SmtpSimTls() {
        std::string pattern = (std::filesystem::temp_directory_path() / "ca.XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        ca_ = std::make_unique<TestCa>(folder_);
    }
    ~SmtpSimTls() override { std::filesystem::remove_all(folder_); }

    Options options(Tls tls, const std::string& name = "server",
                    const CertificateRequest& request = {}) const {
        const CertificateFiles files = ca_->issue(name, request);
        return {.tls = tls, .certificate = files.certificate, .key = files.key};
    }
    Result send(const Server& server, const std::string& user = {}, const char* how = nullptr) {
        Curl curl(server);
        curl.set(CURLOPT_CAINFO, ca_->ca_file().c_str());
        curl.set(CURLOPT_USE_SSL, long{CURLUSESSL_ALL});
        if (!user.empty()) {
            curl.set(CURLOPT_USERNAME, user.c_str());
            curl.set(CURLOPT_PASSWORD, kPassword);
            curl.set(CURLOPT_XOAUTH2_BEARER, kPassword);
            curl.set(CURLOPT_LOGIN_OPTIONS, how);
        }
        return curl.send();
    }

    std::filesystem::path folder_;
    std::unique_ptr<TestCa> ca_;
};

TEST(SmtpSimCurl, AcceptsSeveralMessagesOverOneConnection) {
    Server server;
    Curl curl(server);
    const std::string body = "Subject: x\r\n\r\n.dot\r\n..\r\n\r\n.\r\nend\r\n";
    for (int i = 0; i < 3; ++i) {
        const Result result = curl.send(body);
        EXPECT_EQ(result.code, CURLE_OK);
        EXPECT_EQ(result.reply, 250);
    }
    EXPECT_EQ(server.counters().connections, 1U);
    ASSERT_EQ(server.messages().size(), 3U);
    EXPECT_EQ(server.messages()[2].bytes(), body);
    EXPECT_EQ(server.messages()[2].from, "a@example.com");
}

TEST(SmtpSimCurl, SeesEachRuleAsItsOutcome) {
    struct Case {
        Rule rule;
        CURLcode code;
        long reply;
        std::size_t accepted;
    };
    const std::vector<Case> cases{
        {{.stage = Stage::mail, .reply = Reply{450, "x"}}, CURLE_SEND_ERROR, 450, 0},
        {{.stage = Stage::rcpt, .reply = Reply{550, "x"}}, CURLE_SEND_ERROR, 550, 0},
        {{.stage = Stage::dot, .reply = Reply{451, "x"}}, CURLE_WEIRD_SERVER_REPLY, 451, 0},
        {{.stage = Stage::dot, .reply = Reply{554, "x"}}, CURLE_WEIRD_SERVER_REPLY, 554, 0},
        {{.stage = Stage::dot, .act = Act::cut_before_reply}, CURLE_RECV_ERROR, 354, 0},
        {{.stage = Stage::accepted, .act = Act::cut_before_reply}, CURLE_RECV_ERROR, 354, 1}};
    for (const Case& one : cases) {
        Server server;
        server.add_rule(one.rule);
        const Result result = Curl(server).send();
        EXPECT_EQ(result.code, one.code) << one.reply;
        EXPECT_EQ(result.reply, one.reply);
        EXPECT_EQ(server.messages().size(), one.accepted);
        EXPECT_EQ(server.attempts().size(), 1U);
    }
}

TEST_F(SmtpSimTls, StarttlsAndImplicitTlsWorkWithTheTestCa) {
    for (const Tls tls : {Tls::starttls, Tls::implicit}) {
        Options made = options(tls);
        made.require_tls = true;
        Server server(made);
        const Result result = send(server);
        EXPECT_EQ(result.code, CURLE_OK);
        ASSERT_EQ(server.messages().size(), 1U);
        EXPECT_TRUE(server.messages()[0].tls);
        EXPECT_EQ(server.counters().handshakes, 1U);
    }
}

TEST_F(SmtpSimTls, ABadCertificateIsRefusedByTheClient) {
    const TestCa other(folder_ / "other");
    const CertificateFiles foreign = other.issue("server");
    const std::vector<Options> bad{
        options(Tls::starttls, "else", {.names = {"else.test"}, .addresses = {}}),
        options(Tls::implicit, "expired",
                {.valid_from = -std::chrono::hours(9), .valid_until = -std::chrono::hours(1)}),
        {.tls = Tls::starttls, .certificate = foreign.certificate, .key = foreign.key}};
    for (const Options& one : bad) {
        Server server(one);
        EXPECT_EQ(send(server).code, CURLE_PEER_FAILED_VERIFICATION) << one.certificate;
        EXPECT_TRUE(server.attempts().empty());
    }
}

TEST_F(SmtpSimTls, AStrippedOrRefusedStarttlsEndsBeforeTheMessage) {
    Options stripped = options(Tls::starttls);
    stripped.advertise_starttls = false;
    Server without(stripped);
    EXPECT_EQ(send(without).code, CURLE_USE_SSL_FAILED);
    Server refusing(options(Tls::starttls));
    refusing.add_rule({.stage = Stage::starttls, .reply = Reply{454, "TLS not available"}});
    EXPECT_EQ(send(refusing).code, CURLE_USE_SSL_FAILED);
    EXPECT_TRUE(refusing.attempts().empty());
}

TEST_F(SmtpSimTls, BytesAfterTheStarttlsReplyAreSentUnencrypted) {
    Server server(options(Tls::starttls));
    server.add_rule({.stage = Stage::starttls,
                     .reply = Reply{.code = 220, .raw = "220 go\r\n250 injected\r\n"}});
    EXPECT_NE(send(server).code, CURLE_OK);
    EXPECT_TRUE(server.messages().empty());
}

TEST_F(SmtpSimTls, EveryMechanismLogsInAndAWrongUserDoesNot) {
    Options made = options(Tls::starttls);
    made.user = "mailer";
    made.password = kPassword;
    for (const char* const mechanism : {"PLAIN", "LOGIN", "XOAUTH2"}) {
        Server server(made);
        const std::string how = std::string("AUTH=") + mechanism;
        EXPECT_EQ(send(server, "mailer", how.c_str()).code, CURLE_OK) << mechanism;
        ASSERT_EQ(server.messages().size(), 1U) << mechanism;
        EXPECT_EQ(server.messages()[0].user, "mailer");
        EXPECT_EQ(send(server, "other", how.c_str()).code, CURLE_LOGIN_DENIED) << mechanism;
        EXPECT_EQ(server.counters().logins, 1U);
        EXPECT_EQ(server.attempts().size(), 1U);
        EXPECT_NE(send(server).code, CURLE_OK);
        EXPECT_EQ(server.attempts().at(1).code, 530);
    }
}

TEST_F(SmtpSimTls, LoginAndMailNeedTlsIfRequired) {
    Options made = options(Tls::starttls);
    made.user = "mailer";
    made.password = kPassword;
    made.require_tls = true;
    Server server(made);
    RawClient client(server.port());
    client.reply();
    EXPECT_EQ(client.ask("EHLO x").find("AUTH"), std::string::npos);
    EXPECT_EQ(client.ask("AUTH PLAIN AGEAYg==").substr(0, 3), "538");
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com>").substr(0, 9), "530 5.7.0");
}

TEST(SmtpSimAuth, DialoguesHaveTheExpectedBytes) {
    Server server({.user = "u", .password = "p", .token = "t"});
    server.add_rule({.stage = Stage::auth, .times = 1, .reply = Reply{454, "4.7.0 Not now"}});
    RawClient client(server.port());
    client.reply();
    EXPECT_NE(client.ask("EHLO x").find("AUTH PLAIN LOGIN XOAUTH2"), std::string::npos);
    EXPECT_EQ(client.ask("AUTH CRAM-MD5").substr(0, 3), "504");
    EXPECT_EQ(client.ask("AUTH PLAIN =").substr(0, 3), "501");
    EXPECT_EQ(client.ask("AUTH PLAIN AHUAcA==").substr(0, 3), "454");
    EXPECT_EQ(client.ask("AUTH LOGIN"), "334 VXNlcm5hbWU6");
    EXPECT_EQ(client.ask("*").substr(0, 3), "501");
    const std::string wrong = encode_base64(
        "user=u\x01"
        "auth=Bearer p\x01\x01");
    EXPECT_EQ(client.ask("AUTH XOAUTH2 " + wrong).substr(0, 3), "334");
    EXPECT_EQ(client.ask("").substr(0, 3), "535");
    const std::string right = encode_base64(
        "user=u\x01"
        "auth=Bearer t\x01\x01");
    EXPECT_EQ(client.ask("AUTH XOAUTH2 " + right).substr(0, 3), "235");
    EXPECT_EQ(client.ask("AUTH PLAIN AHUAcA==").substr(0, 3), "503");
    EXPECT_EQ(client.ask("MAIL FROM:<a@example.com>").substr(0, 3), "250");
}

TEST(SmtpSimAuth, Base64IsReadStrictly) {
    EXPECT_EQ(decode_base64("AGEAYg=="), std::string("\0a\0b", 4));
    EXPECT_EQ(decode_base64(""), "");
    for (const char* const bad : {"A", "AA=A", "====", "AAA", "AA-_", "AAAA\n"}) {
        EXPECT_FALSE(decode_base64(bad)) << bad;
    }
    EXPECT_FALSE(parse_plain(std::string("a\0b", 3)));
    EXPECT_FALSE(
        parse_xoauth2("user=u\x01"
                      "auth=Bearer \x01"));
}

}  // namespace
}  // namespace smtp_sim
