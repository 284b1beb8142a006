// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/bounces_store.hpp"
#include "tests/postgres/payment_requests/queue_fixture.hpp"

#include <pqxx/pqxx>

namespace paysync::payment_requests::store {
namespace {

class MailBounce : public MailQueue {
protected:
    /// A delivery that was accepted, or whose reply was lost.
    std::string mail(bool in_doubt = false) {
        request_ = request();
        const auto [delivery, attempt] = begin();
        EXPECT_TRUE(commit(delivery, attempt.number));
        if (in_doubt) {
            EXPECT_TRUE(call(&record_in_doubt, delivery.delivery_id, attempt.number,
                             AttemptEnd{"in_doubt", 0, ""}));
        } else {
            EXPECT_TRUE(accepted(delivery, attempt.number));
        }
        return delivery.delivery_id;
    }
    BounceReport report(const std::string& mail, const std::string& source = "maildir:1") const {
        BounceReport report;
        report.source = source;
        report.message_id = "<m." + mail + "@x.test>";
        report.recipient = "P@Example.com";
        report.action = "failed";
        report.status = "5.1.1";
        report.diagnostic = "550 5.1.1 no such mailbox";
        return report;
    }
    std::string take(const BounceReport& report) {
        return call(&apply_bounces, std::vector<BounceReport>{report}).at(0);
    }
    std::string suppressed() {
        return run("SELECT count(*) FROM pay.suppression WHERE lower(email) = 'p@example.com'");
    }

    std::string request_;
};

TEST_F(MailBounce, SetsASentDeliveryToBouncedWithItsEvidence) {
    const auto id = mail();
    EXPECT_EQ(take(report(id)), "bounced");
    EXPECT_EQ(standing(request_), "open/bounced");
    EXPECT_EQ(run("SELECT reason_text FROM pay.payment_requests"),
              "5.1.1 550 5.1.1 no such mailbox");
    EXPECT_EQ(run("SELECT action || status || diagnostic FROM pay.bounces"),
              "failed5.1.1550 5.1.1 no such mailbox");
    EXPECT_EQ(suppressed(), "1");
}

TEST_F(MailBounce, IsRecordedOncePerSource) {
    const auto id = mail();
    EXPECT_EQ(take(report(id)), "bounced");
    EXPECT_EQ(take(report(id)), "known");
    EXPECT_EQ(take(report(id, "maildir:2")), "noted") << "another report about the same";
    EXPECT_EQ(run("SELECT count(*) FROM pay.bounces"), "2");
}

TEST_F(MailBounce, SuppressesTheAddressOnlyIfTheAddressIsAtFault) {
    const auto id = mail();
    auto full = report(id);
    full.status = "5.2.2";
    EXPECT_EQ(take(full), "bounced");
    EXPECT_EQ(suppressed(), "0");
}

TEST_F(MailBounce, SettlesADeliveryInDoubt) {
    const auto id = mail(true);
    auto delayed = report(id);
    delayed.action = "delayed";
    delayed.status = "4.4.7";
    EXPECT_EQ(take(delayed), "settled");
    EXPECT_EQ(standing(request_), "open/sent") << "who delays it has it";
    EXPECT_EQ(suppressed(), "0");

    run("DELETE FROM pay_private.bounce");
    run("UPDATE pay_private.delivery SET state = 'in_doubt'");
    EXPECT_EQ(take(report(id)), "bounced") << "who returns it had it";
    EXPECT_EQ(standing(request_), "open/bounced");
}

TEST_F(MailBounce, IsNotOverwrittenByALaterSmtpReply) {
    request_ = request();
    const auto [delivery, attempt] = begin();
    EXPECT_TRUE(commit(delivery, attempt.number));
    EXPECT_EQ(take(report(delivery.delivery_id)), "bounced");
    EXPECT_FALSE(accepted(delivery, attempt.number));
    EXPECT_EQ(standing(request_), "open/bounced");
}

TEST_F(MailBounce, IsMatchedByOurHeadersIfTheMessageIdDiffers) {
    const auto id = mail();
    auto other = report(id);
    other.message_id = "0102018f@email.amazonses.test";
    EXPECT_EQ(take(other), "unknown");
    other.request_id = "not-a-uuid";
    EXPECT_EQ(take(other), "unknown");
    other.request_id = request_;
    other.kind = "request";
    other.recipient = "forwarded@elsewhere.test";
    EXPECT_EQ(take(other), "bounced") << "there is only one mail that it can be";
}

TEST_F(MailBounce, CanBeReportedByAnApplication) {
    const auto id = mail();
    const auto call_it = [&](const std::string& more) {
        return run("SELECT pay.report_bounce('m." + id + "@x.test'" + more + ")");
    };
    EXPECT_EQ(call_it(", action => 'delayed', report_key => 'a'"), "noted");
    EXPECT_EQ(call_it(", action => 'delayed', report_key => 'a'"), "known");
    EXPECT_THROW(call_it(", action => 'lost'"), pqxx::sql_error);
    EXPECT_THROW(call_it(", status => 'five'"), pqxx::sql_error);
    EXPECT_THROW(run("SELECT pay.report_bounce('nobody@x.test')"), pqxx::sql_error);
    EXPECT_EQ(call_it(", status => '5.1.1'"), "bounced");
    EXPECT_EQ(suppressed(), "1");
}

TEST_F(MailBounce, AnOperatorCanRequeueABouncedDelivery) {
    const auto id = mail();
    EXPECT_EQ(take(report(id)), "bounced");
    EXPECT_EQ(call(&requeue, std::string("00000000-0000-0000-0000-000000000000")), 0);
    EXPECT_EQ(call(&requeue, request_), 1);
    EXPECT_EQ(call(&requeue, request_), 0) << "it is on its way";
    EXPECT_EQ(standing(request_), "open/queued");
    run("DELETE FROM pay.suppression");
    const auto again = claim();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].number, 2);
}

TEST_F(MailBounce, RequeuingTheDeliveryReopensAFailedRequest) {
    request_ = request();
    const auto [delivery, attempt] = begin();
    EXPECT_TRUE(call(&record_failed, delivery.delivery_id, attempt.number,
                     AttemptEnd{"refused", 550, "550 5.7.1 no", "mail_refused"}, false));
    EXPECT_EQ(standing(request_), "failed/failed");
    EXPECT_EQ(call(&requeue, delivery.delivery_id), 1);
    EXPECT_EQ(standing(request_), "open/queued");
}

TEST_F(MailBounce, ARequeuedReminderIsWrittenAgain) {
    mail();
    run("SELECT pay.remind_payment_request('" + request_ + "')");
    const auto [reminder, attempt] = begin();
    EXPECT_EQ(reminder.kind, DeliveryKind::reminder);
    EXPECT_TRUE(call(&record_failed, reminder.delivery_id, attempt.number,
                     AttemptEnd{"refused", 550, "550 5.7.1 no", "mail_refused"}, false));
    EXPECT_EQ(call(&requeue, reminder.delivery_id), 1);
    const auto again = claim();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_FALSE(again[0].frozen);
    EXPECT_TRUE(open(opening_of(again[0])).has_value());
}

TEST_F(MailQueue, OnlyTheLinesThatAreAskedForAreClaimed) {
    connect("berta");
    run("UPDATE pay.company SET mail_account = 'second' WHERE company = 'berta'");
    request();
    request("", "berta");
    const auto companies = [&](const std::vector<Line>& asked) {
        std::string names;
        const auto token = call(&leases::new_token);
        for (const auto& mail :
             call(&claim_due, token, asked, std::vector<std::string>(), 60.0, std::string("d1"))
                 .deliveries) {
            names += mail.request.company + ":" + mail.mail_account + " ";
            run("UPDATE pay_private.delivery SET leased_until = NULL, lease_token = NULL");
        }
        return names;
    };
    EXPECT_EQ(companies({lines()[1]}), "berta:second ");
    EXPECT_EQ(companies({lines()[0]}), "acme: ");
    EXPECT_EQ(companies({}), "");
    EXPECT_EQ(companies(lines()), "acme: berta:second ");
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.delivery WHERE attempts > 0 OR put_off > 0"),
              "0");
}

TEST_F(MailQueue, AFrozenMessageKeepsItsMailAccount) {
    run("UPDATE pay.company SET mail_account = 'second'");
    request();
    auto delivery = claim().at(0);
    EXPECT_EQ(delivery.mail_account, "second");
    auto opening = opening_of(delivery);
    opening.message->mail_account = delivery.mail_account;
    opening.store_only = true;
    EXPECT_FALSE(open(opening).has_value()) << "stored, and no attempt";
    EXPECT_EQ(run("SELECT attempts FROM pay_private.delivery"), "0");
    run("UPDATE pay.company SET mail_account = 'third'");
    expire_leases();
    delivery = claim().at(0);
    EXPECT_TRUE(delivery.frozen);
    EXPECT_EQ(delivery.mail_account, "second");
    EXPECT_TRUE(open(opening_of(delivery)).has_value());
}

}  // namespace
}  // namespace paysync::payment_requests::store
