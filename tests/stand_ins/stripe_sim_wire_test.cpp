// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

TEST_F(StripeSim, ErrorsHaveStripesFormat) {
    httplib::Client bare(server.options().host, server.port());
    EXPECT_EQ(bare.Get("/v1/account")->status, 401);
    EXPECT_EQ(bare.Get("/v1/account", {{"Authorization", "Bearer sk_test_paysync_wrong"},
                                       {"Stripe-Version", kVersion}})
                  ->status,
              401);
    EXPECT_EQ(
        bare.Get("/v1/account", {{"Authorization", "Bearer " + server.options().key}})->status,
        400);
    bare.set_basic_auth(server.options().key.c_str(), "");
    EXPECT_EQ(bare.Get("/v1/account", {{"Stripe-Version", kVersion}})->status, 200);

    std::string id = enabled_account();
    Got missing = post("/v1/payment_links", "metadata[a]=b", id);
    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(missing.code(), "parameter_missing");
    EXPECT_EQ(missing.param(), "line_items");
    EXPECT_EQ(missing.header("Stripe-Version"), kVersion);
    EXPECT_EQ(missing.header("Request-Id").substr(0, 4), "req_");
    EXPECT_EQ(post("/v1/payment_links", link_body("&submit_type=gift"), id).param(), "submit_type");
    Got deep = post("/v1/payment_links", link_body("&line_items[0][price_data][colour]=red"), id);
    EXPECT_EQ(deep.code(), "parameter_unknown");
    EXPECT_EQ(deep.param(), "line_items[0][price_data][colour]");
    EXPECT_EQ(post("/v1/payment_links", link_body("&restrictions[completed_sessions][limit]=x"), id)
                  .status,
              400);
    EXPECT_EQ(get("/v1/charges?status=failed", id).code(), "parameter_unknown");
    EXPECT_EQ(get("/v1/charges?created[since]=1", id).param(), "created[since]");
    EXPECT_EQ(get("/v1/charges?expand[]=data.amount", id).status, 200);
    server.world().add_charges(id, {{"count", 1}});
    EXPECT_EQ(get("/v1/charges?expand[]=data.amount", id).status, 400);
    EXPECT_EQ(get("/v1/charges?expand[]=balance_transaction", id).status, 400);
    EXPECT_EQ(get("/v1/nothing").status, 404);
    EXPECT_EQ(get("/v1/charges/ch_none", id).code(), "resource_missing");
}

TEST_F(StripeSim, OauthConnectsAndDisconnectsAnExistingAccount) {
    std::string id = text_of(server.world().create_account(Json::object(), false), "id");
    server.world().complete_onboarding(id);
    EXPECT_EQ(get("/v1/accounts/" + id).status, 403);
    std::string query = "client_id=" + server.options().client_id +
                        "&response_type=code&scope=read_write&state=s%201&redirect_uri="
                        "https%3A%2F%2Fp.test%2Fcb";
    EXPECT_EQ(client.Get(("/oauth/authorize?" + query).c_str())->status, 200);
    auto agreed =
        client.Post("/oauth/authorize", query + "&account=" + id + "&action=connect", kForm);
    std::string back = agreed->get_header_value("Location");
    EXPECT_EQ(back.find("https://p.test/cb?scope=read_write&code=ac_"), 0U) << back;
    // httplib's client decodes the percent encoding of the header.
    EXPECT_NE(back.find("&state=s 1"), std::string::npos) << back;
    std::string code = back.substr(back.find("ac_"), 35);
    Got token = post("/oauth/token", "grant_type=authorization_code&code=" + code);
    EXPECT_EQ(text_of(token.body, "stripe_user_id"), id);
    EXPECT_EQ(get("/v1/accounts/" + id).status, 200);

    Got wrong = post("/oauth/deauthorize", "client_id=ca_other&stripe_user_id=" + id);
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.body["error"], "invalid_client");
    Got gone = post("/oauth/deauthorize",
                    "client_id=" + server.options().client_id + "&stripe_user_id=" + id);
    EXPECT_EQ(text_of(gone.body, "stripe_user_id"), id);
    EXPECT_EQ(get("/v1/accounts/" + id).code(), "account_invalid");
    Got twice = post("/oauth/token", "grant_type=authorization_code&code=" + code);
    EXPECT_EQ(twice.status, 400);
    EXPECT_EQ(twice.body["error"], "invalid_grant");
    auto denied = client.Post("/oauth/authorize", query + "&action=deny", kForm);
    EXPECT_NE(denied->get_header_value("Location").find("error=access_denied"), std::string::npos);
}

TEST_F(StripeSim, FaultsAffectTheGivenCallsTheGivenNumberOfTimes) {
    std::string id = enabled_account();
    script("faults", {{"kind", "status"},
                      {"status", 429},
                      {"reason", "global-rate"},
                      {"path", "/v1/charges"},
                      {"account", id},
                      {"times", 2}});
    EXPECT_EQ(get("/v1/charges").status, 200);
    Got limited = get("/v1/charges", id);
    EXPECT_EQ(limited.status, 429);
    EXPECT_EQ(limited.header("Stripe-Rate-Limited-Reason"), "global-rate");
    EXPECT_EQ(limited.header("Retry-After"), "");
    EXPECT_EQ(get("/v1/charges", id).status, 429);
    EXPECT_EQ(get("/v1/charges", id).status, 200);

    script("faults", {{"kind", "reset_before"}, {"method", "POST"}});
    EXPECT_EQ(post("/v1/accounts", "country=US", "", "a").status, 0);
    EXPECT_EQ(get("/v1/accounts").body["data"].size(), 1U);
    script("faults", {{"kind", "reset_after"}, {"method", "POST"}});
    EXPECT_EQ(post("/v1/accounts", "country=US", "", "a").status, 0);
    EXPECT_EQ(get("/v1/accounts").body["data"].size(), 2U);
    EXPECT_EQ(post("/v1/accounts", "country=US", "", "a").header("Idempotent-Replayed"), "true");

    script("faults", {{"kind", "500_after"}, {"method", "POST"}});
    EXPECT_EQ(post("/v1/accounts", "country=US", "", "b").status, 500);
    EXPECT_EQ(get("/v1/accounts").body["data"].size(), 3U);
    EXPECT_EQ(post("/v1/accounts", "country=US", "", "b").status, 500);

    for (const char* kind : {"truncate", "wrong_length"}) {
        script("faults", {{"kind", kind}, {"method", "GET"}, {"bytes", 20}});
        EXPECT_EQ(get("/v1/account").status, 0) << kind;
    }
    script("faults", {{"kind", "slow_drip"}, {"bytes", 512}, {"delay_ms", 1}});
    EXPECT_EQ(get("/v1/account").status, 200);
    script("faults", {{"kind", "permission"}});
    Got refused = get("/v1/charges", id);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.code(), "");
    script("faults", {{"kind", "account_invalid"}, {"account", id}});
    EXPECT_EQ(get("/v1/charges", id).code(), "account_invalid");
    server.world().add_charges(id, {{"count", 2}});
    script("faults", {{"kind", "patch"}, {"patch", {{"status", "dreaming"}, {"paid", nullptr}}}});
    Json odd = get("/v1/charges", id).body["data"][1];
    EXPECT_EQ(odd["status"], "dreaming");
    EXPECT_FALSE(odd.contains("paid"));
    EXPECT_EQ(script("faults", {{"kind", "earthquake"}}).status, 400);
}

TEST_F(StripeSim, DelayedObjectsAreReadableByIdBeforeTheyAreListed) {
    std::string id = enabled_account();
    script("faults", {{"kind", "late_visibility"}, {"delay_ms", 60000}});
    std::string link = text_of(post("/v1/payment_links", link_body(), id).body, "id");
    EXPECT_EQ(get("/v1/payment_links/" + link, id).status, 200);
    EXPECT_TRUE(get("/v1/payment_links", id).body["data"].empty());
    server.world().advance(60);
    EXPECT_EQ(get("/v1/payment_links", id).body["data"].size(), 1U);
}

TEST_F(StripeSim, EventsAreListedForThirtyDays) {
    std::string id = enabled_account();
    std::string link = text_of(post("/v1/payment_links", link_body(), id).body, "id");
    script("pay", {{"link", link}});
    Json events = get("/v1/events?type=charge.*", id).body["data"];
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0]["type"], "charge.succeeded");
    EXPECT_EQ(events[0]["account"], id);
    EXPECT_EQ(events[0]["data"]["object"]["metadata"]["request_id"], "pr_1");
    EXPECT_EQ(
        get("/v1/events?types[]=checkout.session.completed&types[]=payment_intent.succeeded", id)
            .body["data"]
            .size(),
        2U);
    server.world().advance(31 * 24 * 3600);
    EXPECT_TRUE(get("/v1/events?type=charge.*", id).body["data"].empty());
}

TEST_F(StripeSim, TheLogHasRequestsWithoutTheirKey) {
    post("/v1/accounts", "country=US", "", "logged");
    get("/v1/accounts?limit=1");
    auto requests = server.log().requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].idempotency_key, "logged");
    EXPECT_EQ(requests[0].body, "country=US");
    EXPECT_EQ(requests[1].query, "limit=1");
    Json shown = got(client.Get("/_sim/requests?method=POST")).body;
    EXPECT_EQ(shown["requests"].size(), 1U);
    EXPECT_EQ(dump(shown).find(server.options().key), std::string::npos);
}

TEST_F(StripeSim, TheSameSeedGivesTheSameBytes) {
    auto play = [](Server& other) {
        World& world = other.world();
        world.set_public_url("http://pay.test");
        std::string id = text_of(world.create_account({{"country", "DE"}}), "id");
        world.complete_onboarding(id);
        world.add_charges(id, {{"count", 5}});
        std::string out = dump(world.account_json(id));
        ListQuery all;
        for (Collection* each : {&world.account(id).charges, &world.account(id).transactions,
                                 &world.account(id).events}) {
            auto page = each->page(all, world.now_ms());
            for (const Item& item : page->items) {
                item.append_to(out);
            }
        }
        return out;
    };
    Server other(fixed_options());
    Options third_options = fixed_options();
    third_options.seed = 2;
    Server third(third_options);
    std::string bytes = play(server);
    EXPECT_EQ(bytes, play(other));
    EXPECT_NE(bytes, play(third));
}

TEST_F(StripeSim, FormsAreParsedLikeThoseOfStripesClient) {
    Json tree =
        form_tree(parse_form("a[b][c]=x%20y%26z%3D1&expand[0]=data.customer&expand[]=b&"
                             "metadata[weird%20key]=a%27b%28c%29%2A%21~&t=1%0A2%20%F0%9F%98"
                             "%80&metadata%5Bk%5D="));
    EXPECT_EQ(tree["a"]["b"]["c"], "x y&z=1");
    EXPECT_EQ(tree["expand"]["0"], "data.customer");
    EXPECT_EQ(tree["expand"]["1"], "b");
    EXPECT_EQ(tree["metadata"]["weird key"], "a'b(c)*!~");
    EXPECT_EQ(tree["t"], "1\n2 😀");
    EXPECT_EQ(tree["metadata"]["k"], "");
    EXPECT_THROW(form_tree(parse_form("a=1&a[b]=2")), ApiError);
    EXPECT_THROW(form_tree(parse_form("a[b=1")), ApiError);
}

}  // namespace
}  // namespace stripe_sim
