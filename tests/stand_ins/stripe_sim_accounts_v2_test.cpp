// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

constexpr const char* kAccountsV2 = "/v2/core/accounts";
constexpr const char* kAll =
    "?include[0]=configuration.merchant&include[1]=configuration.recipient&include[2]=defaults&"
    "include[3]=identity&include[4]=requirements&include[5]=future_requirements&"
    "include[6]=configuration.customer";

class StripeSimV2 : public StripeSim {
protected:
    Got send(const std::string& path, const Json& body, const std::string& key = "") {
        return got(client.Post(path.c_str(), headers("", key), dump(body), "application/json"));
    }
    Got one(const std::string& id, const std::string& query = kAll) {
        return get(std::string(kAccountsV2) + "/" + id + query);
    }
    static Json merchant() {
        return Json::parse(R"({
            "contact_email": "shop@example.com", "display_name": "Shop", "dashboard": "express",
            "identity": {"country": "de", "entity_type": "company"},
            "defaults": {"currency": "eur",
                "responsibilities": {"fees_collector": "application",
                                     "losses_collector": "application"},
                "profile": {"business_url": "https://shop.test", "doing_business_as": "Shop"}},
            "configuration": {
                "merchant": {"capabilities": {"card_payments": {"requested": true}},
                             "mcc": "5734", "branding": {"primary_color": "#112233"},
                             "support": {"email": "help@example.com"}},
                "recipient": {"capabilities": {"stripe_balance":
                             {"stripe_transfers": {"requested": true}}}}},
            "metadata": {"company": "c1"},
            "include": ["configuration.merchant", "requirements"]})");
    }
    std::string make(const Json& body) {
        Got made = send(kAccountsV2, body);
        EXPECT_EQ(made.status, 200) << made.body;
        return text_of(made.body, "id");
    }
};

TEST_F(StripeSimV2, AccountsAreCreatedAndSectionsAreIncludedOnRequest) {
    Got made = send(kAccountsV2, merchant());
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.body["object"], "v2.core.account");
    EXPECT_EQ(made.body["created"], "2026-09-21T14:13:20.000Z");
    EXPECT_EQ(made.body["applied_configurations"], Json({"merchant", "recipient"}));
    EXPECT_EQ(made.body["configuration"]["merchant"]["mcc"], "5734");
    EXPECT_TRUE(made.body["configuration"]["recipient"].is_null()) << "not included";
    EXPECT_FALSE(made.body["requirements"]["entries"].empty());
    EXPECT_TRUE(made.body["defaults"].is_null());
    EXPECT_TRUE(made.body["identity"].is_null());

    std::string id = text_of(made.body, "id");
    Json bare = one(id, "").body;
    EXPECT_EQ(bare["contact_email"], "shop@example.com");
    EXPECT_EQ(bare["display_name"], "Shop");
    EXPECT_EQ(bare["dashboard"], "express");
    EXPECT_EQ(bare["metadata"]["company"], "c1");
    EXPECT_EQ(bare["closed"], false);
    EXPECT_TRUE(bare["configuration"].is_null());
    EXPECT_TRUE(bare["requirements"].is_null());

    Json all = one(id).body;
    EXPECT_EQ(all["defaults"]["currency"], "eur");
    EXPECT_EQ(all["defaults"]["profile"]["business_url"], "https://shop.test");
    EXPECT_EQ(all["defaults"]["responsibilities"], Json({{"fees_collector", "application"},
                                                         {"losses_collector", "application"},
                                                         {"requirements_collector", "stripe"}}));
    EXPECT_EQ(all["identity"]["country"], "DE");
    EXPECT_EQ(all["identity"]["entity_type"], "company");
    EXPECT_TRUE(all["configuration"]["customer"].is_null());
}

TEST_F(StripeSimV2, V1AndV2AreTwoViewsOfOneAccount) {
    std::string id = make(merchant());
    Json v1 = get("/v1/accounts/" + id).body;
    EXPECT_EQ(v1["type"], "express");
    EXPECT_EQ(v1["email"], "shop@example.com");
    EXPECT_EQ(v1["country"], "DE");
    EXPECT_EQ(v1["default_currency"], "eur");
    EXPECT_EQ(v1["business_profile"]["mcc"], "5734");
    EXPECT_EQ(v1["business_profile"]["support_email"], "help@example.com");
    EXPECT_EQ(v1["settings"]["branding"]["primary_color"], "#112233");
    EXPECT_TRUE(v1["capabilities"].contains("card_payments"));
    EXPECT_TRUE(v1["capabilities"].contains("transfers"));
    EXPECT_EQ(ids(get("/v1/accounts").body), std::vector<std::string>{id});
    EXPECT_EQ(get("/v1/charges", id).status, 200);

    std::string old = text_of(post("/v1/accounts",
                                   "type=express&email=old%40example.com&"
                                   "capabilities[card_payments][requested]=true")
                                  .body,
                              "id");
    Json v2 = one(old).body;
    EXPECT_EQ(v2["applied_configurations"], Json({"merchant"}));
    EXPECT_EQ(v2["contact_email"], "old@example.com");
    EXPECT_EQ(v2["defaults"]["responsibilities"]["fees_collector"], "application_express");
    post("/v1/accounts/" + old, "settings[branding][primary_color]=%23445566&metadata[a]=1");
    EXPECT_EQ(one(old).body["configuration"]["merchant"]["branding"]["primary_color"], "#445566");
    EXPECT_EQ(one(old).body["metadata"]["a"], "1");
    EXPECT_EQ(ids(get(kAccountsV2).body), (std::vector<std::string>{old, id}));
}

TEST_F(StripeSimV2, CapabilitiesAndRequirementsFollowTheSameState) {
    std::string id = make(merchant());
    auto cards = [&] {
        return one(id).body["configuration"]["merchant"]["capabilities"]["card_payments"];
    };
    EXPECT_EQ(cards()["status"], "restricted");
    EXPECT_EQ(cards()["status_details"][0],
              Json({{"code", "requirements_past_due"}, {"resolution", "provide_info"}}));

    server.world().complete_onboarding(id, 600);
    EXPECT_EQ(cards()["status"], "pending");
    Json review = one(id).body["requirements"]["entries"];
    ASSERT_EQ(review.size(), 1U);
    EXPECT_EQ(review[0]["awaiting_action_from"], "stripe");
    server.world().advance(600);
    Json done = one(id).body;
    EXPECT_EQ(cards(), Json({{"status", "active"}, {"status_details", Json::array()}}));
    EXPECT_EQ(
        done["configuration"]["merchant"]["capabilities"]["stripe_balance"]["payouts"]["status"],
        "active");
    EXPECT_EQ(done["configuration"]["recipient"]["capabilities"]["stripe_balance"]
                  ["stripe_transfers"]["status"],
              "active");
    EXPECT_TRUE(done["requirements"]["summary"]["minimum_deadline"].is_null());

    script("accounts/" + id, {{"action", "require"},
                              {"fields", {"company.tax_id"}},
                              {"deadline", 100},
                              {"restricts", {"card_payments"}},
                              {"errors",
                               {{{"code", "invalid_tax_id"},
                                 {"reason", "Wrong."},
                                 {"requirement", "company.tax_id"}}}}});
    Json asked = one(id).body["requirements"];
    Json entry = asked["entries"][0];
    EXPECT_EQ(entry["awaiting_action_from"], "user");
    EXPECT_EQ(entry["minimum_deadline"]["status"], "currently_due");
    EXPECT_EQ(entry["description"], "identity.business_details.tax_id");
    EXPECT_EQ(entry["errors"],
              Json::array({{{"code", "invalid_tax_id"}, {"description", "Wrong."}}}));
    ASSERT_EQ(entry["impact"]["restricts_capabilities"].size(), 1U);
    EXPECT_EQ(entry["impact"]["restricts_capabilities"][0]["capability"], "card_payments");
    EXPECT_EQ(asked["summary"]["minimum_deadline"],
              Json({{"status", "currently_due"}, {"time", "2026-09-21T14:25:00.000Z"}}));
    server.world().advance(100);
    EXPECT_EQ(one(id).body["requirements"]["summary"]["minimum_deadline"]["status"], "past_due");

    script("accounts/" + id, {{"action", "restrict"}, {"reason", "rejected.platform_fraud"}});
    EXPECT_EQ(cards()["status"], "rejected");
    EXPECT_EQ(cards()["status_details"][0]["code"], "rejected_platform_fraud");
}

TEST_F(StripeSimV2, FutureRequirementsHaveTheirTransitionDate) {
    std::string id = make(merchant());
    server.world().complete_onboarding(id);
    script("accounts/" + id, {{"action", "require"},
                              {"fields", {"company.tax_id"}},
                              {"deadline", 100},
                              {"future", true}});
    Json future = one(id).body["future_requirements"];
    EXPECT_EQ(future["entries"].size(), 1U);
    EXPECT_EQ(future["minimum_transition_date"], "2026-09-21T14:15:00.000Z");
}

TEST_F(StripeSimV2, BadBodiesAreRefusedInTheFormOfV2) {
    auto refused = [&](Json body) {
        Got answer = send(kAccountsV2, body);
        EXPECT_EQ(answer.status, 400) << answer.body;
        EXPECT_EQ(answer.type(), "invalid_request_error");
        EXPECT_EQ(answer.code(), "invalid_fields");
        return text_of(answer.body["error"], "message");
    };
    auto names = [](const std::string& message, const std::string& field) {
        return message.find(field) != std::string::npos;
    };
    EXPECT_TRUE(names(refused({{"colour", "red"}}), "colour"));
    EXPECT_TRUE(names(refused({{"contact_email", 7}}), "contact_email"));
    EXPECT_TRUE(names(refused({{"identity", {{"planet", "earth"}}}}), "identity.planet"));
    EXPECT_TRUE(names(refused({{"dashboard", "big"}}), "dashboard"));
    EXPECT_TRUE(names(refused({{"include", {"everything"}}}), "include.0"));
    EXPECT_TRUE(
        names(refused({{"defaults", {{"responsibilities", {{"fees_collector", "stripe"}}}}}}),
              "defaults.responsibilities.losses_collector"));
    Json teleport = {{"configuration", {{"merchant", {{"capabilities", {{"teleport", 1}}}}}}}};
    EXPECT_TRUE(names(refused(teleport), "configuration.merchant.capabilities.teleport"));
    EXPECT_EQ(post(kAccountsV2, "contact_email=a").status, 400) << "a form is no JSON";
    EXPECT_EQ(got(client.Post(kAccountsV2, headers(), "{", "application/json")).status, 400);
    EXPECT_EQ(get("/v2/core/accounts/acct_none").code(), "account_invalid");
    EXPECT_TRUE(get(kAccountsV2).body["data"].empty());
    httplib::Headers bare = {{"Authorization", "Bearer " + server.options().key}};
    EXPECT_EQ(got(client.Get(kAccountsV2, bare)).status, 400) << "Stripe-Version is required";
}

TEST_F(StripeSimV2, AccountsAreUpdated) {
    std::string id = make(merchant());
    Got changed = send(std::string(kAccountsV2) + "/" + id,
                       {{"contact_email", "new@example.com"},
                        {"metadata", {{"company", nullptr}, {"b", "2"}}},
                        {"configuration",
                         {{"merchant", {{"branding", {{"primary_color", nullptr}}}}},
                          {"customer", Json::object()}}},
                        {"include", {"configuration.merchant", "configuration.customer"}}});
    ASSERT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(changed.body["contact_email"], "new@example.com");
    EXPECT_EQ(changed.body["metadata"], Json({{"b", "2"}}));
    EXPECT_EQ(changed.body["applied_configurations"], Json({"customer", "merchant", "recipient"}));
    EXPECT_TRUE(changed.body["configuration"]["merchant"]["branding"]["primary_color"].is_null());
    EXPECT_EQ(changed.body["configuration"]["customer"]["applied"], true);
    EXPECT_EQ(get("/v1/accounts/" + id).body["email"], "new@example.com");
    EXPECT_EQ(send(std::string(kAccountsV2) + "/" + id, {{"dashboard", "full"}}).status, 400);
}

TEST_F(StripeSimV2, ClosingNeedsAllConfigurationsAndKeepsTheAccount) {
    std::string id = make(merchant());
    std::string path = std::string(kAccountsV2) + "/" + id;
    EXPECT_EQ(send(path + "/close", {{"applied_configurations", {"merchant"}}}).status, 400);
    Got closed = send(path + "/close", {{"applied_configurations", {"merchant", "recipient"}}});
    EXPECT_EQ(closed.body["closed"], true);
    Got trace = one(id);
    EXPECT_EQ(trace.status, 200);
    EXPECT_EQ(trace.body["closed"], true);
    EXPECT_TRUE(trace.body["requirements"].is_null());
    EXPECT_EQ(get("/v1/accounts/" + id).code(), "account_invalid");
    EXPECT_EQ(get("/v1/charges", id).code(), "account_invalid");
    EXPECT_EQ(send(path, {{"display_name", "x"}}).status, 403);
    EXPECT_TRUE(get(kAccountsV2).body["data"].empty());
    EXPECT_EQ(ids(get(std::string(kAccountsV2) + "?closed=true").body),
              std::vector<std::string>{id});
}

TEST_F(StripeSimV2, ListsHaveUrlsOfTheirPages) {
    std::vector<std::string> made;
    for (int i = 0; i < 5; ++i) {
        made.insert(made.begin(), make(merchant()));
        server.world().advance(1);
    }
    make({{"configuration", {{"customer", Json::object()}}}});
    std::string next = std::string(kAccountsV2) + "?limit=2&applied_configurations[0]=merchant";
    std::vector<std::string> seen;
    Json page;
    while (!next.empty()) {
        // The official client repeats the parameters that the URL already has.
        bool first = next.find("page=") == std::string::npos;
        page = get(next + (first ? "" : "&limit=2&applied_configurations[0]=merchant")).body;
        for (const std::string& id : ids(page)) {
            seen.push_back(id);
        }
        next = text_of(page, "next_page_url");
    }
    EXPECT_EQ(seen, made);
    Json back = get(text_of(page, "previous_page_url")).body;
    EXPECT_EQ(ids(back), (std::vector<std::string>{made[2], made[3]}));
    EXPECT_FALSE(text_of(back, "next_page_url").empty());
    Json start = get(text_of(back, "previous_page_url")).body;
    EXPECT_EQ(ids(start), (std::vector<std::string>{made[0], made[1]}));
    EXPECT_TRUE(start["previous_page_url"].is_null());
    EXPECT_EQ(get(std::string(kAccountsV2) + "?page=nonsense").status, 400);
}

TEST_F(StripeSimV2, IdempotencyKeysLastThirtyDaysAndErrorsAreRetried) {
    Json body = {{"contact_email", "k@example.com"}};
    Got first = send(kAccountsV2, body, "key");
    server.world().advance(29 * 24 * 3600);
    Got replay = send(kAccountsV2, body, "key");
    EXPECT_EQ(replay.body, first.body);
    EXPECT_EQ(replay.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(send(kAccountsV2, {{"contact_email", "l@example.com"}}, "key").type(),
              "idempotency_error");
    server.world().advance(24 * 3600);
    EXPECT_NE(text_of(send(kAccountsV2, body, "key").body, "id"), text_of(first.body, "id"));

    std::string close = std::string(kAccountsV2) + "/" + text_of(first.body, "id") + "/close";
    Json wrong = {{"applied_configurations", {"customer"}}};
    EXPECT_EQ(send(close, wrong, "again").status, 400);
    Got again = send(close, wrong, "again");
    EXPECT_EQ(again.status, 400);
    EXPECT_EQ(again.header("Idempotent-Replayed"), "") << "failed work is tried again";
}

TEST_F(StripeSimV2, AccountLinksLeadToTheHostedPage) {
    std::string id = make(merchant());
    Json use_case = {{"type", "account_onboarding"},
                     {"account_onboarding",
                      {{"refresh_url", "https://p.test/again"},
                       {"return_url", "https://p.test/done"},
                       {"collection_options", {{"fields", "eventually_due"}}}}}};
    Got link = send("/v2/core/account_links", {{"account", id}, {"use_case", use_case}});
    ASSERT_EQ(link.status, 200) << link.body;
    EXPECT_EQ(link.body["object"], "v2.core.account_link");
    EXPECT_EQ(link.body["use_case"], use_case);
    EXPECT_EQ(link.body["expires_at"], "2026-09-21T14:18:20.000Z");
    std::string page = path_of(text_of(link.body, "url"));
    EXPECT_EQ(client.Get(page.c_str())->status, 200);
    EXPECT_EQ(client.Post(page.c_str(), "action=submit", kForm)->get_header_value("Location"),
              "https://p.test/done");
    EXPECT_EQ(get("/v1/accounts/" + id).body["charges_enabled"], true);

    use_case["account_onboarding"]["configurations"] = {"merchant"};
    EXPECT_EQ(send("/v2/core/account_links", {{"account", id}, {"use_case", use_case}}).code(),
              "invalid_fields")
        << "endive dropped it";
    EXPECT_EQ(send("/v2/core/account_links",
                   {{"account", id}, {"use_case", {{"type", "account_update"}}}})
                  .code(),
              "invalid_fields");
}

TEST_F(StripeSimV2, EventsAreThinAndFiltered) {
    std::string one_id = make(merchant());
    server.world().advance(10);
    std::string other = make(merchant());
    server.world().complete_onboarding(other);
    Json all = get("/v2/core/events?limit=100").body["data"];
    EXPECT_EQ(all.back()["type"], "v2.core.account.created");
    EXPECT_EQ(all.back()["related_object"]["id"], one_id);
    EXPECT_EQ(all.back()["reason"]["type"], "request");
    EXPECT_FALSE(all.back().contains("data"));

    Json about = get("/v2/core/events?limit=100&object_id=" + one_id).body["data"];
    EXPECT_EQ(about.size(), 1U);
    Json changed =
        get("/v2/core/events?types[0]=v2.core.account[requirements].updated&types[1]="
            "v2.core.account[configuration.merchant].capability_status_updated&limit=100")
            .body["data"];
    ASSERT_EQ(changed.size(), 3U);
    EXPECT_EQ(changed[0]["data"]["updated_capability"], "stripe_balance.payouts");
    EXPECT_EQ(changed[1]["data"]["updated_capability"], "card_payments");
    Json late = get("/v2/core/events?limit=100&created[gte]=2026-09-21T14:13:30.000Z").body["data"];
    EXPECT_EQ(late.size(), all.size() - 1);
    std::string id = text_of(all[0], "id");
    EXPECT_EQ(get("/v2/core/events/" + id).body, all[0]);
    EXPECT_EQ(get("/v2/core/events?created[gte]=yesterday").code(), "invalid_fields");
    server.world().advance(31 * 24 * 3600);
    EXPECT_TRUE(get("/v2/core/events").body["data"].empty());
    EXPECT_EQ(get("/v2/core/events/" + id).status, 404);
}

}  // namespace
}  // namespace stripe_sim
