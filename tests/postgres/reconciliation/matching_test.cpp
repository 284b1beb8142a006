// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/matching_store.hpp"
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

TEST_F(ReconciliationMatching, FailedPaymentsChangeNoRequest) {
    const auto id = request();
    auto failed = paying(charge("1"), id);
    failed["status"] = "failed";
    failed["captured"] = false;
    EXPECT_TRUE(store({failed}).settled.empty());
    EXPECT_EQ(standing(id), "open 0 true");
    EXPECT_EQ(matched("ch_1"), id + " metadata");
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
