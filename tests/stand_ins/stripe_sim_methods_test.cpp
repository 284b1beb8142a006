// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"
#include "tests/stripe_sim/payment_methods.hpp"

namespace stripe_sim {
namespace {

class StripeSimMethods : public StripeSim {
protected:
    std::string id = enabled_account();

    std::string new_link(const std::string& more = "", const std::string& account = "own") {
        Got made = post("/v1/payment_links", link_body(more), account == "own" ? id : account);
        EXPECT_EQ(made.status, 200) << made.body;
        return text_of(made.body, "id");
    }
    Json charge(const std::string& charge_id) { return get("/v1/charges/" + charge_id, id).body; }
};

TEST_F(StripeSimMethods, EveryMethodPaysAndIsRecorded) {
    for (const PaymentMethod& method : payment_methods()) {
        Json paid = script("pay", {{"link", new_link()}, {"method", method.name}}).body;
        Json made = charge(text_of(paid, "charge"));
        std::string type = method.type;
        EXPECT_EQ(made["payment_method_details"]["type"], type);
        EXPECT_TRUE(made["payment_method_details"].contains(type)) << method.name;
        EXPECT_EQ(made["status"], method.delayed ? "pending" : "succeeded") << method.name;
        EXPECT_EQ(text_of(made, "id").substr(0, 3), type == "card" ? "ch_" : "py_");
        EXPECT_EQ(made["balance_transaction"].is_null(), method.delayed) << method.name;
    }
    EXPECT_EQ(script("pay", {{"link", new_link()}, {"method", "shells"}}).param(), "method");
}

TEST_F(StripeSimMethods, ThePageOffersTheMethodsOfTheLink) {
    std::string link = new_link("&payment_method_types[0]=us_bank_account");
    std::string page = client.Get(("/pay/" + link).c_str())->body;
    EXPECT_NE(page.find("value=\"us_bank_account\""), std::string::npos);
    EXPECT_EQ(page.find("value=\"mastercard\""), std::string::npos);
    EXPECT_EQ(script("pay", {{"link", link}, {"method", "amex"}}).param(), "method");
    auto done = client.Post(("/pay/" + link).c_str(),
                            "email=b%40example.com&outcome=ok&method=us_bank_account", kForm);
    EXPECT_EQ(done->status, 200);
    EXPECT_EQ(get("/v1/charges", id).body["data"][0]["status"], "pending");
}

TEST_F(StripeSimMethods, ADelayedPaymentSettlesAsScripted) {
    Json good = script("pay", {{"link", new_link()},
                               {"method", "us_bank_account"},
                               {"settle_after", 4 * 24 * 3600}})
                    .body;
    Json bad = script("pay", {{"link", new_link()},
                              {"method", "boleto"},
                              {"settle_after", 3600},
                              {"settle_outcome", "payment_method_expired"}})
                   .body;
    server.world().advance(3600);
    EXPECT_EQ(charge(text_of(bad, "charge"))["status"], "failed");
    EXPECT_EQ(charge(text_of(bad, "charge"))["failure_code"], "payment_method_expired");
    EXPECT_EQ(charge(text_of(good, "charge"))["status"], "pending");
    server.world().advance(4 * 24 * 3600);
    EXPECT_EQ(charge(text_of(good, "charge"))["status"], "succeeded");
    EXPECT_EQ(get("/v1/events?type=checkout.session.async_payment_failed", id).body["data"].size(),
              1U);
}

TEST_F(StripeSimMethods, ABankCanReverseASucceededPayment) {
    Json paid =
        script("pay", {{"link", new_link()}, {"method", "sepa_debit"}, {"settle_after", 60}}).body;
    std::string charge_id = text_of(paid, "charge");
    server.world().advance(60);
    ASSERT_EQ(charge(charge_id)["status"], "succeeded");
    EXPECT_EQ(script("settle", {{"charge", charge_id}}).status, 400);
    script("settle", {{"charge", charge_id}, {"outcome", "insufficient_funds"}});
    Json failed = charge(charge_id);
    EXPECT_EQ(failed["status"], "failed");
    Json row =
        get("/v1/balance_transactions/" + text_of(failed, "failure_balance_transaction"), id).body;
    EXPECT_EQ(row["reporting_category"], "charge_failure");
    EXPECT_EQ(row["amount"], -2500);
}

TEST_F(StripeSimMethods, AReversalHasTheLedgerRowThatItIsGiven) {
    for (const char* row : {"payment_reversal", "payment_failure_refund"}) {
        Json paid =
            script("pay",
                   {{"link", new_link()}, {"method", "us_bank_account"}, {"settle_after", 60}})
                .body;
        server.world().advance(60);
        Json failed =
            script("settle",
                   {{"charge", paid["charge"]}, {"outcome", "account_closed"}, {"row", row}})
                .body;
        std::string id_of_row = text_of(failed, "failure_balance_transaction");
        Json found = get("/v1/balance_transactions/" + id_of_row, id).body;
        EXPECT_EQ(found["type"], row);
        EXPECT_EQ(found["reporting_category"], "charge_failure");
        EXPECT_EQ(found["amount"], -2500);
    }
}

TEST_F(StripeSimMethods, APendingDebitUsesItsLinkUpAndAFailureDoesNotOpenItAgain) {
    std::string link = new_link();
    Json paid = script("pay", {{"link", link}, {"method", "us_bank_account"}}).body;
    EXPECT_EQ(charge(text_of(paid, "charge"))["status"], "pending");
    EXPECT_TRUE(charge(text_of(paid, "charge"))["balance_transaction"].is_null());
    EXPECT_EQ(script("pay", {{"link", link}}).code(), "payment_link_inactive");
    script("settle", {{"charge", paid["charge"]}, {"outcome", "insufficient_funds"}});
    EXPECT_EQ(charge(text_of(paid, "charge"))["status"], "failed");
    EXPECT_TRUE(get("/v1/balance_transactions", id).body["data"].empty()) << "no money moved";
    Json object = get("/v1/payment_links/" + link, id).body;
    EXPECT_EQ(object["active"], true);
    EXPECT_EQ(object["restrictions"]["completed_sessions"]["count"], 1);
    EXPECT_EQ(script("pay", {{"link", link}}).code(), "payment_link_inactive");
}

TEST_F(StripeSimMethods, ARefundToABankIsPendingUntilItSettlesOrFails) {
    Json paid =
        script("pay", {{"link", new_link()}, {"method", "us_bank_account"}, {"settle_after", 60}})
            .body;
    server.world().advance(60);
    std::string charge_id = text_of(paid, "charge");
    Json refund = post("/v1/refunds", "charge=" + charge_id + "&amount=500", id).body;
    EXPECT_EQ(refund["status"], "pending");
    Json fails = script("refund", {{"account", id},
                                   {"charge", charge_id},
                                   {"amount", 300},
                                   {"settle_after", 3600},
                                   {"settle_status", "failed"}})
                     .body;
    EXPECT_EQ(charge(charge_id)["amount_refunded"], 800);
    server.world().advance(3600);
    Json failed = get("/v1/refunds/" + text_of(fails, "id"), id).body;
    EXPECT_EQ(failed["status"], "failed");
    EXPECT_EQ(charge(charge_id)["amount_refunded"], 500);
    EXPECT_EQ(get("/v1/balance_transactions?type=refund_failure", id).body["data"].size(), 1U);
    EXPECT_EQ(get("/v1/refunds?charge=" + charge_id, id).body["data"].size(), 2U);
}

TEST_F(StripeSimMethods, AnApplicationFeeGoesToThePlatformAndBack) {
    Json paid = script("pay", {{"link", new_link("&application_fee_amount=250")}}).body;
    Json made = charge(text_of(paid, "charge"));
    std::string fee = text_of(made, "application_fee");
    Json object = get("/v1/application_fees/" + fee).body;
    EXPECT_EQ(object["account"], id);
    EXPECT_EQ(object["amount"], 250);
    EXPECT_EQ(get("/v1/application_fees?charge=" + text_of(made, "id")).body["data"].size(), 1U);
    Json row = get("/v1/balance_transactions?source=" + text_of(made, "id"), id).body["data"][0];
    EXPECT_EQ(row["fee_details"][0]["type"], "application_fee");
    EXPECT_EQ(int_of(row, "net"), 2500 - int_of(row, "fee"));

    post("/v1/refunds",
         "charge=" + text_of(made, "id") + "&amount=1250&refund_application_fee=true", id);
    EXPECT_EQ(get("/v1/application_fees/" + fee).body["amount_refunded"], 125);
    script("application_fees/refund", {{"fee", fee}});
    EXPECT_EQ(get("/v1/application_fees/" + fee).body["refunded"], true);
    int64_t platform = 0;
    Json rows = get("/v1/balance_transactions?limit=100").body["data"];
    for (const Json& each : rows) {
        platform += int_of(each, "net");
    }
    EXPECT_EQ(platform, 0);
    EXPECT_EQ(script("application_fees/refund", {{"fee", fee}}).status, 400);
}

TEST_F(StripeSimMethods, ADestinationChargeBelongsToThePlatformAndItsMoneyToTheAccount) {
    std::string link = new_link(
        "&transfer_data[destination]=" + id + "&on_behalf_of=" + id + "&application_fee_amount=100",
        "");
    std::string charge_id = text_of(script("pay", {{"link", link}}).body, "charge");
    Json made = get("/v1/charges/" + charge_id + "?expand[]=transfer").body;
    EXPECT_EQ(made["transfer"]["destination"], id);
    EXPECT_EQ(made["transfer"]["amount"], 2500);
    EXPECT_TRUE(made["application_fee"].is_null());
    Json payment = get("/v1/charges", id).body["data"][0];
    EXPECT_EQ(payment["id"], made["transfer"]["destination_payment"]);
    EXPECT_EQ(payment["source_transfer"], made["transfer"]["id"]);
    EXPECT_EQ(get("/v1/balance_transactions", id).body["data"][0]["net"], 2400);
    EXPECT_EQ(get("/v1/transfers?destination=" + id).body["data"].size(), 1U);
    EXPECT_TRUE(get("/v1/transfers?transfer_group=none").body["data"].empty());
}

}  // namespace
}  // namespace stripe_sim
