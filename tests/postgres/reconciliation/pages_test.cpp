// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/pages_store.hpp"
#include "jobs/reconciliation/rereads_store.hpp"
#include "jobs/stripe/json.hpp"
#include "tests/postgres/reconciliation/fixture.hpp"

namespace paysync::reconciliation::store {
namespace {

using test::an_hour_ago;
using test::charge;
using test::Json;
using test::page_of;

class ReconciliationPages : public test::ReconciliationTest {
protected:
    /// Identifies every row version of the mirrored tables.
    std::string row_versions() {
        return column(
            "SELECT xmin || '/' || ctid FROM pay_private.charge UNION ALL "
            "SELECT xmin || '/' || ctid FROM pay_private.charge_history UNION ALL "
            "SELECT xmin || '/' || ctid FROM pay_private.balance_transaction UNION ALL "
            "SELECT xmin || '/' || ctid FROM pay_private.balance_transaction_fee ORDER BY 1");
    }
    std::string count(const std::string& table) {
        return value("SELECT count(*) FROM pay_private." + table);
    }
    /// Rows that break the rules of a charge's history and of the ledger's arithmetic.
    std::string violations() {
        return value(R"sql(
            SELECT count(*) FROM (
                SELECT 1 FROM (SELECT *, lag(read_at) OVER w AS prev_read, lag(version) OVER w AS prev
                                 FROM pay_private.charge_history
                               WINDOW w AS (PARTITION BY account_id, charge_id ORDER BY version)) h
                 WHERE prev_read > read_at OR version <> coalesce(prev, 0) + 1
                    OR stripe_request_id IS NULL
                UNION ALL
                SELECT 1 FROM pay_private.charge c LEFT JOIN LATERAL (
                    SELECT status, amount_refunded, read_at, row_hash FROM pay_private.charge_history h
                     WHERE (h.account_id, h.charge_id) = (c.account_id, c.charge_id)
                     ORDER BY version DESC LIMIT 1) h ON true
                 WHERE (h.status, h.amount_refunded, h.read_at, h.row_hash)
                       IS DISTINCT FROM (c.status, c.amount_refunded, c.read_at, c.row_hash)
                UNION ALL
                SELECT 1 FROM pay_private.balance_transaction b
                  LEFT JOIN pay_private.balance_transaction_fee f USING (account_id, balance_transaction_id)
                 GROUP BY b.account_id, b.balance_transaction_id, b.amount, b.fee, b.net
                HAVING b.net <> b.amount - b.fee OR b.fee <> coalesce(sum(f.amount), 0)) v)sql");
    }
    void make_due(const std::string& charge_id) {
        run("UPDATE pay_private.charge SET next_check_at = now() - interval '1 second' "
            "WHERE charge_id = '" +
            charge_id + "'");
    }
};

TEST_F(ReconciliationPages, StoresChargesWithLedgerRowsAndFees) {
    const auto stored = store({charge("1"), charge("2", 300, "jpy")});
    EXPECT_EQ(stored.listed, 2);
    EXPECT_EQ(stored.written, 2);
    EXPECT_EQ(
        column("SELECT concat_ws('|', charge_id, status, amount, currency, payer_name, method, "
               "brand, last4, country, wallet, description, stripe_request_id, next_check_at) "
               "FROM pay_private.charge ORDER BY 1"),
        "ch_1|succeeded|1250|usd|Paula \"P\" \\ Payer|card|visa|4242|DE|Invoice, {7}|req_1 "
        "ch_2|succeeded|300|jpy|Paula \"P\" \\ Payer|card|visa|4242|DE|Invoice, {7}|req_1");
    EXPECT_EQ(column("SELECT concat_ws('|', balance_transaction_id, amount, fee, net, source_id, "
                     "status) FROM pay_private.balance_transaction ORDER BY 1"),
              "txn_1|1250|40|1210|ch_1|pending txn_2|300|40|260|ch_2|pending");
    EXPECT_EQ(count("balance_transaction_fee"), "4");
    EXPECT_EQ(column("SELECT concat_ws('|', charge_id, version, source) FROM "
                     "pay_private.charge_history ORDER BY 1"),
              "ch_1|1|list ch_2|1|list");
    EXPECT_EQ(violations(), "0");
}

TEST_F(ReconciliationPages, TheSamePageAgainWritesNoRow) {
    const std::vector<Json> items{charge("1"), charge("2")};
    store(items, true);
    const auto before = row_versions();
    const auto stored = store(items, true);
    EXPECT_EQ(stored.listed, 2);
    EXPECT_EQ(stored.written, 0);
    EXPECT_EQ(row_versions(), before);
}

TEST_F(ReconciliationPages, AChangedChargeGetsAVersionAndTheOthersStay) {
    auto first = charge("1");
    store({first, charge("2")});
    const auto other =
        value("SELECT xmin::text || ctid FROM pay_private.charge WHERE charge_id = 'ch_2'");
    first["amount_refunded"] = 250;
    EXPECT_EQ(store({first, charge("2")}).written, 1);
    EXPECT_EQ(column("SELECT concat_ws('|', version, amount_refunded, stripe_request_id) FROM "
                     "pay_private.charge_history WHERE charge_id = 'ch_1' ORDER BY 1"),
              "1|0|req_1 2|250|req_2");
    EXPECT_EQ(value("SELECT xmin::text || ctid FROM pay_private.charge WHERE charge_id = 'ch_2'"),
              other);
    EXPECT_EQ(violations(), "0");
}

TEST_F(ReconciliationPages, APageThatArrivesAfterADisconnectIsNotWritten) {
    run("UPDATE pay_private.integration SET stage = 'disconnected', disconnected_at = now()");
    EXPECT_THROW(store({charge("1")}), LeaseLost);
    EXPECT_THROW(store_one("ch_1", charge("1").dump()), LeaseLost);
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.charge"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.coverage"), "0");
}

TEST_F(ReconciliationPages, APageWrittenBeforeADisconnectCommitsCountsAsBeforeIt) {
    pqxx::connection elsewhere(database_.dsn());
    pqxx::work disconnecting(elsewhere);
    disconnecting.exec("SELECT 1");
    run("UPDATE pay_private.stream SET walk_started_at = clock_timestamp()");
    store({charge("1")});
    disconnecting.exec("SELECT pay_private.disconnect('acct_1', 'disconnect', 'command', NULL)");
    disconnecting.commit();
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.coverage"), "1");
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.violation WHERE invariant = 'INV-14'"), "0");
}

TEST_F(ReconciliationPages, TheSmallestDifferencesAreDetected) {
    auto item = charge("1");
    item["failure_code"] = nullptr;
    item["failure_message"] = nullptr;
    store({item});
    item["failure_code"] = "";
    EXPECT_EQ(store({item}).written, 1) << "an empty text is not nothing";
    item["failure_code"] = "ab";
    item["failure_message"] = "c";
    EXPECT_EQ(store({item}).written, 1);
    item["failure_code"] = "a";
    item["failure_message"] = "bc";
    EXPECT_EQ(store({item}).written, 1) << "neighbours do not run into each other";
}

TEST_F(ReconciliationPages, AChangedLedgerRowIsWrittenWithoutAVersionOfItsCharge) {
    auto item = charge("1");
    store({item});
    run("UPDATE pay_private.balance_transaction SET payout_id = 'po_1'");
    item["balance_transaction"]["status"] = "available";
    item["balance_transaction"]["fee_details"].erase(1);
    item["balance_transaction"]["fee"] = 30;
    item["balance_transaction"]["net"] = 1220;
    const auto ledger_row = [this] {
        return value(
            "SELECT concat_ws('|', status, net, payout_id) FROM pay_private.balance_transaction");
    };
    EXPECT_EQ(store({item}).written, 0);
    EXPECT_EQ(ledger_row(), "pending|1210|po_1") << "a list leaves it to the ledger's own stream";
    EXPECT_EQ(store_one("ch_1", item.dump()).written, 0);
    EXPECT_EQ(ledger_row(), "available|1220|po_1");
    EXPECT_EQ(count("charge_history"), "1");
    EXPECT_EQ(violations(), "0");
}

TEST_F(ReconciliationPages, AnUnreadableItemIsQuarantinedAndTheOthersAreStored) {
    auto bad = charge("2");
    bad["amount"] = "much";
    Json nameless = {{"object", "charge"}};
    const auto stored = store({charge("1"), bad, nameless, charge("3")});
    EXPECT_EQ(stored.written, 2);
    EXPECT_EQ(stored.refused, 2);
    EXPECT_EQ(column("SELECT charge_id FROM pay_private.charge ORDER BY 1"), "ch_1 ch_3");
    EXPECT_EQ(value("SELECT error FROM pay_private.quarantine WHERE object_id = 'ch_2'"),
              "data[1].amount: expected an integer, found a string");
    EXPECT_EQ(count("quarantine"), "2");
    store({bad});
    EXPECT_EQ(value("SELECT attempts FROM pay_private.quarantine WHERE object_id = 'ch_2'"), "2");
    store({charge("2")});
    EXPECT_EQ(value("SELECT object_id FROM pay_private.quarantine WHERE object_id = 'ch_2'"),
              "no row");
    EXPECT_EQ(column("SELECT charge_id FROM pay_private.charge ORDER BY 1"), "ch_1 ch_2 ch_3");
}

TEST_F(ReconciliationPages, AChargeOfTheOtherModeIsQuarantinedAndADiscrepancy) {
    auto live = charge("2");
    live["livemode"] = true;
    EXPECT_EQ(store({charge("1"), live}).written, 1);
    EXPECT_EQ(column("SELECT charge_id FROM pay_private.charge"), "ch_1");
    EXPECT_EQ(value("SELECT object_id FROM pay_private.quarantine"), "ch_2");
    EXPECT_EQ(discrepancies(), "object_of_wrong_mode");
}

TEST_F(ReconciliationPages, ADuplicateItemOfAPageIsStoredOnce) {
    auto later = charge("1");
    later["amount_refunded"] = 5;
    store({charge("1"), later});
    EXPECT_EQ(value("SELECT amount_refunded FROM pay_private.charge"), "5");
    EXPECT_EQ(count("charge_history"), "1");
}

TEST_F(ReconciliationPages, AnUnreadableListWritesNothing) {
    const auto before = value("SELECT s::text FROM pay_private.stream s");
    EXPECT_THROW(store_body("<html>busy</html>"), stripe::FieldError);
    EXPECT_THROW(store_body(page_of({Json{{"object", "charge"}}}, true)), stripe::FieldError);
    EXPECT_EQ(value("SELECT s::text FROM pay_private.stream s"), before);
    EXPECT_EQ(count("quarantine"), "0");
}

TEST_F(ReconciliationPages, AStaleWorkerWritesNothing) {
    run("UPDATE pay_private.stream SET lease_token = lease_token + 1");
    EXPECT_THROW(store({charge("1")}), LeaseLost);
    EXPECT_THROW(store_one("ch_1", charge("1").dump()), LeaseLost);
    EXPECT_EQ(count("charge"), "0");
}

TEST_F(ReconciliationPages, APendingChargeIsReadAgainUntilItsLedgerRowIsThere) {
    auto pending = charge("1");
    pending["status"] = "pending";
    pending["paid"] = false;
    pending["captured"] = false;
    pending["amount_captured"] = 0;
    pending["balance_transaction"] = nullptr;
    store({pending});
    // Half of its age.
    EXPECT_EQ(value("SELECT next_check_at - now() BETWEEN interval '25 min' AND interval '35 min' "
                    "FROM pay_private.charge"),
              "t");
    EXPECT_TRUE(call(objects_to_reread, lease_, 10).empty());

    make_due("ch_1");
    EXPECT_EQ(call(objects_to_reread, lease_, 10), std::vector<std::string>{"ch_1"});
    EXPECT_EQ(store_one("ch_1", pending.dump()).written, 0);
    EXPECT_EQ(value("SELECT next_check_at > now() + interval '25 min' FROM pay_private.charge"),
              "t");
    EXPECT_EQ(count("charge_history"), "1");

    auto unsettled = charge("1");
    unsettled["balance_transaction"] = nullptr;
    make_due("ch_1");
    EXPECT_EQ(store_one("ch_1", unsettled.dump()).written, 1);
    EXPECT_EQ(value("SELECT next_check_at > now() FROM pay_private.charge"), "t");

    EXPECT_EQ(store_one("ch_1", charge("1").dump()).written, 1);
    EXPECT_EQ(value("SELECT status FROM pay_private.charge WHERE next_check_at IS NULL"),
              "succeeded");
    EXPECT_EQ(column("SELECT concat_ws('|', version, status, balance_transaction_id, source) FROM "
                     "pay_private.charge_history ORDER BY 1"),
              "1|pending|list 2|succeeded|object 3|succeeded|txn_1|object");
    EXPECT_EQ(violations(), "0");
}

TEST_F(ReconciliationPages, AFailedChargeIsNotReadAgain) {
    auto failed = charge("1");
    failed["status"] = "failed";
    failed["captured"] = false;
    failed["balance_transaction"] = nullptr;
    failed["failure_code"] = "card_declined";
    failed["failure_message"] = "Your card was declined.";
    store({failed});
    EXPECT_EQ(value("SELECT concat_ws('|', status, failure_code, failure_message, next_check_at) "
                    "FROM pay_private.charge"),
              "failed|card_declined|Your card was declined.");
}

TEST_F(ReconciliationPages, AWrongObjectByIdIsQuarantinedAndFetchedLater) {
    auto pending = charge("1");
    pending["status"] = "pending";
    store({pending});
    make_due("ch_1");
    EXPECT_EQ(store_one("ch_1", charge("2").dump()).refused, 1);
    EXPECT_EQ(column("SELECT charge_id FROM pay_private.charge WHERE next_check_at > now()"),
              "ch_1");
    EXPECT_EQ(value("SELECT error FROM pay_private.quarantine WHERE object_id = 'ch_1'"),
              "id: is not the one that was asked for");
}

}  // namespace
}  // namespace paysync::reconciliation::store
