// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

/// Links that Stripe refuses to make, and answers that an idempotency key repeats.
class StripeSimRefusals : public StripeSim {
protected:
    std::string id = enabled_account();

    Got make(const std::string& currency, int64_t amount, const std::string& more = "") {
        return post("/v1/payment_links",
                    "line_items[0][price_data][currency]=" + currency +
                        "&line_items[0][price_data][unit_amount]=" + std::to_string(amount) +
                        "&line_items[0][price_data][product_data][name]=x"
                        "&line_items[0][quantity]=1" +
                        more,
                    id);
    }
    Got fault(Json body) {
        body["method"] = "POST";
        body["path"] = "/v1/payment_links";
        return script("faults", body);
    }
    size_t links() { return get("/v1/payment_links", id).body["data"].size(); }
};

TEST_F(StripeSimRefusals, EachCurrencyHasASmallestAmount) {
    struct Case {
        const char* currency;
        int64_t least;
        int64_t below;
    };
    for (const Case& each : {Case{"usd", 50, 49}, Case{"eur", 50, 49}, Case{"gbp", 30, 29},
                             Case{"jpy", 50, 49}, Case{"huf", 17500, 17499}, Case{"aed", 200, 199},
                             Case{"mxn", 1000, 999}, Case{"myr", 200, 199}, Case{"ron", 200, 199},
                             Case{"krw", 700, 699}, Case{"isk", 7000, 6900}}) {
        EXPECT_EQ(make(each.currency, each.below).code(), "amount_too_small") << each.currency;
        EXPECT_EQ(make(each.currency, each.least).status, 200) << each.currency;
    }
}

TEST_F(StripeSimRefusals, AMethodNeedsItsCurrency) {
    Got refused = make("usd", 5000, "&payment_method_types[0]=card&payment_method_types[1]=ideal");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.param(), "payment_method_types");
    EXPECT_NE(text_of(refused.body["error"], "message").find("only supports"), std::string::npos);
    EXPECT_EQ(make("eur", 5000, "&payment_method_types[0]=ideal").status, 200);
    EXPECT_EQ(make("gbp", 5000, "&payment_method_types[0]=us_bank_account").status, 400);
    EXPECT_EQ(make("eur", 5000, "&payment_method_types[0]=p24").status, 200);
    EXPECT_EQ(make("usd", 5000, "&payment_method_types[0]=klarna").status, 200);
}

TEST_F(StripeSimRefusals, AMethodNeedsItsActiveCapability) {
    script("accounts/" + id, {{"capabilities", {{"sepa_debit_payments", "pending"}}}});
    EXPECT_EQ(make("eur", 5000, "&payment_method_types[0]=sepa_debit").code(),
              "payment_method_unactivated");
    EXPECT_EQ(make("eur", 5000).status, 200) << "a link for cards";
    script("accounts/" + id, {{"capabilities", {{"sepa_debit_payments", "active"}}}});
    EXPECT_EQ(make("eur", 5000, "&payment_method_types[0]=sepa_debit").status, 200);
    script("accounts/" + id, {{"capabilities", {{"card_payments", "inactive"}}}});
    EXPECT_EQ(make("eur", 5000).code(), "payment_method_unactivated");
}

TEST_F(StripeSimRefusals, AnAccountThatCannotTakePaymentsIsRefusedByItsReason) {
    script("accounts/" + id,
           {{"action", "restrict"}, {"reason", "under_review"}, {"charges", false}});
    Got refused = make("eur", 5000);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.code(), "");
    EXPECT_NE(text_of(refused.body["error"], "message").find("disabled_reason"), std::string::npos);
    id = text_of(server.world().create_account({{"email", "new@example.com"}}), "id");
    EXPECT_EQ(make("eur", 5000).code(), "testmode_charges_only");
}

TEST_F(StripeSimRefusals, AnErrorAfterActingIsRepeatedForADayAndTheObjectExists) {
    fault({{"kind", "500_after"}, {"status", 500}});
    Got first = post("/v1/payment_links", link_body(), id, "key-1");
    EXPECT_EQ(first.status, 500);
    EXPECT_EQ(first.header("Idempotent-Replayed"), "");
    EXPECT_EQ(links(), 1U) << "the link was made";
    server.world().advance(23 * 3600);
    Got second = post("/v1/payment_links", link_body(), id, "key-1");
    EXPECT_EQ(second.status, 500);
    EXPECT_EQ(second.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(second.header("Original-Request"), first.header("Request-Id"));
    EXPECT_EQ(links(), 1U);
    server.world().advance(2 * 3600);
    Got third = post("/v1/payment_links", link_body(), id, "key-1");
    EXPECT_EQ(third.status, 200) << "the key is forgotten, and the call acts again";
    EXPECT_EQ(links(), 2U);
}

TEST_F(StripeSimRefusals, AnErrorThatDidNothingIsRepeatedIfItsExecutionHadBegun) {
    fault({{"kind", "status"}, {"status", 500}, {"remembered", true}});
    EXPECT_EQ(post("/v1/payment_links", link_body(), id, "key-1").status, 500);
    Got second = post("/v1/payment_links", link_body(), id, "key-1");
    EXPECT_EQ(second.status, 500);
    EXPECT_EQ(second.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(links(), 0U);
    EXPECT_EQ(post("/v1/payment_links", link_body(), id, "key-2").status, 200);
}

TEST_F(StripeSimRefusals, ARefusalIsRepeatedThoughItsReasonIsGone) {
    script("accounts/" + id, {{"capabilities", {{"card_payments", "inactive"}}}});
    EXPECT_EQ(post("/v1/payment_links", link_body(), id, "key-1").status, 400);
    script("accounts/" + id, {{"capabilities", {{"card_payments", "active"}}}});
    Got second = post("/v1/payment_links", link_body(), id, "key-1");
    EXPECT_EQ(second.status, 400);
    EXPECT_EQ(second.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(post("/v1/payment_links", link_body(), id, "key-2").status, 200);
}

TEST_F(StripeSimRefusals, TheOwnerCanSwitchALinkOff) {
    std::string link = text_of(make("usd", 5000).body, "id");
    EXPECT_EQ(script("links", {{"link", link}, {"active", false}}).body["active"], false);
    EXPECT_EQ(get("/v1/payment_links/" + link, id).body["active"], false);
    EXPECT_EQ(script("pay", {{"link", link}}).code(), "payment_link_inactive");
    EXPECT_EQ(get("/v1/payment_links?active=true", id).body["data"].size(), 0U);
    script("links", {{"link", link}, {"active", true}});
    EXPECT_EQ(script("pay", {{"link", link}}).status, 200);
    EXPECT_EQ(script("links", {{"link", "plink_none"}}).code(), "resource_missing");
}

}  // namespace
}  // namespace stripe_sim
