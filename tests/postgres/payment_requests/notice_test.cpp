// SPDX-License-Identifier: MIT
#include "tests/postgres/payment_requests/queue_fixture.hpp"

namespace paysync::payment_requests::store {
namespace {

/// Mails about refunds, disputes and failed debits.
class Notices : public MailQueue {
protected:
    Notices() { run("UPDATE pay.company SET locale = 'de'"); }

    /// A request whose own mail is sent, and its charge.
    std::string charged(const std::string& status = "succeeded", const std::string& more = "") {
        const auto id = request(more);
        run("UPDATE pay_private.delivery SET state = 'sent', accepted_at = now(), "
            "message_key = 1");
        run("INSERT INTO pay_private.charge (account_id, charge_id, livemode, created, amount, "
            "amount_captured, amount_refunded, currency, status, paid, captured, request_id, "
            " matched_by, row_hash, read_at, method, payer_email) VALUES ('acct_acme', "
            "'ch_1', false, now() - interval '1 day', 1000, 1000, 0, 'eur', '" +
            status + "', true, true, '" + id +
            "', 'metadata', 1, now(), 'sepa_debit', 'somebody@example.com')");
        return id;
    }
    void refund(const std::string& refund_id, const std::string& status = "succeeded",
                const std::string& age = "1 hour") {
        run("INSERT INTO pay_private.refund (account_id, refund_id, created, charge_id, amount, "
            "currency, status, row_hash, read_at) VALUES ('acct_acme', '" +
            refund_id + "', now() - interval '" + age + "', 'ch_1', 400, 'eur', '" + status +
            "', 1, now())");
    }
    void tell(const std::string& function, const std::string& id) {
        run("SELECT pay_private." + function + "('{" + id + "}')");
    }
    /// "kind recipient about" of what is queued.
    std::string queued() {
        return run(
            "SELECT coalesce(string_agg(concat_ws(' ', kind, recipient, about_id), ', ' ORDER BY "
            "kind, "
            "recipient, about_id), 'nothing') FROM pay_private.delivery WHERE state = 'queued'");
    }
};

TEST_F(Notices, ARefundIsToldToThePayerAndTheCompanyOnce) {
    const auto id = charged();
    refund("re_1");
    refund("re_2", "pending");
    refund("re_3", "failed");
    refund("re_4", "succeeded", "8 days");
    tell("queue_refund_mails", id);
    tell("queue_refund_mails", id);
    EXPECT_EQ(queued(),
              "refund p@example.com re_1, refund p@example.com re_2, refund_notice pay@acme.test "
              "re_1, refund_notice pay@acme.test re_2");
    for (const auto& delivery : claim()) {
        ASSERT_TRUE(delivery.money_back);
        EXPECT_EQ(delivery.money_back->amount, 400);
        EXPECT_EQ(delivery.money_back->currency, "eur");
        ASSERT_TRUE(delivery.payment);
        EXPECT_EQ(delivery.payment->amount, 1000);
    }
}

TEST_F(Notices, ARefundThatFailedIsAnAlarmUntilAnotherOneIsMade) {
    charged();
    refund("re_1", "failed", "2 hours");
    EXPECT_EQ(run("SELECT string_agg(alarm, ' ') FROM pay.alarms"), "refund_failed");
    refund("re_2", "pending", "1 hour");
    EXPECT_EQ(run("SELECT count(*) FROM pay.alarms"), "0");
}

TEST_F(Notices, WhatTheCompanyOrTheRequestMutesIsNotSent) {
    const auto id = charged("succeeded", ", receipt_to_payer => false");
    refund("re_1");
    tell("queue_refund_mails", id);
    EXPECT_EQ(queued(), "refund_notice pay@acme.test re_1");
    run("DELETE FROM pay_private.delivery WHERE state = 'queued'");
    run("SELECT pay.register_company('acme', muted_mails => '{refund_notice}')");
    tell("queue_refund_mails", id);
    EXPECT_EQ(queued(), "nothing");
}

TEST_F(Notices, ADisputeIsToldToTheAdministrators) {
    run("SELECT pay.register_company('acme', admin_emails => '{a@acme.test, b@acme.test}')");
    const auto id = charged("succeeded", ", locale => 'fr'");
    run("INSERT INTO pay_private.dispute (account_id, dispute_id, livemode, created, charge_id, "
        "amount, currency, status, reason, charge_refundable, due_by, row_hash, read_at) VALUES "
        "('acct_acme', 'dp_1', false, now(), 'ch_1', 1000, 'eur', 'needs_response', "
        "'product_not_received', false, now() + interval '7 days', 1, now())");
    tell("queue_dispute_mails", id);
    tell("queue_dispute_mails", id);
    EXPECT_EQ(queued(), "dispute_notice a@acme.test dp_1, dispute_notice b@acme.test dp_1");
    const auto delivery = claim().at(0);
    ASSERT_TRUE(delivery.money_back);
    EXPECT_EQ(delivery.money_back->reason, "product_not_received");
    EXPECT_EQ(delivery.money_back->answer_by, run("SELECT (now() AT TIME ZONE 'UTC')::date + 7"));
    EXPECT_EQ(delivery.request.locale, "de") << "the company reads its own language";
}

TEST_F(Notices, AFailedDebitIsToldToThePayerOfAnOpenRequest) {
    const auto id = charged("failed");
    run("SELECT pay_private.queue_debit_failed_mail('" + id + "')");
    run("SELECT pay_private.queue_debit_failed_mail('" + id + "')");
    EXPECT_EQ(queued(), "debit_failed p@example.com ch_1");
    const auto delivery = claim().at(0);
    EXPECT_FALSE(delivery.payment);
    EXPECT_TRUE(open(opening_of(delivery)).has_value()) << "it asks for the payment, with a link";
}

TEST_F(Notices, SettlingARequestTellsOfWhatItsChargesSay) {
    const auto id = charged("failed");
    const auto settle =
        "SELECT count(*) FROM pay_private.settle_requests(ARRAY['" + id + "'::uuid])";
    run(settle);
    EXPECT_EQ(queued(), "debit_failed p@example.com ch_1");
    run("UPDATE pay_private.charge SET status = 'succeeded'");
    refund("re_1");
    run(settle);
    run(settle);
    EXPECT_EQ(queued(),
              "notice pay@acme.test, receipt p@example.com, refund p@example.com re_1, "
              "refund_notice pay@acme.test re_1")
        << "nobody is asked any more";
}

TEST_F(Notices, MutedReceiptsAreNotQueued) {
    run("SELECT pay.register_company('acme', muted_mails => '{receipt, notice}')");
    const auto id = charged();
    run("SELECT count(*) FROM pay_private.settle_requests(ARRAY['" + id + "'::uuid])");
    EXPECT_EQ(queued(), "nothing");
}

}  // namespace
}  // namespace paysync::payment_requests::store
