// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/links_store.hpp"
#include "tests/postgres/reconciliation/fixture.hpp"

namespace paysync::reconciliation::store {
namespace {

using test::charge;
using test::paying;

/// pay_private.settle_requests(): what follows from each state. The function of the facts alone is
/// tested in pgtap/request_state.sql.
class RequestState : public test::ReconciliationTest {
protected:
    void close(const std::string& request_id, const std::string& as) {
        run(fmt::format("SELECT pay_private.close_request('{}', '{}', '{}', 'words')", request_id,
                        as, as));
    }
    std::string reason(const std::string& request_id) {
        return value("SELECT reason_code FROM pay.payment_request WHERE request_id = '" +
                     request_id + "'");
    }
};

TEST_F(RequestState, APaymentAfterTheEndIsPaidAndADiscrepancy) {
    for (const std::string state : {"cancelled", "expired", "failed"}) {
        const auto id = request();
        close(id, state);
        EXPECT_EQ(standing(id), state + " 0 false");
        store({paying(charge(state), id)});
        EXPECT_EQ(standing(id), "paid 1250 false");
        EXPECT_EQ(value(fmt::format("SELECT evidence #>> '{{request,closed_as}}' FROM "
                                    "pay_private.discrepancy WHERE kind = 'paid_after_close' AND "
                                    "subject = '{}'",
                                    id)),
                  state);
        EXPECT_EQ(reason(id), "paid_after_close");
        EXPECT_EQ(
            value(fmt::format("SELECT deactivation_reason FROM pay_private.payment_link WHERE "
                              "request_id = '{}'",
                              id)),
            state);
        auto back = paying(charge(state), id);
        back["amount_refunded"] = 1250;
        store({back});
        EXPECT_EQ(standing(id), "refunded 1250 false");
        EXPECT_EQ(discrepancies(), "NULL") << "the money went back";
    }
}

TEST_F(RequestState, ADebitOnItsWayIsShownAndHoldsTheMails) {
    const auto id = request();
    auto debit = paying(charge("1"), id);
    debit["status"] = "pending";
    store({debit});
    EXPECT_EQ(standing(id), "processing 0 false");
    EXPECT_EQ(value("SELECT amount_processing FROM pay.payment_requests"), "1250");
    debit["status"] = "failed";
    debit["captured"] = false;
    store({debit});
    EXPECT_EQ(standing(id), "open 0 false");
    EXPECT_EQ(value("SELECT link_wanted_at IS NOT NULL FROM pay.payment_request"), "t")
        << "the old link is used up";
    store({paying(charge("2"), id)});
    EXPECT_EQ(standing(id), "paid 1250 false");
    EXPECT_EQ(value("SELECT link_wanted_at FROM pay.payment_request"), "NULL");
}

TEST_F(RequestState, APaymentThatFailsLaterOpensTheRequestAgain) {
    const auto id = request();
    auto debit = paying(charge("1"), id);
    store({debit});
    EXPECT_EQ(standing(id), "paid 1250 false");
    debit["status"] = "failed";
    store({debit});
    EXPECT_EQ(standing(id), "open 0 false");
    EXPECT_EQ(value("SELECT concat_ws('|', paid_at, link_wanted_at IS NOT NULL) FROM "
                    "pay.payment_request"),
              "t");
}

TEST_F(RequestState, AnAuthorisationIsNoPaymentAndItsReleaseNoRefund) {
    const auto id = request();
    auto hold = paying(charge("1"), id);
    hold["captured"] = false;
    hold["amount_captured"] = 0;
    store({hold});
    EXPECT_EQ(standing(id), "authorized 0 false");
    hold["captured"] = true;
    hold["amount_captured"] = 1000;
    hold["amount_refunded"] = 250;
    store({hold});
    EXPECT_EQ(standing(id), "partially_paid 1000 false");
    EXPECT_EQ(value("SELECT amount_refunded FROM pay.payment_requests"), "0");
    hold["amount_refunded"] = 1250;
    store({hold});
    EXPECT_EQ(standing(id), "refunded 1000 false");

    const auto released = request();
    auto other = paying(charge("2"), released);
    other["captured"] = false;
    other["amount_captured"] = 0;
    other["amount_refunded"] = 1250;
    other["refunded"] = true;
    store({other});
    EXPECT_EQ(standing(released), "open 0 true");
}

TEST_F(RequestState, AStateReachedInOneStepEndsWhatAsksForMoney) {
    for (const bool disputed : {false, true}) {
        const auto id = request();
        run("INSERT INTO pay_private.delivery (request_id, company, kind, recipient, "
            "next_attempt_at) SELECT request_id, company, 'reminder', to_email, now() + interval "
            "'1 day' FROM pay.payment_request WHERE request_id = '" +
            id + "'");
        const std::string name = disputed ? "d" : "r";
        auto item = paying(charge(name), id);
        if (disputed)
            run("INSERT INTO pay_private.dispute (account_id, dispute_id, livemode, created, "
                "charge_id, amount, currency, status, reason, charge_refundable, row_hash, "
                "read_at) VALUES ('acct_1', 'dp_1', false, now(), 'ch_d', 1250, 'usd', "
                "'needs_response', 'fraudulent', false, 1, now())");
        else
            item["amount_refunded"] = 1250;
        store({item});
        EXPECT_EQ(standing(id), (disputed ? "disputed" : "refunded") + std::string(" 1250 false"));
        EXPECT_EQ(value("SELECT state FROM pay_private.delivery WHERE kind = 'reminder' AND "
                        "request_id = '" +
                        id + "'"),
                  "cancelled");
        EXPECT_EQ(value("SELECT count(*) FROM pay_private.delivery WHERE kind = 'receipt' AND "
                        "request_id = '" +
                        id + "'"),
                  "0")
            << "no receipt for money that went back";
    }
    EXPECT_EQ(value("SELECT amount_net FROM pay.payment_requests WHERE state = 'disputed'"), "0");
}

TEST_F(RequestState, ASurplusThatIsGivenBackEndsTheDiscrepancy) {
    const auto id = request();
    auto second = paying(charge("2"), id);
    store({paying(charge("1"), id), second});
    EXPECT_EQ(discrepancies(), "overpaid");
    second["amount_refunded"] = 1250;
    store({second});
    EXPECT_EQ(standing(id), "paid 2500 false");
    EXPECT_EQ(discrepancies(), "NULL");
    EXPECT_EQ(value("SELECT state || ' ' || (verified_at IS NOT NULL) FROM "
                    "pay_private.discrepancy"),
              "repaired true");
}

TEST_F(RequestState, ThePartThatIsMissingCanBePaidByALinkOfItsOwn) {
    const auto id = request();
    store({paying(charge("1", 1000), id)});
    const auto wanted = call(payment_requests::store::claim_link_work, 10, std::string(),
                             std::vector<std::string>(), 60.0)
                            .missing;
    ASSERT_EQ(wanted.size(), 1u);
    EXPECT_EQ(wanted[0].amount, 1250);
    EXPECT_EQ(wanted[0].amount_due, 250);
}

TEST_F(RequestState, ADebitIsPaidWhenItSucceedsAndGetsItsReceiptThen) {
    const auto id = request();
    auto debit = paying(charge("1"), id);
    debit["created"] = test::an_hour_ago() - 10 * 86400;
    debit["status"] = "pending";
    store({debit});
    debit["status"] = "succeeded";
    store({debit});
    EXPECT_EQ(value("SELECT paid_at > now() - interval '1 day' FROM pay.payment_request"), "t");
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.delivery WHERE kind = 'receipt'"), "1");
}

TEST_F(RequestState, AMultiPartyRequestEndsByDecisionOrByItsLargestNumber) {
    const auto closed = request({{"multi_party", "true"}});
    store({paying(charge("1"), closed)});
    EXPECT_EQ(value("SELECT pay.cancel_payment_request('" + closed + "')"), "paid");
    EXPECT_EQ(standing(closed), "paid 1250 false");
    EXPECT_EQ(discrepancies(), "NULL") << "it was paid before";
    store({paying(charge("2"), closed)});
    EXPECT_EQ(discrepancies(), "paid_after_close");

    const auto limited = request({{"multi_party", "true"}, {"max_payments", "2"}});
    store({paying(charge("3"), limited)});
    EXPECT_EQ(standing(limited), "paid 1250 true");
    store({paying(charge("4"), limited)});
    EXPECT_EQ(standing(limited), "paid 2500 false");

    const auto expired = request({{"multi_party", "true"}});
    store({paying(charge("5"), expired)});
    run("UPDATE pay.payment_request SET expires_at = now() + interval '1 microsecond' WHERE "
        "request_id = '" +
        expired + "'");
    EXPECT_EQ(call(payment_requests::store::expire_requests, 100, std::string()).expired, 1);
    EXPECT_EQ(standing(expired), "paid 1250 false");
    EXPECT_EQ(
        value("SELECT closed_as FROM pay.payment_requests WHERE request_id = '" + expired + "'"),
        "expired");
}

TEST_F(RequestState, RefundsAndLaterPaymentsChangeTheState) {
    const auto id = request();
    auto item = paying(charge("1"), id);
    store({item});
    item["amount_refunded"] = 1249;
    store({item});
    EXPECT_EQ(standing(id), "partially_refunded 1250 false");
    EXPECT_EQ(value("SELECT amount_net FROM pay.payment_requests"), "1");
    item["amount_refunded"] = 1250;
    item["refunded"] = true;
    store({item});
    EXPECT_EQ(standing(id), "refunded 1250 false");
    item["amount_refunded"] = 0;
    item["refunded"] = false;
    store({item});
    EXPECT_EQ(standing(id), "paid 1250 false") << "the refund failed";
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.delivery WHERE kind = 'receipt'"), "1");
    EXPECT_EQ(discrepancies(), "NULL");
}

}  // namespace
}  // namespace paysync::reconciliation::store
