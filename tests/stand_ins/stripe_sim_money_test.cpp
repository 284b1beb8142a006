// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

TEST_F(StripeSim, TheLedgerAddsUpAfterRefundDisputeAndPayout) {
    std::string id = enabled_account();
    World& world = server.world();
    Json charges = world.add_charges(id, {{"count", 3}, {"amount", 10000}});
    world.advance(2 * 24 * 3600);
    EXPECT_EQ(get("/v1/balance", id).body["available"][0]["amount"], 3 * (10000 - 320));

    Json refund = script("refund", {{"charge", charges[0]}, {"amount", 4000}}).body;
    EXPECT_EQ(refund["status"], "succeeded");
    Json dispute = script("dispute", {{"charge", charges[1]}}).body;
    std::string dispute_id = text_of(dispute, "id");
    EXPECT_EQ(dispute["balance_transactions"][0]["net"], -11500);
    script("dispute/update", {{"dispute", dispute_id}, {"status", "won"}});
    EXPECT_EQ(get("/v1/disputes/" + dispute_id, id).body["balance_transactions"].size(), 2U);
    EXPECT_EQ(get("/v1/charges/" + charges[0].get<std::string>(), id).body["amount_refunded"],
              4000);

    Json payout = script("payout", {{"account", id}}).body;
    std::string po = text_of(payout, "id");
    int64_t expected = 3 * 9680 - 4000 - 1500;
    EXPECT_EQ(payout["amount"], expected);
    EXPECT_EQ(payout["status"], "in_transit");
    world.advance(24 * 3600);
    EXPECT_EQ(get("/v1/payouts/" + po, id).body["status"], "paid");
    EXPECT_EQ(get("/v1/payouts/" + po, id).body["reconciliation_status"], "completed");
    Json rows = get("/v1/balance_transactions?limit=100&payout=" + po, id).body["data"];
    int64_t sum = 0;
    for (const Json& row : rows) {
        EXPECT_EQ(int_of(row, "net"), int_of(row, "amount") - int_of(row, "fee"));
        sum += text_of(row, "type") == "payout" ? 0 : int_of(row, "net");
    }
    EXPECT_EQ(rows.size(), 7U);
    EXPECT_EQ(sum, expected);

    Json all = get("/v1/balance_transactions?limit=100", id).body["data"];
    int64_t total = 0;
    for (const Json& row : all) {
        total += int_of(row, "net");
    }
    EXPECT_EQ(total, 0);
    EXPECT_EQ(get("/v1/balance", id).body["available"][0]["amount"], 0);
    EXPECT_EQ(get("/v1/balance_transactions?type=refund", id).body["data"].size(), 1U);
    EXPECT_EQ(get("/v1/refunds?charge=" + charges[0].get<std::string>(), id).body["data"].size(),
              1U);

    script("payout/update", {{"payout", po}, {"status", "failed"}});
    EXPECT_EQ(get("/v1/balance", id).body["available"][0]["amount"], expected);
    Json manual = script("payout", {{"account", id}, {"automatic", false}, {"amount", 100}}).body;
    EXPECT_EQ(manual["reconciliation_status"], "not_applicable");
    EXPECT_EQ(get("/v1/balance_transactions?payout=" + text_of(manual, "id"), id).status, 400);
}

TEST_F(StripeSim, ForeignMoneyIsConvertedByTheAccountsRate) {
    std::string id = enabled_account();
    server.world().set_account(id, {{"rates", {{"eur", "1.0837"}, {"jpy", "0.0067"}}}});
    server.world().add_charges(id, {{"amount", 1000}, {"currency", "eur"}});
    server.world().add_charges(id, {{"amount", 1000}, {"currency", "jpy"}});
    Json rows = get("/v1/balance_transactions", id).body["data"];
    EXPECT_EQ(rows[0]["amount"], 670);
    EXPECT_EQ(rows[1]["amount"], 1084);
    EXPECT_EQ(rows[1]["currency"], "usd");
    EXPECT_EQ(dump(rows[1]["exchange_rate"]), "1.0837");
}

}  // namespace
}  // namespace stripe_sim
