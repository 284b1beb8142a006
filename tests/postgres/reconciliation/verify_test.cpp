// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/balance_store.hpp"
#include "jobs/reconciliation/verify_store.hpp"
#include "tests/postgres/reconciliation/fixture.hpp"

namespace paysync::reconciliation {
namespace {

using test::charge;
using test::paying;

/// A rule, a statement that breaks it, and one that repairs it; the ids are those of the fixture
/// below.
struct Corruption {
    const char* rule;
    const char* breaks;
    const char* mends;
};

const Corruption kCorruptions[] = {
    {"INV-01", "UPDATE pay_private.stream SET next_run_at = now() - interval '3 hours'",
     "UPDATE pay_private.stream SET next_run_at = now()"},
    {"INV-01",
     "INSERT INTO pay_private.coverage VALUES ('acct_1', 'charges', tstzrange('2001-01-01', "
     "'2001-02-01'), now(), 0)",
     "DELETE FROM pay_private.coverage WHERE upper(span) = '2001-02-01'"},
    {"INV-01", "UPDATE pay_private.stream SET since = now() - interval '5 days'",
     "UPDATE pay_private.stream SET since = NULL"},
    {"INV-01", "UPDATE pay_private.stream SET failing_since = now() - interval '2 days'",
     "UPDATE pay_private.stream SET failing_since = NULL"},
    {"INV-02", "UPDATE pay_private.coverage SET stream = 'x' WHERE stream = 'payouts'",
     "UPDATE pay_private.coverage SET stream = 'payouts' WHERE stream = 'x'"},
    {"INV-03", "UPDATE pay_private.balance_transaction SET net = net + 1 WHERE type = 'charge'",
     "UPDATE pay_private.balance_transaction SET net = net - 1 WHERE type = 'charge'"},
    {"INV-03",
     "UPDATE pay_private.balance_transaction_fee SET amount = amount + 1 WHERE ordinal = 1",
     "UPDATE pay_private.balance_transaction_fee SET amount = amount - 1 WHERE ordinal = 1"},
    {"INV-04", "UPDATE pay_private.charge SET balance_transaction_id = NULL",
     "UPDATE pay_private.charge SET balance_transaction_id = 'txn_1'"},
    {"INV-05", "UPDATE pay_private.balance_transaction SET source_id = 'x' WHERE type = 'charge'",
     "UPDATE pay_private.balance_transaction SET source_id = 'ch_1' WHERE type = 'charge'"},
    {"INV-05",
     "UPDATE pay_private.balance_transaction SET amount = amount - 1, net = net - 1 WHERE type = "
     "'refund'",
     "UPDATE pay_private.balance_transaction SET amount = amount + 1, net = net + 1 WHERE type = "
     "'refund'"},
    {"INV-06", "UPDATE pay_private.refund SET amount = 99",
     "UPDATE pay_private.refund SET amount = 100"},
    {"INV-07", "UPDATE pay_private.payout SET amount = amount + 1",
     "UPDATE pay_private.payout SET amount = amount - 1"},
    {"INV-07",
     "UPDATE pay_private.payout SET itemised_at = NULL, read_at = now() - interval '2 days'",
     "UPDATE pay_private.payout SET itemised_at = now(), read_at = now()"},
    {"INV-08", "UPDATE pay_private.balance_snapshot SET available = available + 1",
     "UPDATE pay_private.balance_snapshot SET available = available - 1"},
    {"INV-09", "UPDATE pay_private.charge_history SET version = 2",
     "UPDATE pay_private.charge_history SET version = 1"},
    {"INV-10", "UPDATE pay_private.charge_history SET amount_refunded = 7",
     "UPDATE pay_private.charge_history SET amount_refunded = 100"},
    {"INV-11",
     "INSERT INTO pay_private.charge_history SELECT account_id, charge_id, 2, 'failed', "
     "amount_captured, amount_refunded, disputed, NULL, NULL, 1, read_at, 'list', 'r' FROM "
     "pay_private.charge_history",
     "DELETE FROM pay_private.charge_history WHERE version = 2"},
    {"INV-12", "UPDATE pay_private.integration SET charges_enabled = false",
     "UPDATE pay_private.integration SET charges_enabled = true"},
    {"INV-13", "UPDATE pay_private.stage_event SET to_stage = 'pending' WHERE seq = 1",
     "UPDATE pay_private.stage_event SET to_stage = 'completed' WHERE seq = 1"},
    {"INV-14",
     "UPDATE pay_private.integration SET stage = 'disconnected', disconnected_at = now() - "
     "interval "
     "'1 day'",
     "UPDATE pay_private.integration SET stage = 'completed', disconnected_at = NULL"},
    {"INV-15", "UPDATE pay.payment_request SET amount_paid = 1",
     "UPDATE pay.payment_request SET amount_paid = 1250"},
    {"INV-16", "UPDATE pay_private.payment_link SET wanted_active = true",
     "UPDATE pay_private.payment_link SET wanted_active = false"},
    {"INV-17",
     "INSERT INTO pay_private.delivery_attempt (delivery_id, attempt, lease_token, finished_at, "
     "outcome) SELECT delivery_id, n, 1, now(), 'accepted' FROM pay_private.delivery, "
     "generate_series(1, 2) n WHERE kind = 'request'",
     "DELETE FROM pay_private.delivery_attempt"},
    {"INV-18",
     "UPDATE pay_private.delivery SET state = 'committing', accepted_at = NULL, lease_token = 1, "
     "leased_by = 'd', leased_until = now() - interval '1 hour' WHERE kind = 'request'",
     "UPDATE pay_private.delivery SET state = 'sent', accepted_at = now(), lease_token = NULL, "
     "leased_by = NULL, leased_until = NULL WHERE kind = 'request'"},
    {"INV-19",
     "INSERT INTO pay_private.delivery_attempt (delivery_id, attempt, lease_token, committing_at, "
     "finished_at, outcome) SELECT delivery_id, 1, 1, now(), now(), 'accepted' FROM "
     "pay_private.delivery WHERE kind = 'request'; INSERT INTO pay_private.message (request_id, "
     "delivery_id, message_id, link_id, size) SELECT d.request_id, d.delivery_id, 'm@x', "
     "l.link_id, 0 FROM pay_private.delivery d, pay_private.payment_link l WHERE kind = 'request'; "
     "UPDATE pay_private.delivery SET message_key = (SELECT max(message_key) FROM "
     "pay_private.message) WHERE kind = 'request'; UPDATE pay_private.payment_link SET "
     "deactivated_at = now() - interval '1 hour'",
     "DELETE FROM pay_private.delivery_attempt"},
    {"INV-20", "UPDATE pay_private.charge SET currency = 'isk'",
     "UPDATE pay_private.charge SET currency = 'usd'"},
    {"INV-21", "UPDATE pay_private.payout SET livemode = true",
     "UPDATE pay_private.payout SET livemode = false"},
    {"INV-22",
     "INSERT INTO pay_private.quarantine VALUES ('acct_1', 'charges', 'ch_9', '{}', 'bad', now() - "
     "interval '2 days')",
     "DELETE FROM pay_private.quarantine"},
    {"INV-22",
     "INSERT INTO pay_private.job (job, schedule) VALUES ('x', 'every 1m'); INSERT INTO "
     "pay_private.run (job, cause, "
     "state, started_at, finished_at, failed) VALUES ('x', 'pass', 'ok', now(), now(), 1)",
     "DELETE FROM pay_private.run"},
    {"INV-22",
     "INSERT INTO pay_private.run (job, cause, state, started_at, alive_until) VALUES ('x', "
     "'pass', "
     "'running', now() - interval '1 hour', now() - interval '30 minutes')",
     "DELETE FROM pay_private.run"},
    {"INV-23",
     "INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence, detected_at) "
     "VALUES ('overpaid', 'acct_1', 'x', '{}', now() - interval '2 days')",
     "DELETE FROM pay_private.discrepancy WHERE kind = 'overpaid'"},
    {"INV-24",
     "UPDATE pay_private.payout SET amount = amount + 1, itemised_at = now() - interval '2 days'",
     "UPDATE pay_private.payout SET amount = amount - 1"},
};

/// An account with complete money: a payment of a request, refunded in part, and a payout.
class Verify : public test::ReconciliationTest {
protected:
    Verify() {
        run("DROP TRIGGER one_stream ON pay_private.stream");
        call(store::add_streams);
        run("UPDATE pay_private.integration SET origin = 'new', details_submitted = true, "
            "charges_enabled = true, "
            "payouts_enabled = true, ever_completed = true, account_created_at = now() - interval "
            "'3 days', connected_at = now() - interval '3 days';"
            "UPDATE pay_private.integration i SET stage_detail = r.rule_detail, blocker = "
            "r.rule_blocker FROM pay_private.integration_rule r WHERE r.account_id = i.account_id;"
            "INSERT INTO pay_private.stage_event (account_id, seq, to_stage, cause, observed_at) "
            "SELECT account_id, 1, 'completed', 'test', now() FROM pay_private.integration WHERE "
            "NOT EXISTS (SELECT FROM pay_private.stage_event)");
        auto item = paying(charge("1"), request());
        item["amount_refunded"] = 100;
        item["created"] = item["created"].get<std::int64_t>() - 86400;
        store({item});
        run("INSERT INTO pay_private.refund (account_id, refund_id, created, charge_id, amount, "
            "currency, status, row_hash, read_at) VALUES ('acct_1', 're_1', now() - interval '1 "
            "hour', 'ch_1', 100, 'usd', 'succeeded', 1, now());"
            "INSERT INTO pay_private.balance_transaction (account_id, balance_transaction_id, "
            "type, "
            "reporting_category, amount, fee, net, currency, source_id, payout_id, status, "
            "available_on, created, row_hash, read_at) VALUES "
            "('acct_1', 'txn_re', 'refund', 'refund', -100, 0, -100, 'usd', 're_1', NULL, "
            "'available', now(), now() - interval '1 hour', 1, now()), "
            "('acct_1', 'txn_po', 'payout', 'payout', -500, 0, -500, 'usd', 'po_1', NULL, "
            "'available', now(), now() - interval '1 hour', 1, now()), "
            "('acct_1', 'txn_x', 'adjustment', 'other_adjustment', 500, 0, 500, 'usd', NULL, "
            "'po_1', 'available', now(), now() - interval '1 hour', 1, now());"
            "INSERT INTO pay_private.payout (account_id, payout_id, livemode, created, "
            "arrival_date, amount, currency, status, automatic, reconciliation_status, method, "
            "type, row_hash, read_at, itemised_at) VALUES ('acct_1', 'po_1', false, now(), now(), "
            "500, 'usd', 'paid', true, 'completed', 'standard', 'bank_account', 1, now(), now());"
            "DELETE FROM pay_private.coverage;"
            "INSERT INTO pay_private.coverage SELECT account_id, stream, tstzrange(now() - "
            "interval "
            "'4 days', now() + interval '1 hour'), now(), 0 FROM pay_private.stream;"
            "UPDATE pay_private.stream SET last_completed_at = now() + interval '1 second', "
            "next_run_at = now(), since = now() - interval '4 days';"
            "UPDATE pay_private.payment_link SET active = false");
        stripe::Balance balance;
        balance.funds["usd"] = {0, 1250 - 40 - 100};
        call(store::store_balance, "acct_1", balance, "req_b");
    }
    /// A row of the ledger whose source is the charge.
    void book(const std::string& id, const std::string& type, int amount) {
        run(
            fmt::format("INSERT INTO pay_private.balance_transaction (account_id, "
                        "balance_transaction_id, type, reporting_category, amount, fee, net, "
                        "currency, source_id, status, available_on, created, row_hash, read_at) "
                        "VALUES ('acct_1', '{}', '{}', '{}', {}, 0, {}, 'usd', 'ch_1', "
                        "'available', now(), now(), 1, now())",
                        id, type, type, amount, amount));
    }
    std::string broken() {
        return column("SELECT DISTINCT invariant FROM pay_private.violation ORDER BY 1");
    }
    std::string open() {
        return column(
            "SELECT DISTINCT kind FROM pay_private.discrepancy WHERE state = 'open' "
            "ORDER BY 1");
    }
};

TEST_F(Verify, ADebitMayFailLateIfTheLedgerShowsIt) {
    run("INSERT INTO pay_private.charge_history SELECT account_id, charge_id, 2, 'failed', "
        "amount_captured, amount_refunded, disputed, NULL, NULL, 1, read_at, 'list', 'r' FROM "
        "pay_private.charge_history");
    const auto rule_11 = [&] {
        return value("SELECT count(*) FROM pay_private.violation WHERE invariant = 'INV-11'");
    };
    EXPECT_EQ(rule_11(), "1");
    book("txn_fee", "stripe_fee", 5);
    EXPECT_EQ(rule_11(), "1");
    book("txn_late", "payment_failure_refund", -1250);
    EXPECT_EQ(rule_11(), "0");
}

TEST_F(Verify, EveryRuleFindsItsCorruptionAndItsRepair) {
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.invariant"), "24");
    ASSERT_EQ(column("SELECT invariant || evidence FROM pay_private.violation"), "NULL");
    run("SET session_replication_role = replica");  // what triggers would refuse
    for (const auto& corruption : kCorruptions) {
        const std::string rule = corruption.rule;
        run(corruption.breaks);
        EXPECT_NE(broken().find(rule), std::string::npos) << corruption.breaks;
        const auto found = call(store::record_violations).violations;
        EXPECT_GE(found, 1) << rule;
        EXPECT_EQ(call(store::record_violations).repaired, 0) << rule;
        if (rule < "INV-23") {
            EXPECT_NE(open().find(rule), std::string::npos) << open();
        }
        run(corruption.mends);
        EXPECT_EQ(broken(), "NULL") << corruption.mends;
        call(store::record_violations);
        EXPECT_EQ(open(), "NULL") << rule;
    }
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.discrepancy WHERE state = 'repaired' AND "
                    "(verified_at IS NULL OR resolution IS NULL)"),
              "0");
}

TEST_F(Verify, ARepairWithoutACheckReopensTheDiscrepancy) {
    // Two of the same subject, and one that is still broken, which is found again by itself.
    run("INSERT INTO pay_private.discrepancy (kind, account_id, subject, state, evidence, "
        "resolved_at) SELECT kind, 'acct_1', subject, 'repaired', '{}', now() FROM (VALUES "
        "('INV-20', 'ch_0'), ('INV-20', 'ch_0'), ('INV-20', 'ch_1')) v (kind, subject);"
        "SET session_replication_role = replica;"
        "UPDATE pay_private.charge SET currency = 'isk'");
    EXPECT_NE(broken().find("INV-23"), std::string::npos);
    call(store::record_violations);
    EXPECT_EQ(column("SELECT subject || ' ' || state FROM pay_private.discrepancy WHERE kind = "
                     "'INV-20' ORDER BY 1"),
              "ch_0 open ch_0 repaired ch_1 explained ch_1 open");
    run("UPDATE pay_private.charge SET currency = 'usd'");
    for (int check = 0; check < 4; ++check)
        call(store::record_violations);
    EXPECT_EQ(broken(), "NULL");
    EXPECT_EQ(open(), "NULL");
}

TEST_F(Verify, ABalanceIsCheckedOnceTheCoverageHasPassedIt) {
    const std::string judged = "SELECT balance = ledger FROM pay_private.balance_sum";
    run("UPDATE pay_private.balance_snapshot SET available = available + 7");
    EXPECT_EQ(value(judged), "f");
    run("UPDATE pay_private.coverage SET span = tstzrange(lower(span), now() - interval '1 "
        "minute')");
    EXPECT_EQ(value(judged), "no row");
    EXPECT_FALSE(value("SELECT pay_private.can_be_checked('INV-08', 'acct_1', 'usd')") == "t")
        << "and is not in order either";
    // An earlier balance that the coverage has passed counts meanwhile.
    run("INSERT INTO pay_private.balance_snapshot (account_id, currency, taken_at, seen_at, "
        "available, pending) VALUES ('acct_1', 'usd', now() - interval '30 minutes', now(), 0, "
        "1110)");
    EXPECT_EQ(value(judged), "t");
    call(store::record_violations);
    EXPECT_EQ(value("SELECT balance_proven_at < now() - interval '29 minutes' FROM pay.coverage "
                    "WHERE stream = 'balance_transactions' AND account_id = 'acct_1'"),
              "t");
}

TEST_F(Verify, ALedgerRowCreatedNearABalanceMayBeIncludedOrNot) {
    // Stripe's clock is a minute ahead of ours, or behind: the row is included or not, but not
    // half.
    for (const auto* balance : {"1110", "1115"}) {
        run("DELETE FROM pay_private.balance_transaction WHERE balance_transaction_id = 'txn_y';"
            "INSERT INTO pay_private.balance_transaction (account_id, balance_transaction_id, "
            "type, "
            "reporting_category, amount, fee, net, currency, status, available_on, created, "
            "row_hash, read_at) SELECT 'acct_1', 'txn_y', 'adjustment', 'other_adjustment', 5, 0, "
            "5, 'usd', 'available', now(), taken_at + interval '1 minute', 1, now() FROM "
            "pay_private.balance_snapshot");
        for (const auto* clock : {"+ interval '1 minute'", "- interval '1 minute'"}) {
            run(std::string("UPDATE pay_private.balance_transaction SET created = (SELECT taken_at "
                            "FROM pay_private.balance_snapshot) ") +
                clock + " WHERE balance_transaction_id = 'txn_y'");
            run(std::string("UPDATE pay_private.balance_snapshot SET pending = ") + balance +
                ", available = 0");
            EXPECT_EQ(broken(), "NULL") << balance << clock;
            run("UPDATE pay_private.balance_snapshot SET pending = 1113");
            EXPECT_NE(broken().find("INV-08"), std::string::npos) << balance << clock;
        }
    }
}

TEST_F(Verify, AnAdoptedAccountIsCheckedFromItsFirstQuietBalance) {
    run("UPDATE pay_private.integration SET origin = 'existing';"
        "UPDATE pay_private.balance_snapshot SET available = available + 100000");
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.balance_sum"), "0")
        << "what it had before nobody knows";
    // The charge and the refund came after it, less the payout and the adjustment.
    run("INSERT INTO pay_private.balance_snapshot (account_id, currency, taken_at, seen_at, "
        "available, pending) VALUES ('acct_1', 'usd', now() - interval '3 days', now() - interval "
        "'2 days', 100000, 0)");
    EXPECT_EQ(broken(), "NULL");
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.balance_sum"), "1");
    run("UPDATE pay_private.balance_snapshot SET pending = pending + 1 WHERE taken_at > now() - "
        "interval '1 day'");
    EXPECT_EQ(broken(), "INV-08");
}

}  // namespace
}  // namespace paysync::reconciliation
