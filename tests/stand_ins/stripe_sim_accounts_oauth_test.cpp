// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"
#include "tests/stripe_sim/form.hpp"

namespace stripe_sim {
namespace {

class StripeSimOAuth : public StripeSim {
protected:
    std::string query(const std::string& more = "") const {
        return "client_id=" + server.options().client_id +
               "&response_type=code&redirect_uri=https%3A%2F%2Fp.test%2Fback&state=s%3D1" + more;
    }
    /// Submits the page's form and returns the parameters of the redirect.
    FormPairs decide(const std::string& more) {
        auto answer = client.Post("/oauth/authorize", query(more), kForm);
        EXPECT_EQ(answer->status, 303) << answer->body;
        std::string url = answer->get_header_value("Location");
        EXPECT_TRUE(url.starts_with("https://p.test/back?")) << url;
        return parse_form(url.substr(url.find('?') + 1));
    }
    Got token(const std::string& form) { return post("/oauth/token", form); }
    Got exchange(const FormPairs& back) {
        return token("grant_type=authorization_code&code=" + form_value(back, "code"));
    }
    static std::string error(const Got& got) { return text_of(got.body, "error"); }
};

TEST_F(StripeSimOAuth, ANewAccountIsCreatedAndConnected) {
    FormPairs back = decide("&scope=read_write&action=connect&stripe_user[email]=o%40example.com");
    EXPECT_EQ(form_value(back, "state"), "s=1");
    EXPECT_TRUE(get("/v1/accounts").body["data"].empty()) << "not connected before the exchange";
    Got tokens = exchange(back);
    std::string id = text_of(tokens.body, "stripe_user_id");
    EXPECT_EQ(tokens.body["scope"], "read_write");
    EXPECT_EQ(tokens.body["livemode"], false);
    EXPECT_EQ(tokens.body["token_type"], "bearer");
    EXPECT_EQ(get("/v1/accounts/" + id).body["email"], "o@example.com");
    EXPECT_EQ(get("/v1/events?type=account.application.authorized", id).body["data"].size(), 1U);
}

TEST_F(StripeSimOAuth, AReturningAccountKeepsItsId) {
    std::string id =
        text_of(exchange(decide("&scope=read_write&action=connect")).body, "stripe_user_id");
    EXPECT_EQ(post("/oauth/deauthorize",
                   "client_id=" + server.options().client_id + "&stripe_user_id=" + id)
                  .body,
              Json({{"stripe_user_id", id}}));
    EXPECT_EQ(get("/v1/accounts/" + id).code(), "account_invalid");
    Got again = exchange(decide("&scope=read_write&action=connect&account=" + id));
    EXPECT_EQ(again.body["stripe_user_id"], id);
    EXPECT_EQ(get("/v1/accounts/" + id).status, 200);
}

TEST_F(StripeSimOAuth, OneAddressCanOwnSeveralAccounts) {
    std::string one = enabled_account();
    std::string two = enabled_account();
    std::string page =
        client
            .Get(("/oauth/authorize?" + query("&stripe_user[email]=owner%40example.com")).c_str())
            ->body;
    EXPECT_NE(page.find("value=\"" + one + "\""), std::string::npos);
    EXPECT_NE(page.find("value=\"" + two + "\""), std::string::npos);
    std::string other =
        client.Get(("/oauth/authorize?" + query("&stripe_user[email]=x%40example.com")).c_str())
            ->body;
    EXPECT_EQ(other.find(one), std::string::npos);
}

TEST_F(StripeSimOAuth, DenialsAndBadRequestsReturnTheState) {
    FormPairs denied = decide("&action=deny");
    EXPECT_EQ(form_value(denied, "error"), "access_denied");
    EXPECT_EQ(form_value(denied, "state"), "s=1");
    auto scope = client.Get(("/oauth/authorize?" + query("&scope=admin")).c_str());
    EXPECT_NE(scope->get_header_value("Location").find("error=invalid_scope"), std::string::npos);
    EXPECT_EQ(
        client.Get("/oauth/authorize?client_id=ca_other&redirect_uri=https://p.test/back")->status,
        400);
}

TEST_F(StripeSimOAuth, RedirectUriMustMatchExactlyAndBeHttpsInLiveMode) {
    Options options = fixed_options();
    options.livemode = true;
    options.redirect_uris = {"https://p.test/back", "http://p.test/back"};
    Server live(options);
    httplib::Client browser(live.options().host, live.port());
    auto status = [&](const std::string& uri) {
        return browser
            .Get(("/oauth/authorize?client_id=" + options.client_id + "&redirect_uri=" + uri)
                     .c_str())
            ->status;
    };
    EXPECT_EQ(status("https://p.test/back"), 200);
    EXPECT_EQ(status("https://p.test/back/"), 400);
    EXPECT_EQ(status("https://p.test/back?x=1"), 400);
    EXPECT_EQ(status("http://p.test/back"), 400);
}

TEST_F(StripeSimOAuth, AnOwnerCanConnectOnlyOwnAccounts) {
    std::string custom = text_of(server.world().create_account({{"type", "custom"}}), "id");
    auto answer =
        client.Post("/oauth/authorize", query("&action=connect&account=" + custom), kForm);
    EXPECT_EQ(answer->status, 400);
    EXPECT_EQ(
        client.Post("/oauth/authorize", query("&action=connect&account=acct_none"), kForm)->status,
        404);
}

TEST_F(StripeSimOAuth, AReadOnlyConnectionRefusesWrites) {
    FormPairs back = decide("&action=connect");
    EXPECT_EQ(form_value(back, "scope"), "read_only") << "Stripe's default";
    std::string id = text_of(exchange(back).body, "stripe_user_id");
    EXPECT_EQ(get("/v1/charges", id).status, 200);
    for (const Got& refused : {post("/v1/payment_links", link_body(), id),
                               post("/v1/accounts/" + id, "metadata[a]=1")}) {
        EXPECT_EQ(refused.status, 403) << refused.body;
        EXPECT_EQ(refused.code(), "");
        EXPECT_NE(text_of(refused.body["error"], "message").find("Having the 'read_write' scope"),
                  std::string::npos);
    }
    exchange(decide("&scope=read_write&action=connect&account=" + id));
    EXPECT_EQ(post("/v1/accounts/" + id, "metadata[a]=1").status, 200);
}

TEST_F(StripeSimOAuth, TokenErrorsHaveTheNamesOfStripe) {
    EXPECT_EQ(error(token("")), "invalid_request");
    EXPECT_EQ(error(token("grant_type=authorization_code")), "invalid_request");
    EXPECT_EQ(error(token("grant_type=password")), "unsupported_grant_type");
    EXPECT_EQ(error(token("grant_type=authorization_code&code=ac_none")), "invalid_grant");
    EXPECT_EQ(error(token("grant_type=authorization_code&code=ac_none&scope=all")),
              "invalid_scope");
    FormPairs late = decide("&action=connect");
    server.world().advance(300);
    Got expired = exchange(late);
    EXPECT_EQ(expired.status, 400);
    EXPECT_EQ(error(expired), "invalid_grant");
    Got wrong = got(client.Post("/oauth/token", {{"Authorization", "Bearer sk_live_paysync_0"}},
                                "grant_type=authorization_code&code=x", kForm));
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(error(wrong), "invalid_client");
}

TEST_F(StripeSimOAuth, RefreshTokensKeepTheirScope) {
    Got tokens = exchange(decide("&action=connect"));
    std::string form =
        "grant_type=refresh_token&refresh_token=" + text_of(tokens.body, "refresh_token");
    Got again = token(form);
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(again.body["stripe_user_id"], tokens.body["stripe_user_id"]);
    EXPECT_EQ(error(token(form + "&scope=read_write")), "invalid_scope");
    EXPECT_EQ(error(token("grant_type=refresh_token&refresh_token=rt_none")), "invalid_grant");
    EXPECT_EQ(error(token("grant_type=refresh_token")), "invalid_request");
}

TEST_F(StripeSimOAuth, DeauthorizeRefusesWrongClientsAndAccounts) {
    std::string id = enabled_account();
    std::string ours = "client_id=" + server.options().client_id + "&stripe_user_id=";
    Got missing = post("/oauth/deauthorize", "client_id=" + server.options().client_id);
    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(error(missing), "invalid_request");
    Got unknown = post("/oauth/deauthorize", ours + "acct_none");
    EXPECT_EQ(unknown.status, 400);
    EXPECT_EQ(error(unknown), "invalid_request");
    Got client_id = post("/oauth/deauthorize", "client_id=ca_other&stripe_user_id=" + id);
    EXPECT_EQ(client_id.status, 401);
    EXPECT_EQ(error(client_id), "invalid_client");
    Got key = got(client.Post("/oauth/deauthorize", {{"Authorization", "Bearer sk_live_paysync_0"}},
                              ours + id, kForm));
    EXPECT_EQ(key.status, 401);
    EXPECT_EQ(error(key), "invalid_client");
    std::string express = text_of(server.world().create_account({{"type", "express"}}), "id");
    EXPECT_EQ(post("/oauth/deauthorize", ours + express).status, 400);
    EXPECT_EQ(get("/v1/accounts/" + id).status, 200);
    EXPECT_EQ(get("/v1/accounts/" + express).status, 200);
}

TEST_F(StripeSimOAuth, TheOwnerCanEndTheConnection) {
    std::string id = enabled_account();
    EXPECT_EQ(script("accounts/" + id, {{"action", "deauthorize"}}).status, 200);
    EXPECT_EQ(get("/v1/accounts/" + id).code(), "account_invalid");
    EXPECT_EQ(get("/v1/events", id).code(), "account_invalid")
        << "the event that says so can no longer be read";
    EXPECT_EQ(script("accounts/" + id, {{"action", "reconnect"}}).status, 200);
    Json told = get("/v1/events?type=account.application.deauthorized", id).body["data"];
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0]["data"]["object"]["id"], server.options().client_id);
}

}  // namespace
}  // namespace stripe_sim
