// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

/// Several mail accounts, and bounces, with the real daemon.
namespace paysync::test {
namespace {

std::string mail_is(const std::string& request, const std::string& state) {
    return "(SELECT delivery = '" + state + "' FROM pay.payment_requests WHERE request_id = '" +
           request + "')";
}

TEST(MailAccounts, AnAccountThatIsDownDelaysNoOther) {
    Scenario world;
    smtp_sim::Server second;
    world.configure_mail(fmt::format(
        "accounts: [{{ name: second, host: 127.0.0.1, port: {}, tls: none, from: {{ address: "
        "pay@example.net, name: Second }}, rate: 50/s }}]",
        second.port()));
    world.start();
    world.connect_company("bakery");
    world.connect_company("florist");
    world.sql("UPDATE pay.company SET mail_account = 'second' WHERE company = 'florist'");
    world.stop_smtp();
    const auto waits = world.request("bakery", "client@example.com");
    world.wait_for_log("mail account default: not available");
    const auto goes = world.request("florist", "client@example.com");
    world.wait_for(mail_is(goes, "sent"));
    ASSERT_EQ(second.messages().size(), 1U);
    const auto message = second.messages()[0];
    EXPECT_EQ(message.from, "pay@example.net");
    EXPECT_NE(message.header("From").at(0).find("The florist via Second <pay@example.net>"),
              std::string::npos)
        << message.header("From").at(0);
    EXPECT_EQ(
        world.sql("SELECT state FROM pay.payment_requests WHERE request_id = '" + waits + "'"),
        "open");
    world.start_smtp();
    world.wait_for(mail_is(waits, "sent"));
    world.wait_for_log("mail account default: available again");
    EXPECT_EQ(second.messages().size(), 1U);

    // A name that is in no configuration: the deliveries wait and use no other account.
    world.sql("UPDATE pay.company SET mail_account = 'third' WHERE company = 'florist'");
    const auto lost = world.request("florist", "other@example.com");
    world.wait_for_log("no mail account is called third; the mails of its companies wait");
    world.wait_for(
        "(SELECT reason_text LIKE '%third%' FROM pay.payment_requests WHERE request_id = '" + lost +
        "')");
    EXPECT_EQ(world.stop(), 0);
}

TEST(MailAccounts, AConnectionIsReusedAndClosedWhenIdle) {
    Scenario world;
    world.configure_smtp("tls: none\n  max_connections: 1\n  idle: 1s");
    world.start();
    world.connect_company("bakery");
    for (int i = 0; i < 3; ++i)
        world.wait_for(mail_is(world.request("bakery", "client@example.com"), "sent"));
    EXPECT_EQ(world.smtp().counters().connections, 1U) << "three mails, one connection";
    while (world.smtp().counters().open > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    world.wait_for(mail_is(world.request("bakery", "client@example.com"), "sent"));
    EXPECT_EQ(world.smtp().counters().connections, 2U);
    EXPECT_EQ(world.stop(), 0);
}

/// A mailbox for bounces.
class BounceMailbox : public testing::Test {
protected:
    BounceMailbox() {
        for (const auto* part : {"new", "cur", "tmp"})
            std::filesystem::create_directories(maildir_ / part);
        world_.configure_mail("bounces: { maildir: " + maildir_.string() + ", every: 200ms }");
        world_.start();
        world_.connect_company("bakery");
    }
    /// Writes a bounce as a mail server would return the request's message.
    void give_back(const std::string& request, const std::string& name) {
        const auto delivered = world_.smtp().accepted_with_header("X-Paysync-Request", request);
        ASSERT_EQ(delivered.count, 1U);
        const auto& message = delivered.messages.front();
        {
            std::ofstream file(maildir_ / "tmp" / name, std::ios::binary);
            file
                << "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
                   "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; "
                   "mx.test\r\n\r\nFinal-Recipient: rfc822; "
                << message.recipients.at(0)
                << "\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 "
                   "nobody\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
                << message.bytes() << "\r\n--b--\r\n";
        }
        std::filesystem::rename(maildir_ / "tmp" / name, maildir_ / "new" / name);
    }
    bool moved(const std::string& name) const {
        return std::filesystem::exists(maildir_ / "cur" / (name + ":2,S"));
    }

    Scenario world_;
    std::filesystem::path maildir_ = world_.folder() / "Maildir";
};

TEST_F(BounceMailbox, SetsASentDeliveryToBounced) {
    const auto request = world_.request("bakery", "nobody@example.com");
    world_.wait_for(mail_is(request, "sent"));
    std::ofstream(maildir_ / "new" / "0.other") << "Subject: I am on holiday\n\nBack soon.\n";
    give_back(request, "1.bounce");
    world_.wait_for(mail_is(request, "bounced"));
    world_.wait_for_log(": bounced: ");
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay.suppression WHERE email = 'nobody@example.com'"),
              "1");
    EXPECT_EQ(world_.log().find("nobody@example.com"), std::string::npos)
        << "no address in the log";
    EXPECT_EQ(world_.stop(), 0);
    EXPECT_TRUE(moved("0.other"));
    EXPECT_TRUE(moved("1.bounce"));
}

TEST_F(BounceMailbox, RecordsEachBounceOnceAcrossACrash) {
    const auto request = world_.request("bakery", "nobody@example.com");
    world_.wait_for(mail_is(request, "sent"));
    ASSERT_EQ(world_.stop(), 0);
    world_.start("after-bounce");
    give_back(request, "1.bounce");
    EXPECT_EQ(world_.daemon().wait(), -SIGKILL) << world_.log();
    EXPECT_FALSE(moved("1.bounce"));
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay.bounces"), "1");
    // An operator removes the suppression and sends again: the old report must not count twice.
    world_.sql("DELETE FROM pay.suppression");
    const auto [code, out] = world_.ctl({"mail", "requeue", request});
    EXPECT_EQ(code, 0) << out;
    world_.start();
    world_.wait_for(mail_is(request, "sent"));
    EXPECT_EQ(world_.stop(), 0);
    EXPECT_TRUE(moved("1.bounce"));
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay.bounces"), "1");
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay.suppression"), "0");
}

}  // namespace
}  // namespace paysync::test
