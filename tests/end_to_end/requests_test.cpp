// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

namespace paysync::test {
namespace {

/// Options of applications beyond a single message, from the SQL function to the mail server.
class Requests : public testing::Test {
protected:
    Requests() {
        world.start();
        world.connect_company("bakery");
    }

    /// A request whose message was accepted.
    std::string sent(const std::string& more = "") {
        const auto id = world.sql(
            "SELECT pay.request_payment('bakery', 'client@example.com', 4250, 'usd', 'Invoice 7'" +
            more + ")");
        wait_for_delivery(id, "sent");
        return id;
    }
    void wait_for_delivery(const std::string& id, const std::string& state) {
        world.wait_for("(SELECT delivery = '" + state +
                       "' FROM pay.payment_requests WHERE request_id = '" + id + "')");
    }
    /// Waits until `count` messages of the kind were accepted, and returns the newest one.
    smtp_sim::Message mail(const std::string& id, const std::string& kind, int count = 1) {
        world.wait_for("(SELECT count(*) = " + std::to_string(count) +
                       " FROM pay.deliveries WHERE request_id = '" + id + "' AND kind = '" + kind +
                       "' AND state = 'sent')");
        smtp_sim::Message newest;
        for (const auto& message :
             world.smtp().accepted_with_header("X-Paysync-Request", id).messages)
            if (message.header("X-Paysync-Kind") == std::vector<std::string>{kind})
                newest = message;
        return newest;
    }
    std::string link_of(const std::string& id) {
        return world.sql("SELECT link_id FROM pay.payment_requests WHERE request_id = '" + id +
                         "'");
    }
    bool active_at_stripe(const std::string& link) {
        return world.stripe().world().link_json(link)["active"].get<bool>();
    }
    void pay(const std::string& id) {
        const auto link = link_of(id);
        const auto lock = world.stripe().world().lock();
        world.stripe().world().pay(link);
    }

    Scenario world;
};

TEST_F(Requests, EveryCopyIsItsOwnMessage) {
    const auto id = sent(", cc => '{books@example.com,boss@example.com}'");
    mail(id, "request", 3);
    const auto delivered = world.mails_of(id);
    EXPECT_EQ(delivered.count, 3U);
    EXPECT_TRUE(delivered.identical);
    std::vector<std::string> recipients;
    for (const auto& message : delivered.messages)
        recipients.insert(recipients.end(), message.recipients.begin(), message.recipients.end());
    std::ranges::sort(recipients);
    EXPECT_EQ(recipients, (std::vector<std::string>{"books@example.com", "boss@example.com",
                                                    "client@example.com"}));
    EXPECT_EQ(delivered.messages[0].header("Cc"),
              std::vector<std::string>{"books@example.com, boss@example.com"});
}

TEST_F(Requests, MessagesHaveTheCompanysBranding) {
    ASSERT_EQ(world.stop(), 0);
    world.configure_mail(
        "feedback_id: examplepay\n  unsubscribe_url: https://pay.example.com/u/{request_id}");
    world.start();
    world.sql(
        "SELECT pay.set_branding('bakery', 'checkout', 'The Bakery', logo => '\\x"
        "89504e470d0a1a0a0000000d49484452000000800000008008020000000001', "
        "logo_media_type => 'image/png')");
    world.sql(
        "SELECT pay.set_mail_template('bakery', 'request', 'Rechnung {{AMOUNT}}', "
        "'Zahlen: {{URL}}', locale => 'de')");
    const auto id = sent(", locale => 'de'");
    const auto message = mail(id, "request");
    EXPECT_EQ(message.header("Subject").at(0).find("Rechnung "), 0U);
    EXPECT_NE(message.header("Content-Type").at(0).find("multipart/related"), std::string::npos);
    EXPECT_NE(message.bytes().find("Zahlen: http"), std::string::npos);
    EXPECT_NE(message.bytes().find("Content-Type: image/png"), std::string::npos);
    EXPECT_EQ(message.header("List-Unsubscribe").at(0), "<https://pay.example.com/u/" + id + ">");
    EXPECT_EQ(message.header("Feedback-ID").at(0), "request:paysync:examplepay");
    world.pay_from_mail(id);
    const auto receipt = mail(id, "receipt");
    EXPECT_NE(receipt.header("Subject").at(0).find("The Bakery"), std::string::npos);
    EXPECT_TRUE(receipt.header("List-Unsubscribe").empty());
    EXPECT_EQ(receipt.bytes().find("Zahlen:"), std::string::npos) << "the words of another kind";
}

TEST_F(Requests, APaymentSendsAReceiptAndANotice) {
    world.sql(
        "SELECT pay.register_company('bakery', admin_emails => '{a@bakery.test,b@bakery.test}')");
    const auto id = sent(", to_name => 'Clara Client'");
    world.pay_from_mail(id);
    const auto receipt = mail(id, "receipt");
    EXPECT_EQ(receipt.recipients, std::vector<std::string>{"client@example.com"});
    EXPECT_NE(receipt.header("Subject").at(0).find("42.50"), std::string::npos);
    const auto notice = mail(id, "notice", 2);
    EXPECT_NE(notice.header("Subject").at(0).find("Invoice 7"), std::string::npos);
}

TEST_F(Requests, AReminderKeepsTheLinkAndStopsWhenPaid) {
    const auto id = sent(", due_on => current_date + 5, reminders => '{-1, 3}'");
    const auto link = link_of(id);
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.deliveries WHERE kind = 'reminder' AND state = "
                        "'queued'"),
              "2");
    world.sql("SELECT pay.remind_payment_request('" + id + "')");
    const auto reminder = mail(id, "reminder");
    EXPECT_NE(reminder.header("Subject").at(0).find("Reminder"), std::string::npos);
    EXPECT_EQ(link_of(id), link);
    world.pay_from_mail(id);
    world.wait_for(
        "(SELECT count(*) = 2 FROM pay.deliveries WHERE kind = 'reminder' AND state = "
        "'cancelled')");
}

TEST_F(Requests, AResendHasANewLinkAndTheOldOneIsSwitchedOffAndVerified) {
    const auto id = sent();
    const auto old = link_of(id);
    world.sql("SELECT pay.resend_payment_request('" + id + "')");
    mail(id, "request", 2);
    EXPECT_NE(link_of(id), old);
    world.wait_for(
        "(SELECT NOT active AND verified_at IS NOT NULL FROM pay_private.payment_link "
        "WHERE link_id = '" +
        old + "')");
    EXPECT_FALSE(active_at_stripe(old));
    EXPECT_TRUE(active_at_stripe(link_of(id)));
}

TEST_F(Requests, AReplacedLinkSendsNoMessage) {
    const auto id = sent();
    const auto old = link_of(id);
    world.sql("SELECT pay.replace_payment_link('" + id + "')");
    world.wait_for("(SELECT link_active AND link_id <> '" + old +
                   "' FROM pay.payment_requests WHERE request_id = '" + id + "')");
    world.wait_for("(SELECT NOT active FROM pay_private.payment_link WHERE link_id = '" + old +
                   "')");
    EXPECT_FALSE(active_at_stripe(old));
    EXPECT_EQ(world.mails_of(id).count, 1U);
    pay(id);
    world.wait_for("(SELECT state = 'paid' FROM pay.payment_requests WHERE request_id = '" + id +
                   "')");
}

TEST_F(Requests, NoReminderIsSentAfterAPaymentAtStripe) {
    // Reconciliation is far behind: only the check of the link before sending can know of the
    // payment.
    ASSERT_EQ(world.stop(), 0);
    world.sql("UPDATE pay_private.stream SET next_run_at = now() + interval '1 hour'");
    world.configure_reconciliation("every: 1h");
    world.start();
    const auto id = sent();
    world.pay_from_mail(id);
    world.sql("SELECT pay.remind_payment_request('" + id + "')");
    world.wait_for("(SELECT state = 'paid' FROM pay.payment_requests WHERE request_id = '" + id +
                   "')");
    EXPECT_EQ(
        world.sql("SELECT string_agg(state, ' ') FROM pay.deliveries WHERE kind = 'reminder'"),
        "cancelled");
    mail(id, "receipt");
    EXPECT_EQ(world.smtp().accepted_with_header("X-Paysync-Kind", "reminder").count, 0U);
}

TEST_F(Requests, DeliveriesOfADisconnectedCompanyAreHeldUntilTheReconnect) {
    const auto account = world.sql("SELECT account_id FROM pay.integrations");
    const auto id = world.sql(
        "SELECT pay.request_payment('bakery', 'client@example.com', 4250, 'usd', 'Invoice 7', "
        "send_after => now() + interval '1 hour')");
    const auto asked = world.command("pay.disconnect('bakery')");
    world.command(
        "pay.disconnect('bakery', (SELECT result ->> 'confirmation' FROM pay.commands "
        "WHERE command_id = '" +
        asked + "'))");
    world.sql("UPDATE pay_private.delivery SET next_attempt_at = now()");
    world.sql("SELECT pg_notify('pay_payment_request', '')");
    world.wait_for("(SELECT reason_code = 'company_disconnected' FROM pay.payment_requests)");
    EXPECT_EQ(world.smtp().messages().size(), 0U);
    world.command("pay.reconnect('bakery', '" + account + "', 'bakery@example.com')");
    wait_for_delivery(id, "sent");
}

}  // namespace
}  // namespace paysync::test
