// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

/// Links whose cards are authorised and captured later.
class StripeSimCaptures : public StripeSim {
protected:
    std::string id = enabled_account();

    /// Pays a new link of 25.00; returns the charge.
    std::string authorized() {
        Got link =
            post("/v1/payment_links", link_body("&payment_intent_data[capture_method]=manual"), id);
        EXPECT_EQ(link.status, 200) << link.body;
        Json paid = script("pay", {{"link", link.body["id"]}}).body;
        session = text_of(paid, "session");
        intent = text_of(paid, "payment_intent");
        return text_of(paid, "charge");
    }
    Json charge(const std::string& charge_id) { return get("/v1/charges/" + charge_id, id).body; }
    Json list(const std::string& what) { return get("/v1/" + what, id).body["data"]; }
    std::string payment_status() {
        return text_of(get("/v1/checkout/sessions/" + session, id).body, "payment_status");
    }
    std::string session, intent;
};

TEST_F(StripeSimCaptures, AnAuthorisationMovesNoMoney) {
    Json made = charge(authorized());
    EXPECT_EQ(made["status"], "succeeded");
    EXPECT_EQ(made["paid"], true);
    EXPECT_EQ(made["captured"], false);
    EXPECT_EQ(made["amount_captured"], 0);
    EXPECT_TRUE(made["balance_transaction"].is_null());
    Json held = get("/v1/payment_intents/" + intent, id).body;
    EXPECT_EQ(held["status"], "requires_capture");
    EXPECT_EQ(held["amount_capturable"], 2500);
    EXPECT_EQ(held["amount_received"], 0);
    EXPECT_EQ(payment_status(), "unpaid");
    EXPECT_TRUE(list("balance_transactions").empty());
    EXPECT_EQ(post("/v1/refunds", "charge=" + text_of(made, "id"), id).code(),
              "charge_not_refundable");
}

TEST_F(StripeSimCaptures, AScriptCanAuthoriseWithoutASettingOfTheLink) {
    std::string link = text_of(post("/v1/payment_links", link_body(), id).body, "id");
    Json paid = script("pay", {{"link", link}, {"manual", true}}).body;
    EXPECT_EQ(charge(text_of(paid, "charge"))["captured"], false);
    Json made = script("charges", {{"account", id}, {"amount", 700}, {"manual", true}}).body;
    Json taken = script("capture", {{"charge", made["charges"][0]}}).body;
    EXPECT_EQ(taken["amount_captured"], 700);
}

TEST_F(StripeSimCaptures, ACaptureTakesTheMoney) {
    std::string charge_id = authorized();
    EXPECT_EQ(script("capture", {{"charge", charge_id}, {"amount", 2501}}).param(), "amount");
    Json taken = script("capture", {{"charge", charge_id}}).body;
    EXPECT_EQ(taken["captured"], true);
    EXPECT_EQ(taken["amount_captured"], 2500);
    EXPECT_EQ(taken["amount_refunded"], 0);
    EXPECT_EQ(get("/v1/payment_intents/" + intent, id).body["status"], "succeeded");
    EXPECT_EQ(payment_status(), "paid");
    EXPECT_EQ(list("balance_transactions")[0]["amount"], 2500);
    EXPECT_TRUE(list("refunds").empty());
    EXPECT_EQ(script("capture", {{"charge", charge_id}}).code(), "charge_already_captured");
    server.world().advance(8 * 24 * 3600);
    EXPECT_EQ(charge(charge_id)["refunded"], false) << "a captured one does not expire";
}

TEST_F(StripeSimCaptures, APartialCaptureReleasesTheRestAsARefundWithoutALedgerRow) {
    std::string charge_id = authorized();
    Json taken = script("capture", {{"charge", charge_id}, {"amount", 1000}}).body;
    EXPECT_EQ(taken["amount"], 2500);
    EXPECT_EQ(taken["amount_captured"], 1000);
    EXPECT_EQ(taken["amount_refunded"], 1500);
    EXPECT_EQ(taken["refunded"], false);
    ASSERT_EQ(list("refunds").size(), 1U);
    EXPECT_EQ(list("refunds")[0]["amount"], 1500);
    EXPECT_TRUE(list("refunds")[0]["balance_transaction"].is_null());
    ASSERT_EQ(list("balance_transactions").size(), 1U);
    EXPECT_EQ(list("balance_transactions")[0]["amount"], 1000);
    EXPECT_EQ(post("/v1/refunds", "charge=" + charge_id + "&amount=1001", id).param(), "amount");
    EXPECT_EQ(post("/v1/refunds", "charge=" + charge_id, id).body["amount"], 1000);
    EXPECT_EQ(charge(charge_id)["refunded"], true);
    EXPECT_EQ(charge(charge_id)["amount_refunded"], 2500);
}

TEST_F(StripeSimCaptures, AReleaseIsARefundWithoutALedgerRow) {
    std::string charge_id = authorized();
    Json released = script("release", {{"charge", charge_id}}).body;
    EXPECT_EQ(released["status"], "succeeded");
    EXPECT_EQ(released["captured"], false);
    EXPECT_EQ(released["amount_captured"], 0);
    EXPECT_EQ(released["amount_refunded"], 2500);
    EXPECT_EQ(released["refunded"], true);
    EXPECT_TRUE(list("refunds")[0]["reason"].is_null());
    EXPECT_TRUE(list("balance_transactions").empty());
    EXPECT_EQ(get("/v1/payment_intents/" + intent, id).body["status"], "canceled");
    EXPECT_EQ(script("capture", {{"charge", charge_id}}).code(), "charge_expired_for_capture");
    std::string refund = text_of(list("refunds")[0], "id");
    EXPECT_EQ(script("refund/update", {{"refund", refund}, {"status", "failed"}}).status, 400);
}

TEST_F(StripeSimCaptures, AnAuthorisationExpiresAfterSevenDays) {
    std::string charge_id = authorized();
    server.world().advance(7 * 24 * 3600 - 1);
    EXPECT_EQ(charge(charge_id)["refunded"], false);
    server.world().advance(1);
    EXPECT_EQ(charge(charge_id)["refunded"], true);
    EXPECT_EQ(list("refunds")[0]["reason"], "expired_uncaptured_charge");
    EXPECT_EQ(list("events?type=charge.expired").size(), 1U);
}

}  // namespace
}  // namespace stripe_sim
