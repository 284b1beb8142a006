// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

/// Everything that moves an account's money, from Stripe's stand-in to PostgreSQL.
namespace paysync::test {
namespace {

using stripe_sim::Json;

class Money : public testing::Test {
protected:
    Money() {
        world_.configure_reconciliation("every: 200ms\n    slowest: 400ms");
        world_.start();
        world_.connect_company("bakery");
        account_ = world_.sql("SELECT account_id FROM pay.integrations");
    }
    /// A request that was paid by card, and its charge.
    std::pair<std::string, std::string> paid() {
        const auto request = world_.request("bakery", "client@example.com");
        world_.wait_for(state_is(request, "open") +
                        " AND EXISTS (SELECT FROM pay.payment_requests "
                        "WHERE delivery = 'sent' AND request_id = '" +
                        request + "')");
        world_.pay_from_mail(request);
        world_.wait_for(state_is(request, "paid"));
        return {request, world_.sql("SELECT charge_id FROM pay.my_payments WHERE request_id = '" +
                                    request + "'")};
    }
    static std::string state_is(const std::string& request, const std::string& state) {
        return "(SELECT state = '" + state + "' FROM pay.payment_requests WHERE request_id = '" +
               request + "')";
    }
    template <typename Act>
    auto at_stripe(Act act) {
        const auto lock = world_.stripe().world().lock();
        return act(world_.stripe().world());
    }

    Scenario world_;
    std::string account_;
};

TEST_F(Money, ARefundReachesTheRequest) {
    const auto [request, charge] = paid();
    const auto refund = at_stripe([&, charge = charge](auto& stripe) {
        return stripe.refund(account_, Json{{"charge", charge}});
    });
    world_.wait_for(state_is(request, "refunded"));
    world_.wait_for("(SELECT amount_refunded = 1250 FROM pay_private.charge WHERE charge_id = '" +
                    charge + "')");
    world_.wait_for(
        "(SELECT count(*) = 2 FROM pay_private.balance_transaction WHERE source_id IN ('" + charge +
        "', '" + refund.at("id").template get<std::string>() + "'))");
    // Another stream than the ledger's, with its own turn.
    world_.wait_for("(SELECT status = 'succeeded' FROM pay_private.refund)");
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay_private.delivery WHERE kind = 'receipt'"), "1")
        << "nobody is thanked for a refund";
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Money, PlatformFeesAndTheirRefundsAreStored) {
    world_.command("pay.update_settings('bakery', application_fee_percent => 10)");
    const auto [request, charge] = paid();
    world_.wait_for(
        "(SELECT amount = 125 AND amount_decimal = 1.25 AND company = 'bakery' AND "
        "request_id = '" +
        request + "' FROM pay.platform_fees WHERE charge_id = '" + charge + "')");
    at_stripe([&, charge = charge](auto& stripe) {
        return stripe.refund(account_, Json{{"charge", charge}, {"refund_application_fee", true}});
    });
    world_.wait_for("(SELECT refunded = 125 FROM pay.platform_fees)");
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay_private.violation WHERE invariant = 'INV-05'"),
              "0");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Money, ADisputeAndItsEndAreSeen) {
    const auto [request, charge] = paid();
    const auto dispute = at_stripe(
        [&, charge = charge](auto& stripe) { return stripe.open_dispute(charge, Json::object()); });
    world_.wait_for(state_is(request, "disputed"));
    world_.wait_for("(SELECT disputed FROM pay_private.charge WHERE charge_id = '" + charge + "')");
    at_stripe([&](auto& stripe) {
        return stripe.update_dispute(dispute.at("id").template get<std::string>(), "won");
    });
    world_.sql("UPDATE pay_private.dispute SET next_check_at = now()");
    world_.wait_for(state_is(request, "paid"));
    world_.wait_for(
        "(SELECT count(*) = 2 FROM pay_private.balance_transaction WHERE source_id = '" +
        dispute.at("id").template get<std::string>() + "')");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Money, APayoutIsItemisedAndAddsUp) {
    paid();
    paid();
    at_stripe([&](auto& stripe) { stripe.pay_out_daily(account_, true); });
    at_stripe([&](auto& stripe) { stripe.advance(9 * 86400); });
    world_.wait_for("EXISTS (SELECT FROM pay_private.payout WHERE itemised_at IS NOT NULL)");
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay_private.payout p WHERE p.amount <> (SELECT "
                         "sum(b.net) FROM pay_private.balance_transaction b WHERE b.payout_id = "
                         "p.payout_id AND b.type <> 'payout')"),
              "0");
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay_private.discrepancy WHERE state = 'open'"), "0");
    world_.wait_for("EXISTS (SELECT FROM pay_private.balance_snapshot)");
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Money, PaymentsAreListedExportedAndProven) {
    const auto [request, charge] = paid();
    const auto ctl = [&](std::vector<std::string> arguments) {
        return world_.ctl(std::move(arguments));
    };
    const auto table = ctl({"payments", "--company", "bakery", "--status", "succeeded"});
    EXPECT_EQ(table.first, 0);
    EXPECT_NE(table.second.find("12.50"), std::string::npos) << table.second;
    const auto csv = ctl({"payments", "--format", "csv", "--text", "invoice"});
    EXPECT_EQ(csv.first, 0);
    EXPECT_EQ(csv.second.rfind("company,account_id,charge_id,request_id,", 0), 0U) << csv.second;
    EXPECT_NE(csv.second.find("bakery," + account_ + "," + charge + "," + request),
              std::string::npos);
    const auto lines = ctl({"payments", "--format", "jsonl"});
    EXPECT_EQ(Json::parse(lines.second).at("charge_id"), charge) << lines.second;
    EXPECT_EQ(ctl({"payments", "--format", "jsonl", "--currency", "eur"}).second, "");
    const auto wrong = ctl({"payments", "--amount-min", "12.50"});
    EXPECT_EQ(wrong.first, 64);
    EXPECT_NE(wrong.second.find("--amount-min: expected a whole number"), std::string::npos)
        << wrong.second;

    world_.wait_for("(SELECT count(*) = 6 FROM pay_private.coverage)");
    const auto proof = ctl({"prove", "--company", "bakery"});
    EXPECT_EQ(proof.first, 0);
    EXPECT_NE(proof.second.find("balance_transactions"), std::string::npos) << proof.second;
    EXPECT_EQ(ctl({"prove", "--company", "nobody"}).first, 0) << "a list of nothing";
    EXPECT_EQ(ctl({"verify"}), std::pair(0, std::string("all rules hold\n")));
    world_.sql("UPDATE pay_private.balance_transaction SET net = net + 1");
    const auto verdict = ctl({"verify"});
    EXPECT_EQ(verdict.first, 1);
    EXPECT_NE(verdict.second.find("INV-03"), std::string::npos) << verdict.second;
    EXPECT_EQ(world_.stop(), 0);
}

TEST_F(Money, ARangeIsProvenAndBackfilled) {
    const auto ctl = [&](std::vector<std::string> arguments) {
        return world_.ctl(std::move(arguments));
    };
    const auto verdicts = [&](std::vector<std::string> range) {
        range.insert(range.begin(), {"prove", "--company", "bakery", "--json"});
        const auto [code, text] = ctl(range);
        std::set<std::string> found;
        for (const auto& row : Json::parse(text))
            found.insert(row.at("verdict").get<std::string>());
        return std::pair(code, found);
    };
    using Verdicts = std::set<std::string>;
    paid();
    world_.wait_for("(SELECT count(*) = 6 FROM pay_private.coverage)");
    world_.wait_for("(SELECT bool_and(last_completed_at IS NOT NULL) FROM pay_private.stream)");
    EXPECT_EQ(verdicts({}), std::pair(0, Verdicts{"complete"}));
    EXPECT_EQ(verdicts({"--from", "2020-01-01"}), std::pair(0, Verdicts{"complete"}))
        << "before the account was made there was nothing";
    const auto future = verdicts({"--from", "2020-01-01T00:00:00Z", "--to", "2100-01-01"});
    EXPECT_EQ(future.first, 1);
    EXPECT_EQ(future.second.begin()->rfind("complete up to 20", 0), 0U) << *future.second.begin();

    world_.sql(
        "INSERT INTO pay_private.coverage SELECT account_id, stream, tstzrange(lower(span) - "
        "interval '3 hours', lower(span) - interval '2 hours'), read_at, 0 FROM "
        "pay_private.coverage WHERE account_id <> '' AND stream = 'charges'; UPDATE "
        "pay_private.integration SET account_created_at = '2020-01-01Z'");
    EXPECT_EQ(verdicts({}), std::pair(0, Verdicts({"complete", "holes"})));
    EXPECT_EQ(verdicts({"--from", "2020-01-01"}), std::pair(1, Verdicts{"holes"}));

    const auto plan = ctl({"backfill", "--company", "bakery", "--from", "2020-01-01"});
    EXPECT_EQ(plan.first, 0) << plan.second;
    EXPECT_NE(plan.second.find("balance_transactions  2020-01-01 00:00:00+00"), std::string::npos)
        << plan.second;
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay_private.stream WHERE since < '2021-01-01'"), "0")
        << "a plan does nothing";
    const auto applied =
        ctl({"backfill", "--company", "bakery", "--from", "2020-01-01", "--apply"});
    EXPECT_EQ(applied.first, 0) << applied.second;
    EXPECT_NE(applied.second.find("payouts"), std::string::npos) << applied.second;
    world_.wait_for(
        "(SELECT count(*) = 5 FROM pay_private.coverage WHERE lower(span) = '2020-01-01Z') AND "
        "NOT EXISTS (SELECT FROM pay_private.slice WHERE since < '2021-01-01')");
    EXPECT_EQ(verdicts({"--from", "2020-01-01"}), std::pair(0, Verdicts{"complete"}));
    EXPECT_EQ(ctl({"verify"}), std::pair(0, std::string("all rules hold\n")));

    const auto unknown = ctl({"backfill", "--company", "nobody", "--from", "2020-01-01"});
    EXPECT_EQ(unknown.first, 1);
    EXPECT_NE(unknown.second.find("there is no company \"nobody\""), std::string::npos)
        << unknown.second;
    EXPECT_EQ(ctl({"backfill", "--company", "bakery", "--from", "2100-01-01"}).first, 1);

    world_.sql(
        "INSERT INTO pay_private.audited (account_id, stream, object_id, differed, "
        "stripe_request_id) SELECT 'acct_1', 'made up', 'ch_' || n, false, 'req_1' FROM "
        "generate_series(1, 299) n");
    const auto audit = ctl({"audit", "--json"});
    EXPECT_NE(audit.second.find(R"("stream":"made up","drawn":299,"differed":0,"at_most":0.0099)"),
              std::string::npos)
        << audit.second;
    EXPECT_EQ(audit.first, 0);
    EXPECT_EQ(world_.stop(), 0);
}

}  // namespace
}  // namespace paysync::test
