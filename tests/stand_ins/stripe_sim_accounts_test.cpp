// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

TEST_F(StripeSim, AnAccountIsCreatedOnboardedAndEnabled) {
    Got made = post("/v1/accounts",
                    "country=DE&email=a%2Bb%40example.com&capabilities[card_payments][requested]="
                    "true&metadata[company]=c1&controller[stripe_dashboard][type]=express&"
                    "controller[losses][payments]=application&controller[fees][payer]=application");
    ASSERT_EQ(made.status, 200) << made.body;
    std::string id = text_of(made.body, "id");
    EXPECT_EQ(text_of(made.body, "type"), "express");
    EXPECT_EQ(text_of(made.body, "default_currency"), "eur");
    EXPECT_EQ(text_of(made.body, "email"), "a+b@example.com");
    EXPECT_EQ(made.body["capabilities"]["card_payments"], "inactive");
    EXPECT_FALSE(made.body["requirements"]["currently_due"].empty());
    EXPECT_EQ(made.body["charges_enabled"], false);
    EXPECT_EQ(made.body.begin().key(), "id");

    Got link = post("/v1/account_links",
                    "account=" + id +
                        "&type=account_onboarding&refresh_url=https%3A%2F%2Fp.test%2Fagain&"
                        "return_url=https%3A%2F%2Fp.test%2Fdone");
    ASSERT_EQ(link.status, 200) << link.body;
    EXPECT_EQ(int_of(link.body, "expires_at"), kStart + 300);
    std::string page = path_of(text_of(link.body, "url"));

    auto form = client.Get(page.c_str());
    ASSERT_TRUE(form);
    EXPECT_EQ(form->status, 200);
    EXPECT_NE(form->body.find("tos_acceptance.date"), std::string::npos);
    auto again = client.Get(page.c_str());
    EXPECT_EQ(again->status, 303);
    EXPECT_EQ(again->get_header_value("Location"), "https://p.test/again");

    server.world().set_review_seconds(600);
    auto submitted = client.Post(page.c_str(), "name=Shop&action=submit", kForm);
    EXPECT_EQ(submitted->get_header_value("Location"), "https://p.test/done");
    Json review = get("/v1/accounts/" + id).body;
    EXPECT_EQ(review["details_submitted"], true);
    EXPECT_EQ(review["charges_enabled"], false);
    EXPECT_EQ(review["business_profile"]["name"], "Shop");
    EXPECT_EQ(review["requirements"]["pending_verification"].size(), 1U);

    server.world().advance(600);
    Json done = get("/v1/accounts/" + id).body;
    EXPECT_EQ(done["charges_enabled"], true);
    EXPECT_EQ(done["payouts_enabled"], true);
    EXPECT_EQ(done["capabilities"]["card_payments"], "active");
    EXPECT_TRUE(done["requirements"]["currently_due"].empty());
    EXPECT_EQ(done["metadata"]["company"], "c1");
}

TEST_F(StripeSim, AnExpiredAccountLinkLeadsToTheRefreshUrl) {
    std::string id = text_of(server.world().create_account(Json::object()), "id");
    Json link = server.world().create_account_link({{"account", id},
                                                    {"type", "account_onboarding"},
                                                    {"refresh_url", "https://p.test/again"},
                                                    {"return_url", "https://p.test/done"}});
    server.world().advance(301);
    auto page = client.Get(path_of(text_of(link, "url")).c_str());
    EXPECT_EQ(page->get_header_value("Location"), "https://p.test/again");
}

TEST_F(StripeSim, AccountMetadataAndBrandingCanBeSetAndUnset) {
    std::string id = enabled_account();
    post("/v1/accounts/" + id, "metadata[a]=1&metadata[b]=2");
    Got changed =
        post("/v1/accounts/" + id, "metadata[a]=&settings[branding][primary_color]=%23112233");
    EXPECT_FALSE(changed.body["metadata"].contains("a"));
    EXPECT_EQ(changed.body["metadata"]["b"], "2");
    EXPECT_EQ(changed.body["settings"]["branding"]["primary_color"], "#112233");
    EXPECT_EQ(post("/v1/accounts/" + id, "metadata=").body["metadata"], Json::object());
}

TEST_F(StripeSim, AccountsAreListedNewestFirstAndFilteredByCreation) {
    std::vector<std::string> made;
    for (int i = 0; i < 3; ++i) {
        made.push_back(enabled_account());
        server.world().advance(10);
    }
    Got all = get("/v1/accounts?limit=2");
    EXPECT_EQ(ids(all.body), (std::vector<std::string>{made[2], made[1]}));
    EXPECT_EQ(all.body["has_more"], true);
    Got rest = get("/v1/accounts?limit=2&starting_after=" + made[1]);
    EXPECT_EQ(ids(rest.body), (std::vector<std::string>{made[0]}));
    EXPECT_EQ(rest.body["has_more"], false);
    Got since = get("/v1/accounts?created[gte]=" + std::to_string(kStart + 10));
    EXPECT_EQ(ids(since.body), (std::vector<std::string>{made[2], made[1]}));
    EXPECT_EQ(text_of(get("/v1/account").body, "id"), server.world().platform().id);
}

TEST_F(StripeSim, ADeauthorizedAccountIsAccountInvalidAndNotListed) {
    std::string id = enabled_account();
    server.world().deauthorize(id);
    for (const Got& refused : {get("/v1/accounts/" + id), get("/v1/charges", id)}) {
        EXPECT_EQ(refused.status, 403);
        EXPECT_EQ(refused.code(), "account_invalid");
    }
    EXPECT_TRUE(get("/v1/accounts").body["data"].empty());
}

TEST_F(StripeSim, AnIdempotencyKeyRepeatsTheFirstAnswer) {
    Got first = post("/v1/accounts", "email=x@example.com", "", "key-1");
    Got replay = post("/v1/accounts", "email=x@example.com", "", "key-1");
    EXPECT_EQ(first.body, replay.body);
    EXPECT_EQ(first.header("Idempotent-Replayed"), "");
    EXPECT_EQ(replay.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(replay.header("Original-Request"), first.header("Request-Id"));
    EXPECT_NE(replay.header("Request-Id"), first.header("Request-Id"));
    EXPECT_EQ(replay.header("Idempotency-Key"), "key-1");
    EXPECT_EQ(get("/v1/accounts").body["data"].size(), 1U);

    Got mismatch = post("/v1/accounts", "email=y@example.com", "", "key-1");
    EXPECT_EQ(mismatch.status, 400);
    EXPECT_EQ(mismatch.type(), "idempotency_error");

    server.world().advance(24 * 3600);
    Got pruned = post("/v1/accounts", "email=y@example.com", "", "key-1");
    EXPECT_EQ(pruned.status, 200);
    EXPECT_NE(text_of(pruned.body, "id"), text_of(first.body, "id"));
}

TEST_F(StripeSim, IdempotencyKeysBelongToTheirAccount) {
    std::string one = enabled_account();
    std::string two = enabled_account();
    Got first = post("/v1/payment_links", link_body(), one, "same");
    Got second = post("/v1/payment_links", link_body(), two, "same");
    EXPECT_NE(text_of(first.body, "id"), text_of(second.body, "id"));
    EXPECT_EQ(second.header("Idempotent-Replayed"), "");
}

TEST_F(StripeSim, ValidationErrorsAreNotRememberedButOtherErrorsAre) {
    EXPECT_EQ(post("/v1/accounts", "bogus=1", "", "k").code(), "parameter_unknown");
    EXPECT_EQ(post("/v1/accounts", "country=US", "", "k").status, 200);

    std::string id = text_of(server.world().create_account(Json::object()), "id");
    EXPECT_EQ(post("/v1/payment_links", link_body(), id, "k").status, 400);
    server.world().complete_onboarding(id);
    Got replay = post("/v1/payment_links", link_body(), id, "k");
    EXPECT_EQ(replay.status, 400);
    EXPECT_EQ(replay.header("Idempotent-Replayed"), "true");
}

TEST_F(StripeSim, AKeyInUseIsAConflict) {
    server.faults().add(Fault::from_json({{"kind", "latency"}, {"delay_ms", 400}}));
    Got slow;
    std::thread other([&] {
        httplib::Client second(server.options().host, server.port());
        slow = got(second.Post("/v1/accounts", headers("", "busy"), "country=US", kForm));
    });
    while (server.faults().list()[0]["hits"] == 0) {
        std::this_thread::yield();
    }
    Got conflict;
    do {
        conflict = post("/v1/accounts", "country=US", "", "busy");
    } while (conflict.status == 0);
    other.join();
    EXPECT_EQ(slow.status, 200);
    bool first_won = conflict.status == 409 && conflict.code() == "idempotency_key_in_use";
    EXPECT_TRUE(first_won || conflict.header("Idempotent-Replayed") == "true") << conflict.body;
    EXPECT_EQ(get("/v1/accounts").body["data"].size(), 1U);
}

}  // namespace
}  // namespace stripe_sim
