// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/matching_store.hpp"
#include "jobs/payment_requests/links_store.hpp"
#include "jobs/reconciliation/sessions_store.hpp"
#include "tests/postgres/reconciliation/fixture.hpp"

namespace paysync::reconciliation::store {
namespace {

using test::charge;
using test::Json;
using test::paying;

class ReconciliationMatching : public test::ReconciliationTest {
protected:
    std::string matched(const std::string& charge_id) {
        return value(fmt::format(
            "SELECT concat_ws(' ', request_id, matched_by) FROM pay_private.charge WHERE "
            "charge_id = '{}'",
            charge_id));
    }
    std::string evidence(const std::string& kind, const std::string& path) {
        return value(
            fmt::format("SELECT evidence #>> '{}' FROM pay_private.discrepancy WHERE kind = "
                        "'{}' AND state = 'open'",
                        path, kind));
    }
    void close(const std::string& request_id, const std::string& as) {
        run(fmt::format("SELECT pay_private.close_request('{}', '{}', '{}', 'words')", request_id,
                        as, as));
    }
    std::string reason(const std::string& request_id) {
        return value("SELECT reason_code FROM pay.payment_request WHERE request_id = '" +
                     request_id + "'");
    }
    Stored ask_sessions(const std::string& charge_id, const std::vector<Json>& sessions) {
        return call(store_sessions, lease_, charge_id, test::page_of(sessions));
    }
};

Json session(const std::string& intent, const Json& link) {
    return {{"id", "cs_1"},
            {"object", "checkout.session"},
            {"payment_intent", intent},
            {"payment_link", link}};
}

TEST_F(ReconciliationMatching, AFullPaymentMakesTheRequestPaidAndItsLinkUnwanted) {
    const auto id = request();
    const auto stored = store({paying(charge("1"), id)});
    ASSERT_EQ(stored.settled.size(), 1u);
    EXPECT_EQ(stored.settled[0].state, "paid");
    EXPECT_EQ(stored.settled[0].was, "open");
    EXPECT_EQ(standing(id), "paid 1250 false");
    EXPECT_EQ(matched("ch_1"), id + " metadata");
    EXPECT_EQ(value("SELECT paid_at = c.created FROM pay.payment_request r, pay_private.charge c"),
              "t");
    EXPECT_EQ(value("SELECT deactivation_reason FROM pay_private.payment_link"), "paid");
    EXPECT_EQ(value("SELECT request_id::text FROM pay_private.charge_history"), id);
    EXPECT_EQ(discrepancies(), "NULL");
    EXPECT_TRUE(store({paying(charge("1"), id)}).settled.empty());
}

TEST_F(ReconciliationMatching, ASecondPaymentMakesTheRequestOverpaid) {
    const auto id = request();
    store({paying(charge("1"), id)});
    store({paying(charge("2"), id)});
    EXPECT_EQ(standing(id), "overpaid 2500 false");
    EXPECT_EQ(discrepancies(), "overpaid");
    EXPECT_EQ(evidence("overpaid", "{charges,0,charge_id}"), "ch_1");
    EXPECT_EQ(evidence("overpaid", "{charges,1,charge_id}"), "ch_2");
    EXPECT_EQ(value("SELECT paid_at = c.created FROM pay.payment_request r, pay_private.charge c "
                    "WHERE c.charge_id = 'ch_1'"),
              "t");
    store({paying(charge("3"), id)});
    EXPECT_EQ(discrepancies(), "overpaid");
    EXPECT_EQ(evidence("overpaid", "{charges,2,charge_id}"), "ch_3");
}

TEST_F(ReconciliationMatching, ASettledDiscrepancyReopensOnlyWithMoreMoney) {
    const auto id = request();
    store({paying(charge("1"), id), paying(charge("2"), id)});
    run("UPDATE pay_private.discrepancy SET state = 'accepted', resolved_at = now(), "
        "resolution = 'a gift'");
    auto refunded = paying(charge("1"), id);
    refunded["amount_refunded"] = 1;
    store({refunded});
    EXPECT_EQ(discrepancies(), "NULL");
    store({paying(charge("3"), id)});
    EXPECT_EQ(discrepancies(), "overpaid");
}

TEST_F(ReconciliationMatching, ASmallerPaymentIsPartial) {
    const auto id = request();
    store({paying(charge("1", 1000), id)});
    EXPECT_EQ(standing(id), "partially_paid 1000 false");
    EXPECT_EQ(value("SELECT paid_at FROM pay.payment_request"), "NULL");
    EXPECT_EQ(discrepancies(), "underpaid");
    store({paying(charge("2", 250), id)});
    EXPECT_EQ(standing(id), "paid 1250 false");
}

TEST_F(ReconciliationMatching, EveryPayerOfAMultiPartyRequestPaysIt) {
    const auto id = request({{"multi_party", "true"}});
    store({paying(charge("1"), id)});
    EXPECT_EQ(standing(id), "paid 1250 true");
    store({paying(charge("2"), id)});
    EXPECT_EQ(standing(id), "paid 2500 true");
    EXPECT_EQ(discrepancies(), "NULL");
}

TEST_F(ReconciliationMatching, APaymentInAnotherCurrencyIsNotMatched) {
    const auto id = request();
    store({paying(charge("1", 1250, "eur"), id)});
    EXPECT_EQ(standing(id), "open 0 true");
    EXPECT_EQ(matched("ch_1"), "refused");
    EXPECT_EQ(discrepancies(), "wrong_currency");
    EXPECT_EQ(evidence("wrong_currency", "{charge,currency}"), "eur");
    EXPECT_EQ(evidence("wrong_currency", "{request,currency}"), "usd");
}

TEST_F(ReconciliationMatching, APaymentToAnotherCompanysAccountIsNotMatched) {
    const auto id = request();
    run("SELECT pay.register_company('beta', 'Beta Ltd')");
    call(release_done, lease_, false);
    connect("acct_2", "beta");
    run("UPDATE pay_private.stream SET next_run_at = now() - interval '1 day' "
        "WHERE account_id = 'acct_2'");
    lease_ = claim().value().lease;
    ASSERT_EQ(lease_.account_id, "acct_2");
    store({paying(charge("1"), id)});
    EXPECT_EQ(standing(id), "open 0 true");
    EXPECT_EQ(discrepancies(), "wrong_account");
    EXPECT_EQ(evidence("wrong_account", "{charge,account_id}"), "acct_2");
}

TEST_F(ReconciliationMatching, APaymentToAFormerAccountWithALinkOfTheRequestIsMatched) {
    const auto id = request();
    run("UPDATE pay.payment_request SET account_id = 'acct_9'");
    store({paying(charge("1"), id)});
    EXPECT_EQ(standing(id), "paid 1250 false");
}

TEST_F(ReconciliationMatching, APaymentIsMatchedBeforeItsLinkIsRecorded) {
    const auto id = request();
    run("UPDATE pay.payment_request SET account_id = NULL, livemode = NULL;"
        "DELETE FROM pay_private.payment_link");
    store({paying(charge("1"), id)});
    EXPECT_EQ(value("SELECT state FROM pay.payment_request"), "paid");
}

TEST_F(ReconciliationMatching, ARequestOfTheOtherModeIsNotMatched) {
    const auto id = request();
    run("UPDATE pay.payment_request SET livemode = true");
    store({paying(charge("1"), id)});
    EXPECT_EQ(standing(id), "open 0 true");
    EXPECT_EQ(discrepancies(), "wrong_mode");
}

TEST_F(ReconciliationMatching, APaymentAfterTheEndIsPaidAndADiscrepancy) {
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

TEST_F(ReconciliationMatching, ADebitOnItsWayIsShownAndHoldsTheMails) {
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

TEST_F(ReconciliationMatching, APaymentThatFailsLaterOpensTheRequestAgain) {
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

TEST_F(ReconciliationMatching, AnAuthorisationIsNoPaymentAndItsReleaseNoRefund) {
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

TEST_F(ReconciliationMatching, AStateReachedInOneStepEndsWhatAsksForMoney) {
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

TEST_F(ReconciliationMatching, ASurplusThatIsGivenBackEndsTheDiscrepancy) {
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

TEST_F(ReconciliationMatching, ThePartThatIsMissingCanBePaidByALinkOfItsOwn) {
    const auto id = request();
    store({paying(charge("1", 1000), id)});
    const auto wanted = call(payment_requests::store::claim_requests_without_link, 10, 60.0);
    ASSERT_EQ(wanted.size(), 1u);
    EXPECT_EQ(wanted[0].amount, 1250);
    EXPECT_EQ(wanted[0].amount_due, 250);
}

TEST_F(ReconciliationMatching, ADebitIsPaidWhenItSucceedsAndGetsItsReceiptThen) {
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

TEST_F(ReconciliationMatching, AMultiPartyRequestEndsByDecisionOrByItsLargestNumber) {
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
    EXPECT_EQ(call(payment_requests::store::expire_requests, 100), 1);
    EXPECT_EQ(standing(expired), "paid 1250 false");
    EXPECT_EQ(value("SELECT closed_as FROM pay.payment_requests WHERE request_id = '" + expired +
                    "'"),
              "expired");
}

TEST_F(ReconciliationMatching, FailedPaymentsChangeNoRequest) {
    const auto id = request();
    auto failed = paying(charge("1"), id);
    failed["status"] = "failed";
    failed["captured"] = false;
    EXPECT_TRUE(store({failed}).settled.empty());
    EXPECT_EQ(standing(id), "open 0 true");
    EXPECT_EQ(matched("ch_1"), id + " metadata");
}

TEST_F(ReconciliationMatching, RefundsAndLaterPaymentsChangeTheState) {
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

TEST_F(ReconciliationMatching, APaymentSettlesADeliveryInDoubt) {
    const auto id = request();
    run("UPDATE pay_private.delivery SET state = 'in_doubt', accepted_at = NULL, "
        "reason_code = 'in_doubt'");
    const auto stored = store({paying(charge("1"), id)});
    EXPECT_TRUE(stored.settled.at(0).delivery_proven);
    EXPECT_EQ(value("SELECT concat_ws('|', delivery, sent_at IS NOT NULL, reason_code) FROM "
                    "pay.payment_requests"),
              "sent|t");
}

TEST_F(ReconciliationMatching, TheDeliveryOfAPaidRequestIsNotSent) {
    const auto id = request();
    run("UPDATE pay_private.delivery SET state = 'deferred', accepted_at = NULL, "
        "next_attempt_at = now()");
    store({paying(charge("1"), id)});
    EXPECT_EQ(value("SELECT concat_ws('|', state, delivery, next_attempt_at) FROM "
                    "pay.payment_requests"),
              "paid|cancelled");
}

TEST_F(ReconciliationMatching, EveryPaymentQueuesOneReceiptAndOneNotice) {
    run("UPDATE pay.company SET email = 'office@acme.test'");
    const auto id = request();
    store({paying(charge("1"), id)});
    store({paying(charge("1"), id)});
    const auto receipts =
        "SELECT kind || ' ' || recipient || ' ' || charge_id FROM "
        "pay_private.delivery WHERE kind <> 'request' ORDER BY 1";
    EXPECT_EQ(column(receipts), "notice office@acme.test ch_1 receipt payer@example.com ch_1");
    run("UPDATE pay.company SET admin_emails = '{a@acme.test,b@acme.test}'");
    store({paying(charge("2"), id)});
    EXPECT_EQ(column(receipts),
              "notice a@acme.test ch_1 notice a@acme.test ch_2 notice b@acme.test ch_1 "
              "notice b@acme.test ch_2 notice office@acme.test ch_1 receipt payer@example.com ch_1 "
              "receipt payer@example.com ch_2");
}

TEST_F(ReconciliationMatching, NoReceiptIsQueuedIfUnwantedOrTooLate) {
    const auto silent = request({{"receipt_to_payer", "false"}, {"receipt_to_company", "false"}});
    store({paying(charge("1"), silent)});
    auto old = charge("2");
    old["created"] = test::an_hour_ago() - 8 * 86400;
    old["balance_transaction"]["created"] = old["created"];
    store({paying(old, request())});
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.delivery WHERE kind <> 'request'"), "0");
}

TEST_F(ReconciliationMatching, EachPayerOfASharedLinkGetsAReceipt) {
    const auto id = request({{"multi_party", "true"}, {"receipt_to_company", "false"}});
    auto unreachable = charge("2");
    unreachable["billing_details"]["email"] = "no address";
    auto other = charge("1");
    other["billing_details"]["email"] = "second@example.com";
    store({paying(other, id), paying(unreachable, id)});
    EXPECT_EQ(column("SELECT recipient FROM pay_private.delivery WHERE kind = 'receipt'"),
              "second@example.com");
    EXPECT_EQ(standing(id), "paid 2500 true");
}

TEST_F(ReconciliationMatching, ForeignMetadataIsIgnored) {
    request();
    store({paying(charge("1"), "order 66"),
           paying(charge("2"), "00000000-0000-4000-8000-000000000000")});
    EXPECT_EQ(matched("ch_1"), "");
    EXPECT_EQ(matched("ch_2"), "");
    EXPECT_EQ(discrepancies(), "NULL");
}

TEST_F(ReconciliationMatching, OnlyCanonicalUuidsAreRequestIds) {
    EXPECT_TRUE(is_request_id("1b4e28ba-2fa1-11d2-883f-0016d3cca427"));
    EXPECT_FALSE(is_request_id("1b4e28ba-2fa1-11d2-883f-0016d3cca42"));
    EXPECT_FALSE(is_request_id("{1b4e28ba-2fa1-11d2-883f-0016d3cca427}"));
    EXPECT_FALSE(is_request_id("1b4e28ba02fa1-11d2-883f-0016d3cca427"));
    EXPECT_FALSE(is_request_id("gb4e28ba-2fa1-11d2-883f-0016d3cca427"));
}

TEST_F(ReconciliationMatching, ASessionMatchesAPaymentWithoutMetadata) {
    const auto id = request();
    store({charge("1")});
    const auto unmatched = call(unmatched_charges, "acct_1", 10);
    ASSERT_EQ(unmatched.size(), 1u);
    EXPECT_EQ(unmatched[0].payment_intent_id, "pi_1");
    const auto stored = ask_sessions("ch_1", {session("pi_1", "plink_" + id)});
    EXPECT_EQ(stored.settled.at(0).state, "paid");
    EXPECT_EQ(matched("ch_1"), id + " session");
    EXPECT_EQ(standing(id), "paid 1250 false");
}

TEST_F(ReconciliationMatching, TheSessionOfAForeignLinkIsFetchedOnce) {
    const auto id = request();
    store({charge("1"), charge("2")});
    ask_sessions("ch_1", {session("pi_1", "plink_foreign")});
    ask_sessions("ch_2", {});
    EXPECT_EQ(matched("ch_1"), "none");
    EXPECT_TRUE(call(unmatched_charges, "acct_1", 10).empty());
    EXPECT_EQ(standing(id), "open 0 true");
    EXPECT_EQ(discrepancies(), "NULL");
}

TEST_F(ReconciliationMatching, SessionsAreFetchedOnlyForPaymentsThatALinkMayHaveCaused) {
    auto failed = charge("1");
    failed["status"] = "failed";
    auto bare = charge("2");
    bare["payment_intent"] = nullptr;
    store({failed, bare, charge("3")});
    EXPECT_TRUE(call(unmatched_charges, "acct_1", 10).empty()) << "there is no link";
    request();
    ASSERT_EQ(call(unmatched_charges, "acct_1", 10).size(), 1u);
    run("UPDATE pay_private.payment_link SET created_at = now()");
    EXPECT_TRUE(call(unmatched_charges, "acct_1", 10).empty()) << "the link is younger";
}

}  // namespace
}  // namespace paysync::reconciliation::store
