// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

/// The whole flow with the real daemon: connect, request, send, pay, reconcile.
namespace paysync::test {
namespace {

TEST(WholeFlow, LeadsFromConnectToMyPayments) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    EXPECT_EQ(
        world.sql(
            "SELECT string_agg(coalesce(from_stage, '-') || '>' || to_stage, ' ' ORDER BY seq) "
            "FROM pay.stage_history WHERE company = 'bakery'"),
        "->pending pending>completed");

    const auto request = world.request("bakery", "client@example.com", 4250);
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                   request + "')");
    const auto delivered = world.mails_of(request);
    ASSERT_EQ(delivered.count, 1U);
    EXPECT_EQ(delivered.messages[0].recipients, std::vector<std::string>{"client@example.com"});
    EXPECT_EQ(delivered.messages[0].header("Message-ID"),
              std::vector<std::string>{"<request." + request + "@example.com>"});

    world.pay_from_mail(request);
    world.wait_for("(SELECT state = 'paid' FROM pay.payment_requests WHERE request_id = '" +
                   request + "')");
    world.wait_for(
        "(SELECT fee > 0 AND net = amount - fee AND status = 'succeeded' AND amount = 4250 "
        "FROM pay.my_payments WHERE request_id = '" +
        request + "')");
    // The link of a paid request is switched off, at Stripe too.
    world.wait_for("(SELECT NOT active FROM pay_private.payment_link WHERE request_id = '" +
                   request + "')");
    const auto link = world.sql(
        "SELECT link_id FROM pay_private.payment_link WHERE request_id = '" + request + "'");
    EXPECT_FALSE(world.stripe().world().link_json(link)["active"].get<bool>());
    EXPECT_EQ(world.stop(), 0) << world.log();
}

TEST(WholeFlow, PassesTheApplicationsMetadataToStripe) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    const auto request = world.sql(
        "SELECT pay.request_payment('bakery', 'client@example.com', 700, 'eur', 'Invoice 7', "
        "metadata => "
        "'{\"order\": 7, \"note\": \"for {Eve}, \\\"soon\\\"\"}')");
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                   request + "')");
    const auto link = world.sql(
        "SELECT link_id FROM pay_private.payment_link WHERE request_id = '" + request + "'");
    const auto metadata = world.stripe().world().link_json(link)["metadata"];
    EXPECT_EQ(metadata["request_id"], request);
    EXPECT_EQ(metadata["order"], "7");
    EXPECT_EQ(metadata["note"], "for {Eve}, \"soon\"");
}

TEST(WholeFlow, AttachesTheCollectPaymentFile) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    const auto file = world.sql(
        "SELECT pay.add_collect_payment_file('bakery', 'Invoice 7.pdf', 'application/pdf', "
        "'\\x255044460a')");
    const auto request = world.sql(
        "SELECT pay.request_payment('bakery', 'client@example.com', 700, 'eur', "
        "'Invoice 7', collect_payment_file_id => '" +
        file + "')");
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                   request + "')");
    const auto message = world.mails_of(request).messages.at(0).bytes();
    EXPECT_NE(message.find("filename=\"Invoice 7.pdf\""), std::string::npos) << message;
    EXPECT_NE(message.find("JVBERgo="), std::string::npos) << message;
}

TEST(WholeFlow, ExecutesEveryCommandOfOtherApplications) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    const auto account = world.sql(
        "SELECT account_id FROM pay.integrations WHERE company = 'bakery' AND can_disconnect");
    ASSERT_NE(account, "");

    const auto manage = world.command("pay.manage('bakery')");
    EXPECT_NE(world.sql("SELECT result_url FROM pay.commands WHERE command_id = '" + manage + "'"),
              "");
    EXPECT_NE(world.sql("SELECT 1 FROM pay.commands WHERE state = 'done' AND command_id = '" +
                        world.command("pay.refresh('bakery')") + "'"),
              "");

    const auto asked = world.command("pay.disconnect('bakery')");
    const auto token = world.sql(
        "SELECT result ->> 'confirmation' FROM pay.command WHERE command_id = '" + asked + "'");
    ASSERT_EQ(token.size(), 32U);
    const auto wrong = world.command("pay.disconnect('bakery', confirmation => 'nonsense')");
    EXPECT_EQ(world.sql("SELECT error_code FROM pay.commands WHERE command_id = '" + wrong + "'"),
              "wrong_confirmation");
    EXPECT_EQ(world.sql("SELECT stage FROM pay.integrations WHERE company = 'bakery'"),
              "completed");
    world.command("pay.disconnect('bakery', confirmation => '" + token + "')");
    EXPECT_EQ(world.sql("SELECT stage FROM pay.integrations WHERE company = 'bakery'"),
              "disconnected");

    const auto stranger =
        world.command("pay.reconnect('bakery', '" + account + "', 'other@example.com')");
    const auto elsewhere =
        world.command("pay.reconnect('bakery', 'acct_none', 'bakery@example.com')");
    EXPECT_EQ(world.sql("SELECT error_code || error_text FROM pay.commands WHERE command_id = '" +
                        stranger + "'"),
              world.sql("SELECT error_code || error_text FROM pay.commands WHERE command_id = '" +
                        elsewhere + "'"))
        << "a wrong address and a wrong account get the same answer";
    const auto back =
        world.command("pay.reconnect('bakery', '" + account + "', 'Bakery@example.com')");
    EXPECT_EQ(world.sql("SELECT state FROM pay.commands WHERE command_id = '" + back + "'"),
              "done");
    EXPECT_EQ(world.sql("SELECT stage FROM pay.integrations WHERE company = 'bakery'"),
              "completed");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.stage_history WHERE company = 'bakery'"), "4");
}

TEST(WholeFlow, RefusesACompanyThatIsNotEnabled) {
    Scenario world;
    world.sql("SELECT pay.register_company('closed', 'Closed', country => 'US')");
    world.sql(
        "INSERT INTO pay.command (company, kind, email) VALUES ('closed', 'connect', "
        "'a@example.com')");
    world.sql("UPDATE pay.company SET enabled = false WHERE company = 'closed'");
    world.start();
    world.wait_for(
        "(SELECT state = 'failed' AND error_code = 'company_not_enabled' AND error_text = "
        "'Please write to help@example.com.' FROM pay.commands WHERE company = 'closed')");
}

}  // namespace
}  // namespace paysync::test
