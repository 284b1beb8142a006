// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace paysync::test {
namespace {

/// pay.refund from SQL to Stripe, and what people are told.
class Refunds : public testing::Test {
protected:
    Refunds() {
        world.configure_reconciliation("every: 1s");
        world.start();
        world.connect_company("bakery");
        request = world.sql(
            "SELECT pay.request_payment('bakery', 'client@example.com', 4250, 'usd', 'Invoice 7', "
            "locale => 'de')");
        world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests)");
        world.pay_from_mail(request);
        world.wait_for("(SELECT state = 'paid' FROM pay.payment_requests)");
    }

    Scenario world;
    std::string request;
};

TEST_F(Refunds, AnOrderBecomesOneRefundAndTwoMails) {
    const auto order = world.sql("SELECT pay.refund('bakery', request_id => '" + request +
                                 "', amount => 1250, reason => 'requested_by_customer')");
    world.wait_for("(SELECT state = 'succeeded' FROM pay.refund_orders WHERE refund_order_id = '" +
                   order + "')");
    world.wait_for(
        "(SELECT count(*) = 2 FROM pay.deliveries WHERE kind IN ('refund', 'refund_notice') AND "
        "state = 'sent')");
    const auto told = world.smtp().accepted_with_header("X-Paysync-Kind", "refund");
    ASSERT_EQ(told.count, 1U);
    EXPECT_NE(told.messages[0].bytes().find("12,50"), std::string::npos);
    EXPECT_EQ(world.sql("SELECT count(*) || ' ' || sum(amount) FROM pay_private.refund"), "1 1250");
    // The rest, and not a cent more.
    EXPECT_EQ(world.sql("SELECT pay.refund('bakery', request_id => '" + request +
                        "', request_key => 'rest') IS NOT NULL"),
              "t");
    world.wait_for("(SELECT sum(amount) = 4250 FROM pay_private.refund)");
}

TEST_F(Refunds, AnErrorThatStripeRepeatsUnderItsKeyIsNotTheEnd) {
    world.stripe().faults().add(stripe_sim::Fault::from_json({{"kind", "status"},
                                                              {"status", 500},
                                                              {"remembered", true},
                                                              {"method", "POST"},
                                                              {"path", "/v1/refunds"},
                                                              {"times", 1}}));
    world.sql("SELECT pay.refund('bakery', request_id => '" + request + "')");
    // As if the pauses had passed.
    world.wait_until("the refund is made", [&] {
        world.sql(
            "UPDATE pay_private.refund_order SET next_attempt_at = now() WHERE next_attempt_at IS "
            "NOT NULL; SELECT pg_notify('pay_payment_request', '')");
        return world.sql("SELECT state = 'made' FROM pay_private.refund_order") == "t";
    });
    world.wait_for("(SELECT sum(amount) = 4250 FROM pay_private.refund)");
}

TEST_F(Refunds, ARefundWhoseAnswersWereLostIsNeverMadeTwice) {
    const auto lose_answers = [&](const char* method) {
        world.stripe().faults().add(stripe_sim::Fault::from_json(
            {{"kind", "reset_after"}, {"method", method}, {"path", "/v1/refunds"}, {"times", -1}}));
    };
    const auto after_attempts = [&](int count) {
        world.wait_until("an attempt has ended", [&] {
            return world.sql("SELECT attempts >= " + std::to_string(count) +
                             " AND error_code IS NOT NULL FROM pay_private.refund_order") == "t";
        });
    };
    const std::string again =
        "UPDATE pay_private.refund_order SET next_attempt_at = now(), error_code = NULL; SELECT "
        "pg_notify('pay_refund_order', '')";
    // Made, and nobody can find out for longer than orders are tried.
    lose_answers("POST");
    lose_answers("GET");
    world.sql("SELECT pay.refund('bakery', request_id => '" + request + "')");
    after_attempts(1);
    world.sql("UPDATE pay_private.refund_order SET created_at = now() - interval '4 days'");
    world.sql(again);
    after_attempts(2);
    EXPECT_EQ(world.sql("SELECT state FROM pay.refund_orders"), "queued");
    world.stripe().faults().clear();
    world.sql(again);
    world.wait_for("(SELECT state = 'made' FROM pay_private.refund_order)");
    world.wait_for("(SELECT sum(amount) = 4250 AND count(*) = 1 FROM pay_private.refund)");
}

TEST_F(Refunds, ARefundThatWasMadeWhenTheDaemonDiedIsFound) {
    ASSERT_EQ(world.stop(), 0);
    world.start("after-refund");
    world.sql("SELECT pay.refund('bakery', request_id => '" + request + "')");
    EXPECT_EQ(world.daemon().wait(), -SIGKILL) << world.log();
    EXPECT_EQ(world.sql("SELECT may_exist FROM pay_private.refund_order"), "t");
    world.start();
    world.sql(
        "UPDATE pay_private.refund_order SET next_attempt_at = now(); SELECT "
        "pg_notify('pay_refund_order', '')");
    world.wait_for("(SELECT state = 'made' FROM pay_private.refund_order)");
    world.wait_for("(SELECT sum(amount) = 4250 AND count(*) = 1 FROM pay_private.refund)");
    EXPECT_EQ(world.stripe().log().requests(0, "POST", "/v1/refunds").size(), 1U);
}

TEST_F(Refunds, AnOldOrderEndsAfterASearchThatFindsNothing) {
    world.stripe().faults().add(stripe_sim::Fault::from_json({{"kind", "status"},
                                                              {"status", 503},
                                                              {"method", "POST"},
                                                              {"path", "/v1/refunds"},
                                                              {"times", -1}}));
    world.sql("SELECT pay.refund('bakery', request_id => '" + request + "')");
    world.wait_for("(SELECT may_exist AND error_code IS NOT NULL FROM pay_private.refund_order)");
    world.sql(
        "UPDATE pay_private.refund_order SET next_attempt_at = now(), created_at = now() - "
        "interval '4 days'; SELECT pg_notify('pay_refund_order', '')");
    world.wait_for("(SELECT state = 'refused' AND error_code = 'given_up' FROM pay.refund_orders)");
    EXPECT_EQ(world.sql("SELECT error_text LIKE '%HTTP 503%' FROM pay.refund_orders"), "t");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.refund"), "0");
}

}  // namespace
}  // namespace paysync::test
