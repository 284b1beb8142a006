// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

/// A broken rule is found, planned, repaired by reading Stripe's stand-in again, and closed by a
/// later check, each through paysyncctl, while the daemon is running.
namespace paysync::test {
namespace {

using stripe_sim::Json;

struct Corruption {
    const char* rule;
    const char* breaks;
};

const Corruption kCorruptions[] = {
    {"INV-01",
     "WITH c AS (DELETE FROM pay_private.coverage WHERE stream = 'charges' RETURNING *) INSERT "
     "INTO "
     "pay_private.coverage SELECT account_id, stream, tstzrange(lower(span) - interval '3 hours', "
     "lower(span) - interval '2 hours'), read_at, 0 FROM c UNION ALL SELECT account_id, stream, "
     "span, "
     "read_at, rows FROM c"},
    {"INV-02",
     "UPDATE pay_private.integration SET connected_at = now() - interval '2 days'; DELETE FROM "
     "pay_private.coverage WHERE stream = 'disputes'"},
    {"INV-03", "UPDATE pay_private.balance_transaction SET net = net + 1 WHERE type = 'charge'"},
    {"INV-03", "UPDATE pay_private.balance_transaction_fee SET amount = amount + 1"},
    {"INV-04",
     "UPDATE pay_private.charge SET created = created - interval '2 days', balance_transaction_id "
     "= "
     "NULL"},
    {"INV-05", "DELETE FROM pay_private.payout"},
    {"INV-06", "UPDATE pay_private.refund SET amount = 99"},
    {"INV-06", "DELETE FROM pay_private.refund"},
    {"INV-07", "UPDATE pay_private.payout SET amount = amount + 1"},
    {"INV-07", "UPDATE pay_private.balance_transaction SET payout_id = NULL WHERE type = 'charge'"},
    {"INV-09", "UPDATE pay_private.charge_history SET stripe_request_id = NULL"},
    {"INV-09", "UPDATE pay_private.charge_history SET version = version + 100"},
    {"INV-10", "UPDATE pay_private.charge SET amount_captured = 1251"},
    {"INV-11",
     "INSERT INTO pay_private.charge_history SELECT (h).* FROM (SELECT jsonb_populate_record(c, "
     "jsonb_build_object('version', c.version + 1, 'status', 'failed')) AS h FROM "
     "pay_private.charge_history c ORDER BY version DESC LIMIT 1) n"},
    {"INV-12", "UPDATE pay_private.integration SET stage_detail = 'under_review'"},
    {"INV-13", "UPDATE pay_private.stage_event SET seq = seq + 100"},
    {"INV-13",
     "DELETE FROM pay_private.stage_event WHERE seq = (SELECT max(seq) FROM "
     "pay_private.stage_event)"},
    {"INV-15", "UPDATE pay.payment_request SET amount_paid = 1"},
    {"INV-16", "UPDATE pay_private.payment_link SET wanted_active = true"},
    {"INV-20", "UPDATE pay_private.charge SET currency = 'isk'"},
    {"INV-21", "UPDATE pay_private.payout SET livemode = true"},
    {"INV-22",
     "INSERT INTO pay_private.quarantine SELECT account_id, 'charges', charge_id, '{}', 'bad', "
     "now() "
     "- interval '2 days' FROM pay_private.charge"},
    {"INV-22",
     "INSERT INTO pay_private.run (job, cause, state, started_at, finished_at, failed) VALUES "
     "('reconciliation.audit', 'pass', 'ok', now(), now(), 1)"},
    {"INV-22",
     "INSERT INTO pay_private.run (job, cause, state, started_at, alive_until) VALUES "
     "('reconciliation.audit', 'pass', 'running', now() - interval '1 hour', now() - interval '30 "
     "minutes')"},
    {"INV-24",
     "UPDATE pay_private.payout SET amount = amount + 1, itemised_at = now() - interval '2 days'"},
};

class Repair : public testing::Test {
protected:
    Repair() {
        world_.configure_reconciliation("every: 200ms\n    slowest: 400ms\n    verify_every: 7d");
        world_.configure_sweep("1h");  // it would mend a stage before anybody looks
        world_.start();
        world_.connect_company("bakery");
        const auto account = world_.sql("SELECT account_id FROM pay.integrations");
        const auto request = world_.request("bakery", "client@example.com");
        world_.wait_for("EXISTS (SELECT FROM pay.payment_requests WHERE delivery = 'sent')");
        world_.pay_from_mail(request);
        world_.wait_for("EXISTS (SELECT FROM pay.my_payments)");
        const auto charge = world_.sql("SELECT charge_id FROM pay.my_payments");
        const auto lock = world_.stripe().world().lock();
        auto& stripe = world_.stripe().world();
        stripe.refund(account, Json{{"charge", charge}, {"amount", 100}});
    }
    void pay_out() {
        const auto account = world_.sql("SELECT account_id FROM pay.integrations");
        const auto lock = world_.stripe().world().lock();
        world_.stripe().world().pay_out_daily(account, true);
        world_.stripe().world().advance(9 * 86400);
    }
    std::pair<int, std::string> ctl(std::vector<std::string> arguments) {
        return world_.ctl(std::move(arguments));
    }
    /// Everything is read once more, and then nothing unless it is requested: otherwise the daemon
    /// would repair some rows by itself.
    void rest() {
        // Twice: some rules wait until the lists were read after the writes of the first round.
        for (int round = 0; round < 2; ++round) {
            const auto now = world_.sql("SELECT now()");
            world_.sql(
                "UPDATE pay_private.stream SET next_run_at = now() WHERE leased_until IS NULL");
            world_.wait_for(
                "NOT EXISTS (SELECT FROM pay_private.stream LEFT JOIN pay_private.integration "
                "USING "
                "(account_id) WHERE stage IS DISTINCT FROM 'disconnected' AND last_completed_at < "
                "'" +
                now + "')");
        }
        put_off("stream", "next_run_at");
        put_off("integration", "next_check_at");
    }
    /// Repeats until nothing is in progress and nothing is due: work in progress would set its next
    /// time itself.
    void put_off(const std::string& table, const std::string& due) {
        do {
            world_.sql(fmt::format(
                "UPDATE pay_private.{} SET {} = now() + interval '1 hour' WHERE leased_until IS "
                "NULL",
                table, due));
        } while (world_.sql(fmt::format(
                     "SELECT count(*) FROM pay_private.{} WHERE leased_until IS NOT NULL OR {} < "
                     "now() + interval '30 minutes'",
                     table, due)) != "0");
    }
    /// Writes rows that triggers would refuse.
    void corrupt(const std::string& statements) {
        world_.sql("SET LOCAL session_replication_role = replica; " + statements);
    }
    /// Checks that the rule is broken and becomes a discrepancy.
    void find(const std::string& rule) {
        const auto found = ctl({"verify"});
        EXPECT_EQ(found.first, 1);
        EXPECT_NE(found.second.find(rule), std::string::npos) << found.second;
        ctl({"verify", "--record"});
    }
    /// Repairs the open discrepancies and checks that a later check closes them.
    void repair() {
        EXPECT_EQ(ctl({"repair", "--apply"}).first, 0);
        world_.wait_for("NOT EXISTS (SELECT FROM pay_private.violation)");
        rest();  // a rule about two streams says nothing until both were read
        EXPECT_EQ(ctl({"verify", "--record"}).first, 0);
        EXPECT_EQ(open(), "none");
    }
    std::string open() {
        return world_.sql(
            "SELECT coalesce(string_agg(DISTINCT kind, ' '), 'none') FROM pay_private.discrepancy "
            "WHERE state = 'open'");
    }

    Scenario world_;
};

TEST_F(Repair, DataFromStripeIsReadAgainAndClosedByALaterCheck) {
    pay_out();
    world_.wait_for(
        "EXISTS (SELECT FROM pay_private.payout WHERE itemised_at IS NOT NULL) AND EXISTS (SELECT "
        "FROM pay_private.refund) AND (SELECT count(*) = 6 FROM pay_private.coverage) AND NOT "
        "EXISTS "
        "(SELECT FROM pay_private.violation)");
    for (const auto& [rule, breaks] : kCorruptions) {
        SCOPED_TRACE(std::string(rule) + ": " + breaks);
        rest();
        corrupt(breaks);
        find(rule);
        // A wrong sum without a discrepancy breaks rule 24, until rule 07 has reported it.
        const std::string told = rule == std::string("INV-24") ? "INV-07" : rule;
        EXPECT_NE(ctl({"repair"}).second.find(told), std::string::npos) << open();
        EXPECT_EQ(
            world_.sql("SELECT count(repair_asked_at) FROM pay_private.discrepancy WHERE state "
                       "= 'open'"),
            "0")
            << "a plan does nothing";
        repair();
    }
    EXPECT_EQ(
        world_.sql("SELECT count(*) FROM pay_private.discrepancy WHERE state = 'repaired' AND "
                   "(verified_at IS NULL OR repair_asked_at IS NULL)"),
        "0");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Repair, TheLedgerIsReadAgainIfItDoesNotMatchTheBalance) {
    world_.wait_for("(SELECT count(*) = 2 FROM pay_private.balance_transaction)");
    rest();
    world_.wait_for("EXISTS (SELECT FROM pay_private.balance_snapshot)");
    world_.sql(
        "UPDATE pay_private.coverage SET span = tstzrange(lower(span) - interval '1 day', now() + "
        "interval '1 hour') WHERE stream = 'balance_transactions'; UPDATE "
        "pay_private.balance_transaction SET amount = amount + 1, net = net + 1 WHERE type = "
        "'charge'");
    find("INV-08");
    repair();
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Repair, ADeliveryInTransmissionIsSettledWhileTheJobIsPaused) {
    rest();
    EXPECT_EQ(ctl({"job", "pause", "payment_requests.send"}).first, 0);
    world_.wait_for_log("payment_requests.send: paused");
    corrupt(
        "UPDATE pay_private.delivery SET state = 'committing', accepted_at = NULL, lease_token = "
        "1, leased_by = 'd', leased_until = now() - interval '1 hour' WHERE kind = 'request'");
    find("INV-18");
    repair();
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Repair, AnOpenRequestSentWithAnInactiveLinkIsSentAgain) {
    const auto request = world_.request("bakery", "other@example.com");
    world_.wait_for("(SELECT count(*) = 2 FROM pay.payment_requests WHERE delivery = 'sent')");
    rest();
    corrupt(
        "UPDATE pay_private.payment_link SET deactivated_at = now() - interval '1 hour' WHERE "
        "request_id = '" +
        request + "'");
    find("INV-19");
    const auto mails = [&] {
        return world_.smtp().accepted_with_header("To", "other@example.com").count;
    };
    EXPECT_EQ(mails(), 1U);
    repair();
    EXPECT_EQ(mails(), 2U);
    {
        const auto link = world_.sql(
            "SELECT link_id FROM pay.payment_requests WHERE request_id = '" + request + "'");
        const auto lock = world_.stripe().world().lock();
        world_.stripe().world().pay(link);
    }
    world_.sql("UPDATE pay_private.stream SET next_run_at = now()");
    world_.wait_for("(SELECT state = 'paid' FROM pay.payment_requests WHERE request_id = '" +
                    request + "')");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Repair, TheRowsOfADisconnectedAccountAreCleanedUp) {
    const auto request = world_.request("bakery", "other@example.com");
    world_.wait_for("(SELECT count(*) = 2 FROM pay.payment_requests WHERE delivery = 'sent')");
    rest();
    const auto asked = world_.command("pay.disconnect('bakery')");
    world_.command("pay.disconnect('bakery', confirmation => '" +
                   world_.sql("SELECT result ->> 'confirmation' FROM pay.commands WHERE "
                              "command_id = '" +
                              asked + "'") +
                   "')");
    world_.wait_for("NOT EXISTS (SELECT FROM pay_private.payment_link WHERE active)");
    corrupt(
        "UPDATE pay_private.coverage SET span = tstzrange(lower(span), now() + interval '1 hour'), "
        "read_at = now() + interval '1 hour' WHERE stream = 'charges'; UPDATE "
        "pay_private.payment_link SET wanted_active = true WHERE request_id = '" +
        request + "'");
    find("INV-14");
    repair();
    const std::string proof =
        "(SELECT max(upper(c.span)) FROM pay_private.coverage c WHERE c.stream = 'charges')";
    EXPECT_EQ(world_.sql("SELECT " + proof + " = disconnected_at FROM pay_private.integration"),
              "t");
    // Rows that were read after the disconnect are read again after a reconnect.
    const auto account = world_.sql("SELECT account_id FROM pay.integrations");
    world_.command("pay.reconnect('bakery', '" + account + "', 'bakery@example.com')");
    world_.wait_for("(SELECT stage = 'completed' FROM pay.integrations)");
    rest();
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay_private.violation"), "0");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Repair, ARepairWithoutACheckIsCheckedAgain) {
    rest();
    corrupt("UPDATE pay_private.charge SET currency = 'isk'");
    find("INV-20");
    repair();
    corrupt("UPDATE pay_private.discrepancy SET verified_at = NULL");
    find("INV-23");
    EXPECT_NE(open(), "none");
    EXPECT_EQ(ctl({"verify", "--record"}).first, 0);
    EXPECT_EQ(open(), "none");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Repair, AViolationThatReachedAPersonNeedsAnOperatorsReason) {
    corrupt(
        "INSERT INTO pay_private.delivery_attempt (delivery_id, attempt, lease_token, started_at, "
        "finished_at, outcome) SELECT t.delivery_id, 9, 1, t.started_at, now(), 'accepted' FROM "
        "pay_private.delivery_attempt t JOIN pay_private.delivery d USING (delivery_id) WHERE "
        "d.kind "
        "= 'request'");
    find("INV-17");
    const auto id =
        world_.sql("SELECT min(discrepancy_id) FROM pay_private.discrepancy WHERE state = 'open'");
    EXPECT_NE(ctl({"repair"}).second.find("a person decides"), std::string::npos);
    EXPECT_NE(ctl({"repair", "--apply"}).second.find("1 left to a person"), std::string::npos);
    EXPECT_EQ(ctl({"accept", id, "--because", ""}).first, 64);
    EXPECT_EQ(ctl({"accept", id, "--because", "sent by hand too"}).first, 0);
    EXPECT_EQ(ctl({"accept", id, "--because", "sent by hand too"}).first, 1)
        << "it is not open any more";
    ctl({"verify", "--record"});
    EXPECT_EQ(open(), "none") << "it stays away while its evidence is the same";
    EXPECT_EQ(world_.stop(), 0);
}

TEST(Balance, IsProvenWhileTheDaemonIsReading) {
    Scenario world;
    world.configure_reconciliation("every: 200ms\n    slowest: 400ms\n    overlap: 1m");
    world.start();
    world.connect_company("bakery");
    const auto account = world.sql("SELECT account_id FROM pay.integrations");
    {
        const auto lock = world.stripe().world().lock();
        world.stripe().world().add_charges(account, Json{{"amount", 1250}, {"currency", "usd"}});
    }
    world.wait_for(
        "EXISTS (SELECT FROM pay_private.balance_sum WHERE balance = ledger AND ledger > 0)", 150);
    EXPECT_EQ(world.ctl({"verify", "--record"}).first, 0);
    EXPECT_EQ(world.sql("SELECT count(balance_proven_at) FROM pay.coverage"), "1");
    world.sql("UPDATE pay_private.balance_transaction SET amount = amount + 1, net = net + 1");
    EXPECT_NE(world.ctl({"verify"}).second.find("INV-08"), std::string::npos);
    EXPECT_EQ(world.stop(), 0);
}

}  // namespace
}  // namespace paysync::test
