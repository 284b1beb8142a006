// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <random>
#include <sstream>
#include <thread>

/// kill -9 at every named step and at random times: the end is the same, with one message per
/// request.
namespace paysync::test {
namespace {

using namespace std::chrono_literals;

std::string state_of(const Scenario& world, const std::string& request) {
    return world.sql(
        "SELECT state || '/' || delivery FROM pay.payment_requests WHERE request_id = '" + request +
        "'");
}

class CrashWhileSending : public testing::TestWithParam<const char*> {};

TEST_P(CrashWhileSending, EndsWithOneMessageOrADeliveryInDoubt) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    ASSERT_EQ(world.stop(), 0);

    world.start(GetParam());
    const auto request = world.request("bakery", "client@example.com");
    EXPECT_EQ(world.daemon().wait(), -SIGKILL) << world.log();
    world.start();
    world.wait_for(
        "(SELECT delivery IN ('sent', 'in_doubt') FROM pay.payment_requests WHERE request_id = '" +
        request + "')");

    const auto delivered = world.mails_of(request);
    const std::string point = GetParam();
    const bool promised = point == "after-committing" || point == "after-answer";
    if (promised) {
        EXPECT_EQ(state_of(world, request), "open/in_doubt");
        EXPECT_LE(delivered.count, 1U);
    } else {
        EXPECT_EQ(state_of(world, request), "open/sent");
        EXPECT_EQ(delivered.count, 1U);
    }
    const auto counts = world.stripe().world().counts();
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.payment_link"), "1") << counts.dump();

    if (point == "after-committing") {
        // An operator finds no message at the mail server and has it sent again.
        EXPECT_EQ(delivered.count, 0U) << "no dot, no mail";
        const auto [code, out] = world.ctl({"mail", "resolve", request, "--resend"});
        EXPECT_EQ(code, 0) << out;
        world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                       request + "')");
    }
    if (point == "after-answer") {
        // A payment proves that the message arrived.
        ASSERT_EQ(delivered.count, 1U);
        world.pay_from_mail(request);
        world.wait_for(
            "(SELECT state = 'paid' AND delivery = 'sent' FROM pay.payment_requests WHERE "
            "request_id = '" +
            request + "')");
    }
    EXPECT_EQ(world.mails_of(request).count, 1U);
}

INSTANTIATE_TEST_SUITE_P(EveryStep, CrashWhileSending,
                         testing::Values("after-claim", "after-link-post", "after-open-attempt",
                                         "before-committing", "after-committing", "after-answer",
                                         "after-record"));

TEST(Crash, AtRandomTimesLosesAndRepeatsNothing) {
    const char* const wanted = std::getenv("PAYSYNC_KILLS");
    const int kRounds = wanted ? std::stoi(wanted) : 15;
    constexpr int kPerRound = 10;
    Scenario world;
    world.start();
    world.connect_company("bakery");
    const auto seed = wanted ? std::random_device()() : 20260101U;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < kRounds; ++round) {
        for (int i = 0; i < kPerRound; ++i)
            world.request("bakery", "client" + std::to_string(i) + "@example.com");
        std::this_thread::sleep_for(
            std::chrono::milliseconds(std::uniform_int_distribution<>(0, 300)(random)));
        world.kill();
        world.start();
    }
    world.wait_for(
        "NOT EXISTS (SELECT FROM pay.payment_requests WHERE delivery NOT IN ('sent', 'in_doubt'))",
        120 + kRounds);

    const auto delivered = world.smtp().accepted_by_header("Message-ID");
    int twice = 0;
    for (const auto& [message, accepted] : delivered) {
        EXPECT_EQ(accepted.count, 1U) << message;
        twice += accepted.count > 1 ? 1 : 0;
    }
    int lost = 0;
    std::istringstream called_sent(
        world.sql("SELECT string_agg(message_id, ' ') FROM pay.deliveries WHERE state = 'sent'"));
    for (std::string message; called_sent >> message;) {
        const bool there = delivered.contains("<" + message + ">");
        EXPECT_TRUE(there) << message;
        lost += there ? 0 : 1;
    }
    // Every request that is `sent` was sent, and deliveries in doubt are shown as such.
    const auto sent =
        std::stoi(world.sql("SELECT count(*) FROM pay.payment_requests WHERE delivery = 'sent'"));
    const auto in_doubt = std::stoi(
        world.sql("SELECT count(*) FROM pay.payment_requests WHERE delivery = 'in_doubt'"));
    EXPECT_EQ(sent + in_doubt, kRounds * kPerRound);
    EXPECT_GE(static_cast<int>(delivered.size()), sent);
    EXPECT_LE(static_cast<int>(delivered.size()), sent + in_doubt);
    EXPECT_EQ(world.sql("SELECT count(*) FROM (SELECT request_id FROM pay_private.payment_link "
                        "GROUP BY request_id HAVING count(*) > 1) twice"),
              "0");
    RecordProperty("kills", kRounds);
    RecordProperty("sent", sent);
    RecordProperty("in_doubt", in_doubt);
    RecordProperty("lost", lost);
    RecordProperty("duplicates", twice);
}

}  // namespace
}  // namespace paysync::test
