// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

constexpr const char* kUrls =
    "&refresh_url=https%3A%2F%2Fp.test%2Fagain&return_url=https%3A%2F%2Fp.test%2Fdone";

class StripeSimOnboarding : public StripeSim {
protected:
    std::string make(const std::string& form) {
        Got made = post("/v1/accounts", form);
        EXPECT_EQ(made.status, 200) << made.body;
        return text_of(made.body, "id");
    }
    /// The path of a new link's page.
    std::string link(const std::string& id, const std::string& more = "",
                     const std::string& type = "account_onboarding") {
        Got made = post("/v1/account_links", "account=" + id + "&type=" + type + kUrls + more);
        EXPECT_EQ(made.status, 200) << made.body;
        return path_of(text_of(made.body, "url"));
    }
    std::string open(const std::string& page) { return client.Get(page.c_str())->body; }
    std::string submit(const std::string& page, const std::string& form) {
        auto answer = client.Post(page.c_str(), form, kForm);
        EXPECT_EQ(answer->status, 303) << answer->body;
        return answer->get_header_value("Location");
    }
    Json account(const std::string& id) { return get("/v1/accounts/" + id).body; }
};

TEST_F(StripeSimOnboarding, ThePageShowsDueFieldsInGroupsWithoutJavascript) {
    std::string body = open(link(make("country=US")));
    for (const char* group : {"Business information", "Personal verification", "Public profile",
                              "Bank account", "Terms of service"}) {
        EXPECT_NE(body.find(std::string("<legend>") + group), std::string::npos) << group;
    }
    EXPECT_NE(body.find("name=\"business_profile.mcc\""), std::string::npos);
    EXPECT_EQ(body.find("<script"), std::string::npos);
}

TEST_F(StripeSimOnboarding, SavingMeetsOnlyTheFilledInFields) {
    std::string id = make("country=US");
    std::string page = link(id);
    open(page);
    EXPECT_EQ(submit(page, "action=later&business_profile.mcc=5734&business_profile.url="),
              "https://p.test/done");
    Json saved = account(id);
    EXPECT_EQ(saved["details_submitted"], false);
    EXPECT_EQ(saved["business_profile"]["mcc"], "5734");
    EXPECT_EQ(saved["requirements"]["currently_due"].size(), 5U);
    EXPECT_EQ(saved["charges_enabled"], false);

    std::string again = link(id);
    EXPECT_EQ(open(again).find("business_profile.mcc"), std::string::npos);
    submit(again, "action=submit");
    Json done = account(id);
    EXPECT_EQ(done["details_submitted"], true);
    EXPECT_EQ(done["charges_enabled"], true);
    EXPECT_EQ(done["external_accounts"]["data"].size(), 1U);
}

TEST_F(StripeSimOnboarding, ALinkCanBeOpenedAndSubmittedOnce) {
    std::string page = link(make("country=US"));
    EXPECT_EQ(client.Post(page.c_str(), "action=submit", kForm)->status, 404)
        << "a page that was not opened cannot be submitted";
    open(page);
    EXPECT_EQ(client.Get(page.c_str())->get_header_value("Location"), "https://p.test/again");
    EXPECT_EQ(submit(page, "action=later"), "https://p.test/done");
    EXPECT_EQ(submit(page, "action=submit"), "https://p.test/again");
    EXPECT_EQ(client.Get("/onboard/unknown")->status, 404);
}

TEST_F(StripeSimOnboarding, ALinkOfADeauthorizedAccountLeadsToTheRefreshUrl) {
    std::string id = make("country=US");
    std::string page = link(id);
    server.world().deauthorize(id);
    EXPECT_EQ(client.Get(page.c_str())->get_header_value("Location"), "https://p.test/again");
}

TEST_F(StripeSimOnboarding, AnUnreadableDocumentIsRefusedAfterTheReview) {
    std::string id = make("country=US");
    server.world().set_review_seconds(120);
    std::string page = link(id);
    open(page);
    submit(page, "action=submit&document=rejected");
    EXPECT_EQ(account(id)["requirements"]["pending_verification"].size(), 1U);
    server.world().advance(120);
    Json refused = account(id);
    EXPECT_EQ(refused["details_submitted"], true);
    EXPECT_EQ(refused["charges_enabled"], false);
    EXPECT_EQ(refused["requirements"]["errors"][0]["code"], "verification_document_not_readable");
    EXPECT_EQ(refused["requirements"]["past_due"], Json({"individual.verification.document"}));

    std::string again = link(id);
    EXPECT_NE(open(again).find("role=\"alert\""), std::string::npos);
    submit(again, "action=submit&document=accepted");
    server.world().advance(120);
    EXPECT_EQ(account(id)["charges_enabled"], true);
    EXPECT_TRUE(account(id)["requirements"]["errors"].empty());
}

TEST_F(StripeSimOnboarding, CollectionOptionsSelectTheFields) {
    std::string id = enabled_account();
    script("accounts/" + id,
           {{"action", "require"}, {"fields", {"company.phone"}}, {"eventually", true}});
    script("accounts/" + id, {{"action", "require"},
                              {"fields", {"company.tax_id"}},
                              {"deadline", 1000},
                              {"future", true}});
    std::string plain = open(link(id));
    EXPECT_EQ(plain.find("company.phone"), std::string::npos);
    EXPECT_NE(plain.find("Nothing is due."), std::string::npos);
    std::string eventually = open(link(id, "&collection_options[fields]=eventually_due"));
    EXPECT_NE(eventually.find("company.phone"), std::string::npos);
    EXPECT_EQ(eventually.find("company.tax_id"), std::string::npos);

    std::string all = link(id,
                           "&collection_options[fields]=eventually_due&collection_options["
                           "future_requirements]=include");
    EXPECT_NE(open(all).find("company.tax_id"), std::string::npos);
    submit(all, "action=submit");
    EXPECT_TRUE(account(id)["requirements"]["eventually_due"].empty());
    EXPECT_TRUE(account(id)["future_requirements"]["currently_due"].empty());
}

TEST_F(StripeSimOnboarding, EveryKindOfAccountCanBeOnboarded) {
    for (const char* kind :
         {"type=standard", "type=express", "type=custom&capabilities[transfers][requested]=true",
          "controller[stripe_dashboard][type]=full&controller[losses][payments]=application&"
          "controller[fees][payer]=application"}) {
        std::string id = make(kind);
        std::string page = link(id);
        open(page);
        EXPECT_EQ(submit(page, "action=submit"), "https://p.test/done") << kind;
        EXPECT_EQ(account(id)["charges_enabled"], true) << kind;
    }
}

TEST_F(StripeSimOnboarding, UpdateLinksAreForAccountsWhoseRequirementsThePlatformCollects) {
    std::string custom = make("type=custom&capabilities[transfers][requested]=true");
    EXPECT_EQ(client.Get(link(custom, "", "account_update").c_str())->status, 200);
    std::string express = make("type=express");
    Got refused = post("/v1/account_links",
                       "account=" + express + "&type=account_update" + std::string(kUrls));
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.param(), "type");
    Got missing = post("/v1/account_links",
                       "account=" + express + "&type=account_onboarding&return_url=https://a.test");
    EXPECT_EQ(missing.param(), "refresh_url");
}

TEST_F(StripeSimOnboarding, ThePlatformCannotReadTheOwnersDataAfterTheFirstLink) {
    std::string id = make("type=express");
    EXPECT_EQ(post("/v1/accounts/" + id, "business_type=company").status, 200);
    link(id);
    for (const char* form : {"business_type=individual", "company[name]=Shop",
                             "tos_acceptance[ip]=127.0.0.1", "external_account=btok_1"}) {
        Got refused = post("/v1/accounts/" + id, form);
        EXPECT_EQ(refused.status, 400) << form;
        EXPECT_EQ(refused.code(), "oauth_not_supported") << form;
    }
    EXPECT_EQ(post("/v1/accounts/" + id, "metadata[a]=1&business_profile[name]=Shop").status, 200);
    std::string custom = make("type=custom&capabilities[transfers][requested]=true");
    link(custom);
    EXPECT_EQ(post("/v1/accounts/" + custom, "business_type=individual").status, 200)
        << "where the platform collects the requirements it may go on";
}

}  // namespace
}  // namespace stripe_sim
