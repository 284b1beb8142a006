// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

class StripeSimStanding : public StripeSim {
protected:
    std::string make(const std::string& form) {
        Got made = post("/v1/accounts", form);
        EXPECT_EQ(made.status, 200) << made.body;
        return text_of(made.body, "id");
    }
    std::string express() {
        std::string id = make("type=express&capabilities[card_payments][requested]=true");
        server.world().complete_onboarding(id);
        return id;
    }
};

TEST_F(StripeSimStanding, AccountTypesFollowFromTheController) {
    auto type = [&](const std::string& form) {
        return text_of(post("/v1/accounts", form).body, "type");
    };
    const std::string liable =
        "controller[losses][payments]=application&controller[fees][payer]=application&";
    EXPECT_EQ(type("country=US"), "standard");
    EXPECT_EQ(type(liable + "controller[stripe_dashboard][type]=express"), "express");
    EXPECT_EQ(
        type(liable + "controller[stripe_dashboard][type]=none&controller[requirement_collection]="
                      "application&capabilities[transfers][requested]=true"),
        "custom");
    EXPECT_EQ(type(liable + "controller[stripe_dashboard][type]=full"), "none");
    Got both = post("/v1/accounts", "type=express&" + liable);
    EXPECT_EQ(both.status, 400);
    Got unpaid = post("/v1/accounts", "controller[losses][payments]=application");
    EXPECT_EQ(unpaid.param(), "controller[fees][payer]");
    Got bare = post("/v1/accounts", "controller[stripe_dashboard][type]=none");
    EXPECT_EQ(bare.param(), "capabilities");
}

TEST_F(StripeSimStanding, ValuesThatStripeRefusesAreRefused) {
    EXPECT_EQ(post("/v1/accounts", "country=Germany").param(), "country");
    EXPECT_EQ(post("/v1/accounts", "email=nobody").code(), "email_invalid");
    EXPECT_EQ(post("/v1/accounts", "default_currency=EURO").param(), "default_currency");
    EXPECT_EQ(post("/v1/accounts", "capabilities[teleport][requested]=true").param(),
              "capabilities[teleport]");
    EXPECT_TRUE(get("/v1/accounts").body["data"].empty());
}

TEST_F(StripeSimStanding, CapabilitiesCanBeRequestedReadAndReturned) {
    std::string id = express();
    std::string path = "/v1/accounts/" + id + "/capabilities";
    Got list = get(path);
    ASSERT_EQ(list.body["data"].size(), 1U);
    EXPECT_EQ(list.body["data"][0]["id"], "card_payments");
    EXPECT_EQ(list.body["data"][0]["status"], "active");

    EXPECT_EQ(get(path + "/transfers").body["status"], "unrequested");
    server.world().advance(60);
    Got asked = post(path + "/transfers", "requested=true");
    EXPECT_EQ(asked.body["status"], "active");
    EXPECT_EQ(asked.body["requested"], true);
    EXPECT_EQ(asked.body["requested_at"], kStart + 60);
    Got given_up = post(path + "/transfers", "requested=false");
    EXPECT_EQ(given_up.body["status"], "unrequested");
    EXPECT_TRUE(given_up.body["requested_at"].is_null());
    EXPECT_FALSE(get("/v1/accounts/" + id).body["capabilities"].contains("transfers"));
    EXPECT_EQ(get(path + "/teleport").status, 404);
    EXPECT_EQ(post(path + "/transfers", "requested=maybe").status, 400);
}

TEST_F(StripeSimStanding, ACapabilityHasItsOwnRequirements) {
    std::string id = express();
    std::string path = "/v1/accounts/" + id + "/capabilities";
    post(path + "/transfers", "requested=true");
    script("accounts/" + id, {{"action", "require"},
                              {"fields", {"company.tax_id"}},
                              {"restricts", {"transfers"}},
                              {"deadline", 0}});
    Json account = get("/v1/accounts/" + id).body;
    EXPECT_EQ(account["charges_enabled"], true);
    EXPECT_EQ(account["capabilities"]["transfers"], "inactive");
    Json transfers = get(path + "/transfers").body["requirements"];
    EXPECT_EQ(transfers["past_due"], Json({"company.tax_id"}));
    EXPECT_EQ(transfers["disabled_reason"], "requirements.fields_needed");
    Json cards = get(path + "/card_payments").body["requirements"];
    EXPECT_TRUE(cards["currently_due"].empty());
    EXPECT_TRUE(cards["disabled_reason"].is_null());

    script("accounts/" + id, {{"action", "meet"}, {"review_seconds", 60}});
    EXPECT_EQ(get(path + "/transfers").body["requirements"]["disabled_reason"], "pending.review");
    server.world().advance(60);
    EXPECT_EQ(get(path + "/transfers").body["status"], "active");
    script("accounts/" + id, {{"action", "restrict"}, {"reason", "platform_paused"}});
    EXPECT_EQ(get(path + "/transfers").body["requirements"]["disabled_reason"], "platform_paused");
    script("accounts/" + id, {{"action", "restrict"}, {"reason", "rejected.fraud"}});
    EXPECT_EQ(get(path + "/transfers").body["requirements"]["disabled_reason"], "rejected.other");
}

TEST_F(StripeSimStanding, ThePlatformCanRejectAnAccountAndUndoIt) {
    std::string id = express();
    Got rejected = post("/v1/accounts/" + id + "/reject", "reason=fraud_other");
    EXPECT_EQ(rejected.body["requirements"]["disabled_reason"], "rejected.platform_fraud");
    EXPECT_EQ(rejected.body["charges_enabled"], false);
    EXPECT_EQ(rejected.body["payouts_enabled"], false);
    EXPECT_EQ(rejected.body["capabilities"]["card_payments"], "inactive");
    Got back = post("/v1/accounts/" + id + "/unreject", "");
    EXPECT_EQ(back.body["charges_enabled"], true);
    EXPECT_EQ(post("/v1/accounts/" + id + "/unreject", "").status, 400);

    Got paying = post("/v1/accounts/" + id + "/reject", "reason=other&payouts_action=none");
    EXPECT_EQ(paying.body["requirements"]["disabled_reason"], "rejected.platform_other");
    EXPECT_EQ(paying.body["payouts_enabled"], true);
    EXPECT_EQ(post("/v1/accounts/" + id + "/reject", "reason=terms_of_service")
                  .body["requirements"]["disabled_reason"],
              "rejected.platform_terms_of_service");
    EXPECT_EQ(post("/v1/accounts/" + id + "/reject", "reason=mood").param(), "reason");
    EXPECT_EQ(post("/v1/accounts/" + id + "/reject", "").param(), "reason");
}

TEST_F(StripeSimStanding, ThePlatformCannotUndoARejectionByStripe) {
    std::string id = express();
    script("accounts/" + id, {{"action", "restrict"}, {"reason", "rejected.fraud"}});
    EXPECT_EQ(post("/v1/accounts/" + id + "/unreject", "").status, 400);
    EXPECT_EQ(get("/v1/accounts/" + id).body["requirements"]["disabled_reason"], "rejected.fraud");
}

TEST_F(StripeSimStanding, OnlyAccountsWithPlatformLossesCanBeRejected) {
    std::string standard = enabled_account();
    EXPECT_EQ(post("/v1/accounts/" + standard + "/reject", "reason=other").status, 400);
    EXPECT_EQ(get("/v1/accounts/" + standard).body["charges_enabled"], true);
}

TEST_F(StripeSimStanding, LiveAccountsWithMoneyAreNeitherRejectedNorDeleted) {
    Options options = fixed_options();
    options.livemode = true;
    Server live(options);
    httplib::Client browser(live.options().host, live.port());
    std::string id = text_of(live.world().create_account({{"type", "express"}}), "id");
    live.world().complete_onboarding(id);
    live.world().add_charges(id, {{"amount", 5000}});
    std::string path = "/v1/accounts/" + id;
    EXPECT_EQ(
        got(browser.Post((path + "/reject").c_str(), headers(), "reason=other", kForm)).status,
        400);
    EXPECT_EQ(got(browser.Delete(path.c_str(), headers())).status, 400);
    std::string standard = text_of(live.world().create_account(Json::object()), "id");
    EXPECT_EQ(got(browser.Delete(("/v1/accounts/" + standard).c_str(), headers())).status, 400);
    std::string poor = text_of(live.world().create_account({{"type", "express"}}), "id");
    Got gone = got(browser.Delete(("/v1/accounts/" + poor).c_str(), headers()));
    EXPECT_EQ(gone.body, Json({{"id", poor}, {"object", "account"}, {"deleted", true}}));
    EXPECT_EQ(got(browser.Get(("/v1/accounts/" + poor).c_str(), headers())).code(),
              "account_invalid");
}

TEST_F(StripeSimStanding, LoginLinksNeedAnOnboardedExpressAccount) {
    EXPECT_EQ(post("/v1/accounts/" + enabled_account() + "/login_links", "").status, 400);
    EXPECT_EQ(post("/v1/accounts/" + make("type=express") + "/login_links", "").status, 400);
    Got link = post("/v1/accounts/" + express() + "/login_links", "");
    EXPECT_EQ(link.body["object"], "login_link");
    std::string page = path_of(text_of(link.body, "url"));
    EXPECT_EQ(client.Get(page.c_str())->status, 200);
    EXPECT_EQ(client.Get(page.c_str())->status, 404);
}

TEST_F(StripeSimStanding, AccountSessionsListTheEnabledComponents) {
    std::string id = express();
    Got session = post("/v1/account_sessions",
                       "account=" + id +
                           "&components[account_onboarding][enabled]=true&components["
                           "account_onboarding][features][external_account_collection]=true");
    ASSERT_EQ(session.status, 200) << session.body;
    EXPECT_EQ(session.body["account"], id);
    EXPECT_EQ(session.body["expires_at"], kStart + 3600);
    EXPECT_FALSE(text_of(session.body, "client_secret").empty());
    EXPECT_EQ(session.body["components"]["account_onboarding"]["enabled"], true);
    EXPECT_EQ(session.body["components"]["payments"]["enabled"], false);
    EXPECT_EQ(post("/v1/account_sessions", "account=" + id).param(), "components");
    EXPECT_EQ(
        post("/v1/account_sessions", "account=" + id + "&components[games][enabled]=true").param(),
        "components[games]");
}

}  // namespace
}  // namespace stripe_sim
