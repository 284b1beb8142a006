// SPDX-License-Identifier: MIT
#include "tests/postgres/payment_requests/queue_fixture.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace paysync::payment_requests::store {
namespace {

/// Deliveries that wait for somebody: a lock, a company, a mail account, an operator.
class HeldMails : public MailQueue {};

/// Another transaction, such as an application's, that is open while the test goes on.
class OpenTransaction {
public:
    OpenTransaction(const std::string& dsn, const std::string& sql) : connection_(dsn) {
        tx_.emplace(connection_);
        tx_->exec(sql);
    }

private:
    pqxx::connection connection_;
    std::optional<pqxx::work> tx_;
};

TEST_F(HeldMails, ALockedRequestDoesNotStopAClaimOfWhatBecomesDue) {
    const auto locked = request(), other = request();
    run("UPDATE pay_private.delivery SET due = false");
    const OpenTransaction application(
        database_.dsn(),
        "SELECT FROM pay.payment_request WHERE request_id = '" + locked + "' FOR UPDATE");
    const auto claimed = claim();
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].request.request_id, other);
}

TEST_F(HeldMails, ALockedRequestStepsAsideAndTheOthersGoOn) {
    const auto locked = request(), free = request();
    const auto mails = claim();
    ASSERT_EQ(mails.size(), 2U);
    std::vector<NewAttempt> openings{opening_of(mails[0]), opening_of(mails[1])};
    const auto begin = std::chrono::steady_clock::now();
    {
        const OpenTransaction application(
            database_.dsn(),
            "SELECT FROM pay.payment_request WHERE request_id = '" + locked + "' FOR UPDATE");
        const auto answers = call(&open_attempts, openings);
        for (std::size_t i = 0; i < mails.size(); ++i) {
            EXPECT_EQ(answers.at(i).busy, mails[i].request.request_id == locked);
            EXPECT_EQ(answers.at(i).attempt.has_value(), mails[i].request.request_id == free);
        }
    }
    const auto& mine = mails[mails[0].request.request_id == free ? 0 : 1];
    {
        const OpenTransaction application(database_.dsn(),
                                          "SELECT pay.cancel_payment_request('" + free + "')");
        EXPECT_EQ(promise(mine, 1), Promise::busy) << "it may be cancelled";
        call(&leases::renew, kDeliveryLeases, token_, 60.0);
    }
    EXPECT_EQ(promise(mine, 1), Promise::made) << "it was not";
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5))
        << "nobody waited for a lock";
}

TEST_F(HeldMails, ThePromiseLooksAtLinkCompanyStageAndRecipientAgain) {
    const std::pair<const char*, const char*> changes[] = {
        {"UPDATE pay_private.payment_link SET wanted_active = false",
         "UPDATE pay_private.payment_link SET wanted_active = true"},
        {"UPDATE pay_private.payment_link SET active = false",
         "UPDATE pay_private.payment_link SET active = true"},
        {"UPDATE pay.company SET enabled = false", "UPDATE pay.company SET enabled = true"},
        {"SELECT pay_private.record_stage('acct_acme', 'incomplete', 'x', 'merchant', 'test', 'r')",
         "SELECT pay_private.record_stage('acct_acme', 'completed', 'enabled', 'none', 'test', "
         "'r')"},
        {"INSERT INTO pay.suppression (email, reason) VALUES ('P@Example.com', 'x')",
         "DELETE FROM pay.suppression"},
    };
    request();
    const auto [mail, attempt] = begin();
    for (const auto& [change, back] : changes) {
        run(change);
        EXPECT_EQ(promise(mail, attempt.number), Promise::refused) << change;
        run(back);
    }
    EXPECT_EQ(promise(mail, attempt.number), Promise::made);
}

TEST_F(HeldMails, DeliveriesOfADisabledCompanyGoWhenItIsEnabled) {
    for (int i = 0; i < 3; ++i)
        request();
    run("UPDATE pay.company SET enabled = false");
    for (const auto& mail : claim()) {
        EXPECT_FALSE(mail.company_enabled);
        call(&postpone, mail.delivery_id, mail.token, 3600.0, std::string("company_disabled"),
             std::string("x"));
    }
    EXPECT_TRUE(claim().empty());
    run("UPDATE pay.company SET enabled = true");
    EXPECT_EQ(claim().size(), 3U);
}

TEST_F(HeldMails, ManyHeldDeliveriesAreReleasedInBatches) {
    run("INSERT INTO pay.payment_request (company, to_email, amount, currency, description) SELECT "
        "'acme', 'p@example.com', 100, 'eur', 'x' FROM generate_series(1, 750) i;"
        "UPDATE pay_private.delivery SET next_attempt_at = now() + interval '1 hour', reason_code "
        "= 'company_not_ready'");
    const auto due = "SELECT count(*) FROM pay_private.delivery WHERE due";
    run("SELECT pay_private.record_stage('acct_acme', 'incomplete', 'x', 'merchant', 'test', 'r')");
    run("SELECT pay_private.record_stage('acct_acme', 'completed', 'enabled', 'none', 'test', "
        "'r')");
    EXPECT_EQ(run(due), "500");
    EXPECT_TRUE(call(&release_held));
    EXPECT_EQ(run(due), "600");
    while (call(&release_held)) {
    }
    EXPECT_EQ(run(due), "750");
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.held_company"), "0");
}

TEST_F(HeldMails, AHeldMailAccountGetsNoDeliveryFromAnyDaemon) {
    request();
    EXPECT_TRUE(call(&hold_account, std::string("main"), std::string("the provider asked us")));
    EXPECT_FALSE(call(&hold_account, std::string("main"), std::string("again")));
    EXPECT_TRUE(claim().empty());
    EXPECT_TRUE(call(&resume_account, std::string("main")));
    EXPECT_FALSE(call(&resume_account, std::string("main")));
    EXPECT_EQ(claim().size(), 1U);
}

TEST_F(HeldMails, DeliveriesOfAnAccountThatIsGoneGoByTheirCompanysAccount) {
    connect("berta");
    run("UPDATE pay.company SET mail_account = 'gone'");
    const auto stray = request();
    const auto waits = request("", "berta");
    EXPECT_TRUE(claim().empty());
    run("UPDATE pay.company SET mail_account = NULL WHERE company = 'acme'");
    const std::vector<std::string> known{"main", "second"};
    EXPECT_EQ(call(&move_strays, known, 10).moved, 0) << "another daemon may know the account";
    run("UPDATE pay_private.delivery SET next_attempt_at = now() - interval '1 minute'");
    const auto strays = call(&move_strays, known, 10);
    EXPECT_EQ(strays.moved, 1);
    EXPECT_EQ(strays.waiting, 1);
    EXPECT_EQ(strays.account, "gone");
    EXPECT_EQ(call(&move_strays, known, 10).waiting, 0) << "not again for a minute";
    auto mails = claim();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].request.request_id, stray);
    EXPECT_EQ(
        run("SELECT reason_text FROM pay.payment_requests WHERE request_id = '" + waits + "'"),
        "no mail account is called gone");
    run("UPDATE pay.company SET mail_account = 'second' WHERE company = 'berta'");
    mails = claim();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].mail_account, "second");
}

TEST_F(HeldMails, ADoubtThatWasOvertakenIsNotSentAThirdTime) {
    const auto id = request();
    const auto [mail, attempt] = begin();
    ASSERT_TRUE(commit(mail, attempt.number));
    EXPECT_TRUE(call(&record_in_doubt, mail.delivery_id, attempt.number,
                     AttemptEnd{"in_doubt", 0, "", "in_doubt"}));
    run("SELECT pay.resend_payment_request('" + id + "')");
    EXPECT_EQ(call(&resolve_in_doubt, mail.delivery_id, false), 1);
    EXPECT_EQ(run("SELECT string_agg(number || ' ' || state || ' ' || coalesce(reason_code, ''), "
                  "', ' ORDER BY number) FROM pay_private.delivery"),
              "1 cancelled overtaken, 2 queued ");
    EXPECT_EQ(claim().size(), 1U) << "the later one only";
}

TEST_F(HeldMails, AReceiptIsNotOvertakenByThatOfAnotherPayment) {
    request();
    run("INSERT INTO pay_private.delivery (request_id, company, kind, recipient, number, "
        "charge_id) "
        "SELECT request_id, 'acme', kind, 'p@example.com', n, CASE kind WHEN 'receipt' THEN 'ch_' "
        "|| n END FROM pay.payment_request, generate_series(1, 2) n, unnest(ARRAY['receipt', "
        "'reminder']) kind");
    EXPECT_EQ(run("SELECT string_agg(kind || ' ' || pay_private.is_overtaken(d), ', ' ORDER BY "
                  "kind) FROM pay_private.delivery d WHERE number = 1 AND kind <> 'request'"),
              "receipt false, reminder true");
}

TEST_F(HeldMails, FailedDeliveriesAreQueuedAgainInBatchesByReasonAndTime) {
    for (int i = 0; i < 5; ++i) {
        request();
        const auto [mail, attempt] = begin();
        EXPECT_TRUE(call(
            &record_failed, mail.delivery_id, attempt.number,
            AttemptEnd{"refused", 550, "550 5.7.1 no", i == 4 ? "mail_given_up" : "mail_refused"},
            false));
    }
    run("UPDATE pay_private.delivery_attempt SET finished_at = now() - interval '2 days' WHERE "
        "delivery_id = (SELECT delivery_id FROM pay_private.delivery ORDER BY seq LIMIT 1)");
    Requeue requeue;
    requeue.reason = "mail_refused";
    requeue.since = "yesterday";
    requeue = call(&requeue_batch, requeue);
    EXPECT_EQ(requeue.queued, 3);
    EXPECT_FALSE(requeue.more);
    EXPECT_EQ(claim().size(), 3U);
}

TEST_F(HeldMails, OldMessagesLoseTheirBytesUnlessTheyMayStillBeSent) {
    request(", cc => '{c@example.com}'");
    const auto [sent, attempt] = begin();
    ASSERT_TRUE(commit(sent, attempt.number));
    ASSERT_TRUE(accepted(sent, attempt.number));
    run("UPDATE pay_private.message SET frozen_at = now() - interval '100 days'");
    const auto prune = "SELECT pay_private.prune_messages('90 days', 10)";
    EXPECT_EQ(run(prune), "0") << "the copy is not sent yet";
    const auto copy = claim().at(0);
    const auto other = open(opening_of(copy));
    ASSERT_TRUE(other.has_value());
    EXPECT_EQ(other->bytes, kBytes);
    ASSERT_TRUE(commit(copy, other->number));
    ASSERT_TRUE(accepted(copy, other->number));
    EXPECT_EQ(run(prune), "1");
    EXPECT_EQ(run(prune), "0");
    EXPECT_EQ(run("SELECT message_size || ' ' || (message_sha256 IS NOT NULL) FROM pay.deliveries "
                  "LIMIT 1"),
              std::to_string(kBytes.size()) + " true");
}

TEST_F(HeldMails, BytesAreReadWhateverTheDatabasesOutputFormat) {
    request();
    begin();
    expire_leases();
    run("SET bytea_output = escape");
    EXPECT_EQ(open(opening_of(claim().at(0)))->bytes, kBytes);
}

}  // namespace
}  // namespace paysync::payment_requests::store
