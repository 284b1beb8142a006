// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

/// What breaks a rule is found, planned, repaired by reading Stripe's stand-in again, and closed by
/// a later check, each through paysyncctl, while the daemon goes on.
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
    {"INV-10", "UPDATE pay_private.charge SET amount_captured = 1251"},
    {"INV-12", "UPDATE pay_private.integration SET stage_detail = 'under_review'"},
    {"INV-15", "UPDATE pay.payment_request SET amount_paid = 1"},
    {"INV-16", "UPDATE pay_private.payment_link SET wanted_active = true"},
    {"INV-20", "UPDATE pay_private.charge SET currency = 'isk'"},
    {"INV-21", "UPDATE pay_private.payout SET livemode = true"},
    {"INV-22",
     "INSERT INTO pay_private.quarantine SELECT account_id, 'charges', charge_id, '{}', 'bad', "
     "now() "
     "- interval '2 days' FROM pay_private.charge"},
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
    /// Everything is read once more, and then nothing until somebody asks for it: the daemon would
    /// mend some things by itself.
    void rest() {
        // Twice: rules wait for the lists to be read after what the first round writes.
        for (int round = 0; round < 2; ++round) {
            const auto now = world_.sql("SELECT now()");
            world_.sql(
                "UPDATE pay_private.stream SET next_run_at = now() WHERE leased_until IS NULL");
            world_.wait_for(
                "NOT EXISTS (SELECT FROM pay_private.stream WHERE last_completed_at < '" + now +
                "')");
        }
        put_off("stream", "next_run_at");
        put_off("integration", "next_check_at");
    }
    /// Until none is under way and none is due: what is under way would set its next time itself.
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
    std::string open() {
        return world_.sql(
            "SELECT coalesce(string_agg(DISTINCT kind, ' '), 'none') FROM pay_private.discrepancy "
            "WHERE state = 'open'");
    }

    Scenario world_;
};

TEST_F(Repair, everythingThatStripeCanTellIsReadAgainAndClosedByALaterCheck) {
    pay_out();
    world_.wait_for(
        "EXISTS (SELECT FROM pay_private.payout WHERE itemised_at IS NOT NULL) AND EXISTS (SELECT "
        "FROM pay_private.refund) AND (SELECT count(*) = 6 FROM pay_private.coverage) AND NOT "
        "EXISTS "
        "(SELECT FROM pay_private.violation)");
    for (const auto& [rule, breaks] : kCorruptions) {
        SCOPED_TRACE(std::string(rule) + ": " + breaks);
        rest();
        world_.sql("SET LOCAL session_replication_role = replica; " + std::string(breaks));
        EXPECT_EQ(ctl({"verify", "--record"}).first, 1);
        EXPECT_NE(open().find(rule), std::string::npos) << open();
        const auto plan = ctl({"repair"});
        EXPECT_NE(plan.second.find(rule), std::string::npos) << plan.second;
        EXPECT_EQ(
            world_.sql("SELECT count(repair_asked_at) FROM pay_private.discrepancy WHERE state "
                       "= 'open'"),
            "0")
            << "a plan does nothing";
        EXPECT_EQ(ctl({"repair", "--apply"}).first, 0);
        world_.wait_for("NOT EXISTS (SELECT FROM pay_private.violation)");
        EXPECT_EQ(ctl({"verify", "--record"}).first, 0);
        EXPECT_EQ(open(), "none");
    }
    EXPECT_EQ(
        world_.sql("SELECT count(*) FROM pay_private.discrepancy WHERE state = 'repaired' AND "
                   "(verified_at IS NULL OR repair_asked_at IS NULL)"),
        "0");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Repair, theLedgerIsWalkedAgainWhenItDoesNotAddUpToTheBalance) {
    world_.wait_for("(SELECT count(*) = 2 FROM pay_private.balance_transaction)");
    rest();
    world_.wait_for("EXISTS (SELECT FROM pay_private.balance_snapshot)");
    world_.sql(
        "UPDATE pay_private.coverage SET span = tstzrange(lower(span) - interval '1 day', now() + "
        "interval '1 hour') WHERE stream = 'balance_transactions'; UPDATE "
        "pay_private.balance_transaction SET amount = amount + 1, net = net + 1 WHERE type = "
        "'charge'");
    EXPECT_EQ(ctl({"verify", "--record"}).first, 1);
    EXPECT_EQ(open(), "INV-08");
    EXPECT_EQ(ctl({"repair", "--apply"}).first, 0);
    world_.wait_for("NOT EXISTS (SELECT FROM pay_private.violation)");
    EXPECT_EQ(ctl({"verify", "--record"}).first, 0);
    EXPECT_EQ(open(), "none");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Repair, whatNobodyCanReadAgainIsForAPersonWhoSaysWhy) {
    world_.wait_for("EXISTS (SELECT FROM pay_private.charge_history)");
    world_.sql("UPDATE pay_private.charge_history SET stripe_request_id = NULL");
    EXPECT_EQ(ctl({"verify", "--record"}).first, 1);
    const auto id = world_.sql(
        "SELECT min(discrepancy_id) FROM pay_private.discrepancy WHERE kind = 'INV-09' AND state = "
        "'open'");
    EXPECT_NE(ctl({"repair"}).second.find("a person decides"), std::string::npos);
    EXPECT_NE(ctl({"repair", "--apply"}).second.find("1 left to a person"), std::string::npos);
    EXPECT_EQ(ctl({"accept", id, "--because", ""}).first, 64);
    EXPECT_EQ(ctl({"accept", id, "--because", "imported by hand"}).first, 0);
    EXPECT_EQ(ctl({"accept", id, "--because", "imported by hand"}).first, 1)
        << "it is not open any more";
    ctl({"verify", "--record"});
    EXPECT_EQ(open(), "none") << "it stays away while its evidence is the same";
    EXPECT_EQ(world_.stop(), 0);
}

}  // namespace
}  // namespace paysync::test
