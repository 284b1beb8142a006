// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

TEST_F(StripeSim, ALinkIsPaidOnceAndAllObjectsHaveTheRequestId) {
    std::string id = enabled_account();
    Got made = post("/v1/payment_links", link_body("&application_fee_amount=100"), id);
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.body["active"], true);
    EXPECT_EQ(made.body["restrictions"]["completed_sessions"]["count"], 0);
    std::string link = text_of(made.body, "id");
    std::string page = path_of(text_of(made.body, "url"));

    for (int i = 0; i < 3; ++i) {
        auto opened = client.Get((page + "?prefilled_email=p%40example.com").c_str());
        EXPECT_NE(opened->body.find("25.00 USD"), std::string::npos);
        EXPECT_NE(opened->body.find("p@example.com"), std::string::npos);
    }
    auto declined = client.Post(page.c_str(), "email=b%40example.com&outcome=declined", kForm);
    EXPECT_EQ(declined->status, 402);
    auto paid = client.Post(page.c_str(), "email=b%40example.com&name=Bo&outcome=ok", kForm);
    EXPECT_NE(paid->body.find("Payment received"), std::string::npos);
    auto closed = client.Get(page.c_str());
    EXPECT_NE(closed->body.find("no longer active"), std::string::npos);
    EXPECT_EQ(script("pay", {{"link", link}}).status, 400);

    Json after = get("/v1/payment_links/" + link, id).body;
    EXPECT_EQ(after["restrictions"]["completed_sessions"]["count"], 1);

    Json charges = get("/v1/charges?expand[]=data.balance_transaction", id).body["data"];
    ASSERT_EQ(charges.size(), 2U);
    const Json& charge = charges[0];
    EXPECT_EQ(charge["status"], "succeeded");
    EXPECT_EQ(charges[1]["status"], "failed");
    EXPECT_EQ(charge["metadata"]["request_id"], "pr_1");
    EXPECT_EQ(charge["billing_details"]["email"], "b@example.com");
    EXPECT_EQ(charge["payment_method_details"]["card"]["last4"], "4242");
    const Json& row = charge["balance_transaction"];
    EXPECT_EQ(row["amount"], 2500);
    EXPECT_EQ(row["fee"], 100 + 103);
    EXPECT_EQ(row["net"], 2500 - 203);
    EXPECT_EQ(row["fee_details"].size(), 2U);

    std::string intent = text_of(charge, "payment_intent");
    Json pi = get("/v1/payment_intents/" + intent, id).body;
    EXPECT_EQ(pi["status"], "succeeded");
    EXPECT_EQ(pi["latest_charge"], charge["id"]);
    Json sessions = get("/v1/checkout/sessions?payment_intent=" + intent, id).body["data"];
    ASSERT_EQ(sessions.size(), 1U);
    EXPECT_EQ(sessions[0]["payment_link"], link);
    EXPECT_EQ(sessions[0]["metadata"]["request_id"], "pr_1");
    EXPECT_EQ(sessions[0]["payment_status"], "paid");

    Json fees = get("/v1/application_fees").body["data"];
    ASSERT_EQ(fees.size(), 1U);
    EXPECT_EQ(fees[0]["charge"], charge["id"]);
    EXPECT_EQ(fees[0]["account"], id);
}

TEST_F(StripeSim, AnInactiveLinkShowsItsMessageAndCannotBePaid) {
    std::string id = enabled_account();
    std::string link = text_of(post("/v1/payment_links", link_body(), id).body, "id");
    Got off = post("/v1/payment_links/" + link,
                   "active=false&inactive_message=Paid%20%3Celsewhere%3E", id);
    EXPECT_EQ(off.body["active"], false);
    auto page = client.Get(("/pay/" + link).c_str());
    EXPECT_NE(page->body.find("Paid &lt;elsewhere&gt;"), std::string::npos);
    client.Post(("/pay/" + link).c_str(), "email=b%40example.com", kForm);
    EXPECT_TRUE(get("/v1/charges", id).body["data"].empty());
    EXPECT_TRUE(get("/v1/payment_links?active=true", id).body["data"].empty());
    EXPECT_EQ(get("/v1/payment_links?active=false", id).body["data"].size(), 1U);
    Json items = get("/v1/payment_links/" + link + "/line_items", id).body;
    EXPECT_EQ(items["data"][0]["amount_total"], 2500);
}

TEST_F(StripeSim, ADelayedPaymentIsPendingUntilSettled) {
    std::string id = enabled_account();
    std::string link = text_of(post("/v1/payment_links", link_body(), id).body, "id");
    Json paid = script("pay", {{"link", link}, {"outcome", "delayed"}}).body;
    std::string charge = text_of(paid, "charge");
    Json pending = get("/v1/charges/" + charge, id).body;
    EXPECT_EQ(pending["status"], "pending");
    EXPECT_TRUE(pending["balance_transaction"].is_null());
    std::string session = "/v1/checkout/sessions/" + text_of(paid, "session");
    EXPECT_EQ(get(session, id).body["payment_status"], "unpaid");
    EXPECT_EQ(get(session, id).body["status"], "complete");
    script("settle", {{"charge", charge}});
    EXPECT_EQ(get("/v1/charges/" + charge, id).body["status"], "succeeded");
    EXPECT_EQ(get(session, id).body["payment_status"], "paid");
}

TEST_F(StripeSim, ChargesArePagedInBothDirectionsWithoutGapOrRepetition) {
    std::string id = enabled_account();
    Json made = server.world().add_charges(
        id, {{"count", 25}, {"amount", 700}, {"created", kStart - 1000}, {"spacing", 10}});
    std::vector<std::string> expected;
    for (auto each = made.rbegin(); each != made.rend(); ++each) {
        expected.push_back(each->get<std::string>());
    }
    std::vector<std::string> seen;
    for (bool more = true; more;) {
        std::string cursor = seen.empty() ? "" : "&starting_after=" + seen.back();
        Json page = get("/v1/charges?limit=10" + cursor, id).body;
        for (const std::string& each : ids(page)) {
            seen.push_back(each);
        }
        more = page["has_more"].get<bool>();
        EXPECT_EQ(page["url"], "/v1/charges");
    }
    EXPECT_EQ(seen, expected);
    Json newer = get("/v1/charges?limit=4&ending_before=" + expected[10], id).body;
    EXPECT_EQ(ids(newer), std::vector<std::string>(expected.begin() + 6, expected.begin() + 10));
    EXPECT_EQ(newer["has_more"], true);

    auto since = [&](const std::string& bound, int64_t at) {
        return get("/v1/charges?limit=100&created[" + bound + "]=" + std::to_string(at), id)
            .body["data"]
            .size();
    };
    EXPECT_EQ(since("gte", kStart - 800), 5U);
    EXPECT_EQ(since("gt", kStart - 800), 4U);
    EXPECT_EQ(since("lte", kStart - 800), 21U);
    EXPECT_EQ(since("lt", kStart - 800), 20U);

    Got lost = get("/v1/charges?starting_after=ch_gone", id);
    EXPECT_EQ(lost.code(), "resource_missing");
    EXPECT_EQ(get("/v1/charges?limit=101", id).param(), "limit");
    EXPECT_EQ(get("/v1/charges?limit=0", id).param(), "limit");
}

TEST_F(StripeSim, AccountsAreIsolated) {
    std::string one = enabled_account();
    std::string two = enabled_account();
    std::string charge = server.world().add_charges(one, {{"count", 1}})[0].get<std::string>();
    EXPECT_EQ(get("/v1/charges/" + charge, one).status, 200);
    EXPECT_EQ(get("/v1/charges/" + charge, two).status, 404);
    EXPECT_EQ(get("/v1/charges/" + charge).status, 404);
    EXPECT_TRUE(get("/v1/charges", two).body["data"].empty());
    EXPECT_EQ(get("/v1/charges", one).header("Stripe-Account"), one);
    EXPECT_EQ(get("/v1/charges", "acct_unknown").code(), "account_invalid");
}

}  // namespace
}  // namespace stripe_sim
