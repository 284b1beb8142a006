// SPDX-License-Identifier: MIT
// The proxy in front of the other stand-ins. The tests in front of PostgreSQL are in
// tests/postgres/db.
#include "tests/smtp_sim/server.hpp"
#include "tests/stand_ins/fault_proxy_fixture.hpp"
#include "tests/stand_ins/stripe_sim_fixture.hpp"

#include <future>
#include <string>
#include <vector>

namespace fault_proxy {
namespace {

class FaultProxyStripe : public stripe_sim::StripeSim {
protected:
    /// POST /v1/accounts through the proxy, on a new connection.
    httplib::Result create(const std::string& key) const {
        httplib::Client through("127.0.0.1", proxy_.port());
        return through.Post("/v1/accounts", headers("", key), "country=US&type=standard",
                            stripe_sim::kForm);
    }
    std::size_t accounts() { return got(client.Get("/_sim/accounts")).body.size(); }

    Proxy proxy_{{.target = "127.0.0.1:" + std::to_string(server.port())}};
};

TEST_F(FaultProxyStripe, PassesCallsAndAnswers) {
    const auto answer = create("k1");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200) << answer->body;
    EXPECT_EQ(accounts(), 1U);
}

TEST_F(FaultProxyStripe, ACutRequestDoesNothing) {
    proxy_.set_next(1, {.to_target = {.cut_after = 60}});
    EXPECT_FALSE(create("k1"));
    EXPECT_EQ(accounts(), 0U);
    EXPECT_TRUE(create("k1")) << "the next connection is a good one";
    EXPECT_EQ(accounts(), 1U);
}

TEST_F(FaultProxyStripe, ACutAnswerIsRepeatedForTheSameKey) {
    std::size_t whole = 0;
    {
        const std::uint64_t before = proxy_.counters().bytes_to_client;
        ASSERT_TRUE(create("k0"));
        whole = proxy_.counters().bytes_to_client - before;
    }
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{10}, whole - 1}) {
        const std::string key = "k" + std::to_string(bytes + 1);
        const std::size_t had = accounts();
        proxy_.set_next(1, {.to_client = {.cut_after = bytes}, .reset = bytes == 10});
        EXPECT_FALSE(create(key)) << bytes;
        ASSERT_TRUE(bytes == 0 || accounts() == had + 1) << "it had acted";
        // While the first call is in progress its key is in use, as at Stripe.
        const auto status = [&] {
            const auto again = create(key);
            return again ? again->status : 0;
        };
        int seen = 0;
        ASSERT_TRUE(eventually([&] { return (seen = status()) != 409; }));
        EXPECT_EQ(seen, 200);
        EXPECT_EQ(accounts(), had + 1) << bytes;
    }
}

TEST_F(FaultProxyStripe, ACallOverAHalfOpenConnectionActsAndNeverAnswers) {
    proxy_.set_next(1, {.to_client = {.swallow = true}});
    auto waiting = std::async(std::launch::async, [&] { return !create("k1"); });
    ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_swallowed > 0; }));
    EXPECT_EQ(accounts(), 1U);
    proxy_.cut_all();
    EXPECT_TRUE(waiting.get()) << "there was no answer";
    EXPECT_TRUE(create("k1"));
    EXPECT_EQ(accounts(), 1U);
}

TEST_F(FaultProxyStripe, ConnectsAgainAfterRefusals) {
    proxy_.refuse(true);
    const auto refused = create("k1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), httplib::Error::Connection);
    proxy_.refuse(false);
    EXPECT_TRUE(create("k1"));
    EXPECT_EQ(accounts(), 1U);
}

class FaultProxySmtp : public testing::Test {
protected:
    static const std::string& message() {
        static const std::string kMessage = "X-Paysync-Request: 5\r\n\r\nHello\r\n";
        return kMessage;
    }
    /// A client that has read the 354.
    RawClient in_data() const {
        RawClient client(proxy_.port());
        client.reply();
        for (const char* const line :
             {"EHLO x", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>"}) {
            EXPECT_EQ(client.ask(line).substr(0, 3), "250");
        }
        EXPECT_EQ(client.ask("DATA").substr(0, 3), "354");
        return client;
    }

    smtp_sim::Server server_;
    Proxy proxy_{{.target = "127.0.0.1:" + std::to_string(server_.port())}};
};

TEST_F(FaultProxySmtp, AMessageCutBeforeItsEndIsNotAccepted) {
    RawClient client = in_data();
    proxy_.set_existing({.to_target = {.cut_after = 10}});
    client.send(message() + ".\r\n");
    EXPECT_EQ(client.rest(), "");
    ASSERT_TRUE(server_.wait_for_attempts(1));
    EXPECT_EQ(server_.attempts()[0].outcome, smtp_sim::Outcome::lost);
    EXPECT_EQ(server_.attempts()[0].bytes(), message().substr(0, 10));
    EXPECT_TRUE(server_.messages().empty());
}

TEST_F(FaultProxySmtp, TheReplyToTheFinalDotCanBeLostOrCut) {
    const std::vector<std::pair<Direction, std::string>> faults{
        {{.swallow = true}, ""}, {{.cut_after = 3}, "250"}, {{.cut_after = 1}, "2"}};
    for (const auto& [fault, seen] : faults) {
        const std::size_t had = server_.messages().size();
        RawClient client = in_data();
        proxy_.set_existing({.to_client = fault});
        client.send(message() + ".\r\n");
        ASSERT_TRUE(server_.wait_for_messages(had + 1));
        if (fault.swallow) {
            ASSERT_TRUE(eventually([&] { return proxy_.counters().bytes_swallowed > 0; }));
            proxy_.cut_all();
        }
        EXPECT_EQ(client.rest(), seen);
    }
    const smtp_sim::Accepted mails = server_.accepted_with_header("X-Paysync-Request", "5");
    EXPECT_EQ(mails.count, 3U) << "each time the client does not know, and it was accepted";
    EXPECT_TRUE(mails.identical);
}

TEST_F(FaultProxySmtp, TheServerGivesUpOnAHalfOpenClient) {
    smtp_sim::Server impatient({.idle = std::chrono::milliseconds(50)});
    proxy_.set_target("127.0.0.1:" + std::to_string(impatient.port()));
    RawClient client(proxy_.port());
    EXPECT_EQ(client.reply().substr(0, 3), "220");
    proxy_.set_existing({.to_target = {.swallow = true}, .to_client = {.swallow = true}});
    client.send("EHLO x\r\n");
    EXPECT_TRUE(eventually([&] { return impatient.counters().open == 0; }));
    EXPECT_EQ(proxy_.counters().open, 1U) << "the client does not know";
    proxy_.cut_all();
    EXPECT_EQ(client.rest(), "");
}

TEST_F(FaultProxySmtp, ConnectsAgainAfterRefusals) {
    proxy_.refuse(true);
    EXPECT_THROW(RawClient{proxy_.port()}, std::system_error);
    proxy_.refuse(false);
    RawClient client = in_data();
    EXPECT_EQ(client.ask(message() + ".").substr(0, 3), "250");
    EXPECT_EQ(server_.messages().at(0).bytes(), message());
}

}  // namespace
}  // namespace fault_proxy
