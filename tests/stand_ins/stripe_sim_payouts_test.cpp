// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

constexpr int64_t kDay = 24 * 3600;

class StripeSimPayouts : public StripeSim {
protected:
    std::string id = enabled_account();

    Json payouts() { return get("/v1/payouts?limit=100", id).body["data"]; }
    int64_t available() { return int_of(get("/v1/balance", id).body["available"][0], "amount"); }
};

TEST_F(StripeSimPayouts, AreMadeAtMidnightAndItemisedOnArrival) {
    script("payouts/daily", {{"account", id}});
    server.world().add_charges(id, {{"count", 2}, {"amount", 5000}});
    server.world().advance(2 * kDay);
    EXPECT_TRUE(payouts().empty());
    server.world().advance(kDay - kStart % kDay);
    ASSERT_EQ(payouts().size(), 1U);
    std::string po = text_of(payouts()[0], "id");
    EXPECT_EQ(int_of(payouts()[0], "created") % kDay, 0);
    EXPECT_EQ(payouts()[0]["trace_id"]["status"], "pending");
    Got early = get("/v1/balance_transactions?payout=" + po, id);
    EXPECT_EQ(early.code(), "payout_reconciliation_not_ready");
    server.world().advance(kDay);
    Json rows = get("/v1/balance_transactions?payout=" + po, id).body["data"];
    EXPECT_EQ(rows.size(), 3U);
    EXPECT_EQ(payouts()[0]["trace_id"]["status"], "supported");
    server.world().advance(30 * kDay);
    EXPECT_EQ(payouts().size(), 1U) << "a day without money has no payout";
    script("payouts/daily", {{"account", id}, {"on", false}});
    server.world().add_charges(id, {{"count", 1}});
    server.world().advance(5 * kDay);
    EXPECT_EQ(payouts().size(), 1U);
}

TEST_F(StripeSimPayouts, FollowTheAccountsSchedule) {
    server.world().set_account(
        id, {{"settings", {{"payouts", {{"schedule", {{"interval", "manual"}}}}}}}});
    script("payouts/daily", {{"account", id}});
    server.world().add_charges(id, {{"count", 1}});
    server.world().advance(20 * kDay);
    EXPECT_TRUE(payouts().empty());
    server.world().set_account(
        id, {{"settings", {{"payouts", {{"schedule", {{"interval", "weekly"}}}}}}}});
    server.world().advance(7 * kDay);
    ASSERT_EQ(payouts().size(), 1U);
    // 1970-01-01 was a Thursday: day 4 is the first Monday.
    EXPECT_EQ((int_of(payouts()[0], "created") / kDay) % 7, 4);
}

TEST_F(StripeSimPayouts, CanFailAfterBeingPaidAndReturnTheMoney) {
    server.world().add_charges(id, {{"count", 1}, {"amount", 5000}});
    server.world().advance(2 * kDay);
    int64_t before = available();
    script("payout", {{"account", id}, {"fail_after", 3 * kDay}, {"failure_code", "no_account"}});
    EXPECT_EQ(available(), 0);
    server.world().advance(kDay);
    EXPECT_EQ(payouts()[0]["status"], "paid");
    server.world().advance(2 * kDay);
    EXPECT_EQ(payouts()[0]["status"], "failed");
    EXPECT_EQ(payouts()[0]["failure_code"], "no_account");
    EXPECT_EQ(available(), before);
    EXPECT_EQ(get("/v1/payouts?status=failed", id).body["data"].size(), 1U);
    EXPECT_TRUE(get("/v1/payouts?status=paid", id).body["data"].empty());
    EXPECT_EQ(get("/v1/balance_transactions?type=payout_failure", id).body["data"].size(), 1U);
}

TEST_F(StripeSimPayouts, CanBeFilteredByArrivalDate) {
    server.world().add_charges(id, {{"count", 1}});
    server.world().advance(2 * kDay);
    script("payout", {{"account", id}});
    std::string arrival = std::to_string(int_of(payouts()[0], "arrival_date"));
    EXPECT_EQ(get("/v1/payouts?arrival_date[gte]=" + arrival, id).body["data"].size(), 1U);
    EXPECT_TRUE(get("/v1/payouts?arrival_date[gt]=" + arrival, id).body["data"].empty());
    EXPECT_EQ(get("/v1/payouts?arrival_date=" + arrival, id).body["data"].size(), 1U);
}

TEST_F(StripeSimPayouts, DisputesPassThroughTheirStatusesWithLedgerRows) {
    Json made = server.world().add_charges(id, {{"count", 2}, {"amount", 8000}});
    Json inquiry = script("dispute", {{"charge", made[0]},
                                      {"status", "warning_needs_response"},
                                      {"then",
                                       {{{"after", kDay}, {"status", "needs_response"}},
                                        {{"after", 2 * kDay}, {"status", "under_review"}},
                                        {{"after", 3 * kDay}, {"status", "won"}}}}})
                       .body;
    std::string path = "/v1/disputes/" + text_of(inquiry, "id");
    EXPECT_TRUE(get(path, id).body["balance_transactions"].empty());
    server.world().advance(kDay);
    EXPECT_EQ(get(path, id).body["balance_transactions"].size(), 1U);
    server.world().advance(kDay);
    EXPECT_EQ(get(path, id).body["status"], "under_review");
    server.world().advance(kDay);
    Json won = get(path, id).body;
    EXPECT_EQ(won["status"], "won");
    ASSERT_EQ(won["balance_transactions"].size(), 2U);
    EXPECT_EQ(int_of(won["balance_transactions"][0], "amount") +
                  int_of(won["balance_transactions"][1], "amount"),
              0);

    Json lost = script("dispute", {{"charge", made[1]}, {"amount", 3000}}).body;
    script("dispute/update", {{"dispute", lost["id"]}, {"status", "lost"}});
    Json object = get("/v1/disputes/" + text_of(lost, "id"), id).body;
    EXPECT_EQ(object["balance_transactions"].size(), 1U);
    EXPECT_EQ(object["balance_transactions"][0]["amount"], -3000);
    EXPECT_EQ(get("/v1/disputes?charge=" + made[1].get<std::string>(), id).body["data"].size(), 1U);
    EXPECT_EQ(get("/v1/events?type=charge.dispute.funds_reinstated", id).body["data"].size(), 1U);
}

}  // namespace
}  // namespace stripe_sim
