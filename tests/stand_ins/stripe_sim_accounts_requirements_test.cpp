// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

constexpr const char* kTax = "company.tax_id";
constexpr const char* kDocument = "individual.verification.document";

class StripeSimRequirements : public StripeSim {
protected:
    Json account(const std::string& account_id) { return get("/v1/accounts/" + account_id).body; }
    Json act(const Json& body) {
        Got done = script("accounts/" + id, body);
        EXPECT_EQ(done.status, 200) << done.body;
        return done.body;
    }
    /// The connected account's events of this type, newest first.
    Json events(const std::string& type) { return get("/v1/events?type=" + type, id).body["data"]; }

    std::string id = enabled_account();
};

TEST_F(StripeSimRequirements, FieldsFallDueAtTheirDeadlineAndDisableTheAccount) {
    Json asked = act({{"action", "require"}, {"fields", {kTax}}, {"deadline", 600}});
    EXPECT_EQ(asked["requirements"]["currently_due"], Json({kTax}));
    EXPECT_EQ(asked["requirements"]["eventually_due"], Json({kTax}));
    EXPECT_EQ(asked["requirements"]["current_deadline"], kStart + 600);
    EXPECT_EQ(asked["charges_enabled"], true);

    server.world().advance(599);
    EXPECT_TRUE(account(id)["requirements"]["past_due"].empty());
    server.world().advance(1);
    Json off = account(id);
    EXPECT_EQ(off["requirements"]["past_due"], Json({kTax}));
    EXPECT_EQ(off["requirements"]["disabled_reason"], "requirements.past_due");
    EXPECT_EQ(off["charges_enabled"], false);
    EXPECT_EQ(off["payouts_enabled"], false);
    EXPECT_EQ(off["capabilities"]["card_payments"], "inactive");

    Json update = events("account.updated")[0];
    EXPECT_EQ(int_of(update, "created"), kStart + 600);
    Json previous = update["data"]["previous_attributes"];
    EXPECT_EQ(previous["charges_enabled"], true);
    EXPECT_EQ(previous["requirements"]["past_due"], Json::array());
    EXPECT_FALSE(previous["requirements"].contains("eventually_due"));
    Json capability = events("capability.updated")[0];
    EXPECT_EQ(capability["data"]["object"]["object"], "capability");
    EXPECT_EQ(capability["data"]["previous_attributes"]["status"], "active");
}

TEST_F(StripeSimRequirements, MetFieldsAreReviewedAndTheAccountIsEnabledAgain) {
    act({{"action", "require"}, {"fields", {kTax, kDocument}}, {"deadline", 0}});
    Json part = act({{"action", "meet"}, {"fields", {kTax}}});
    EXPECT_EQ(part["requirements"]["past_due"], Json({kDocument}));
    EXPECT_EQ(part["charges_enabled"], false);

    Json sent = act({{"action", "meet"}, {"review_seconds", 300}});
    EXPECT_TRUE(sent["requirements"]["currently_due"].empty());
    EXPECT_EQ(sent["requirements"]["pending_verification"], Json({kDocument}));
    EXPECT_EQ(sent["requirements"]["disabled_reason"], "requirements.pending_verification");
    EXPECT_EQ(sent["capabilities"]["card_payments"], "pending");

    server.world().advance(300);
    Json back = account(id);
    EXPECT_TRUE(back["requirements"]["pending_verification"].empty());
    EXPECT_TRUE(back["requirements"]["disabled_reason"].is_null());
    EXPECT_EQ(back["charges_enabled"], true);
    EXPECT_EQ(back["payouts_enabled"], true);
    EXPECT_EQ(back["capabilities"]["card_payments"], "active");
}

TEST_F(StripeSimRequirements, AReviewBeforeTheDeadlineDoesNotDisableTheAccount) {
    act({{"action", "require"}, {"fields", {kDocument}}, {"deadline", 600}});
    Json sent = act({{"action", "meet"}, {"review_seconds", 1000}});
    EXPECT_EQ(sent["charges_enabled"], true);
    EXPECT_TRUE(sent["requirements"]["disabled_reason"].is_null());
    server.world().advance(700);
    EXPECT_EQ(account(id)["charges_enabled"], true);
    server.world().advance(300);
    EXPECT_TRUE(account(id)["requirements"]["pending_verification"].empty());
}

TEST_F(StripeSimRequirements, ARejectedDocumentIsDueAgainWithAnError) {
    act({{"action", "require"}, {"fields", {kDocument}}, {"deadline", 600}});
    act({{"action", "meet"},
         {"review_seconds", 60},
         {"rejection", "verification_document_expired"}});
    server.world().advance(60);
    Json refused = account(id)["requirements"];
    EXPECT_EQ(refused["currently_due"], Json({kDocument}));
    ASSERT_EQ(refused["errors"].size(), 1U);
    EXPECT_EQ(refused["errors"][0]["code"], "verification_document_expired");
    EXPECT_EQ(refused["errors"][0]["requirement"], kDocument);
    EXPECT_FALSE(text_of(refused["errors"][0], "reason").empty());
    EXPECT_EQ(refused["current_deadline"], kStart + 600);

    server.world().advance(540);
    EXPECT_EQ(account(id)["requirements"]["disabled_reason"], "requirements.past_due");
    Json met = act({{"action", "meet"}});
    EXPECT_TRUE(met["requirements"]["errors"].empty());
    EXPECT_EQ(met["charges_enabled"], true);
}

TEST_F(StripeSimRequirements, ErrorsAreListedWithTheRequirement) {
    Json asked = act({{"action", "require"},
                      {"fields", {kTax}},
                      {"errors",
                       {{{"code", "verification_failed_tax_id_match"},
                         {"reason", "No match."},
                         {"requirement", kTax}}}}});
    EXPECT_EQ(asked["requirements"]["errors"][0]["reason"], "No match.");
    EXPECT_TRUE(asked["requirements"]["current_deadline"].is_null());
}

TEST_F(StripeSimRequirements, FutureRequirementsBecomePresentAtTheirDeadline) {
    Json asked = act({{"action", "require"},
                      {"fields", {kTax}},
                      {"deadline", 1000},
                      {"grace", 500},
                      {"future", true}});
    EXPECT_EQ(asked["future_requirements"]["currently_due"], Json({kTax}));
    EXPECT_EQ(asked["future_requirements"]["current_deadline"], kStart + 1000);
    EXPECT_TRUE(asked["requirements"]["currently_due"].empty());

    server.world().advance(1000);
    Json now = account(id);
    EXPECT_TRUE(now["future_requirements"]["currently_due"].empty());
    EXPECT_TRUE(now["future_requirements"]["current_deadline"].is_null());
    EXPECT_EQ(now["requirements"]["currently_due"], Json({kTax}));
    EXPECT_EQ(now["requirements"]["current_deadline"], kStart + 1500);
    EXPECT_EQ(now["charges_enabled"], true);

    server.world().advance(500);
    EXPECT_EQ(account(id)["charges_enabled"], false);
}

TEST_F(StripeSimRequirements, FutureRequirementsCanBeMetInAdvance) {
    act({{"action", "require"}, {"fields", {kTax}}, {"deadline", 1000}, {"future", true}});
    act({{"action", "meet"}, {"fields", {kTax}}});
    server.world().advance(1000);
    Json now = account(id);
    EXPECT_TRUE(now["requirements"]["currently_due"].empty());
    EXPECT_EQ(now["charges_enabled"], true);
}

TEST_F(StripeSimRequirements, AlternativesReplaceTheirOriginals) {
    act({{"action", "require"},
         {"fields", {kTax}},
         {"alternatives",
          {{{"original_fields_due", {kTax}}, {"alternative_fields_due", {"company.vat_id"}}}}}});
    Json met = act({{"action", "meet"}, {"fields", {"company.vat_id"}}});
    EXPECT_TRUE(met["requirements"]["currently_due"].empty());
    EXPECT_TRUE(met["requirements"]["alternatives"].empty());
}

TEST_F(StripeSimRequirements, EventuallyDueNeverFallsDue) {
    act({{"action", "require"}, {"fields", {kTax}}, {"eventually", true}});
    server.world().advance(365 * 24 * 3600);
    Json now = account(id);
    EXPECT_EQ(now["requirements"]["eventually_due"], Json({kTax}));
    EXPECT_TRUE(now["requirements"]["currently_due"].empty());
    EXPECT_EQ(now["charges_enabled"], true);
}

TEST_F(StripeSimRequirements, ChargesAndPayoutsAreIndependent) {
    act({{"action", "require"},
         {"fields", {"external_account"}},
         {"restricts", {"payouts"}},
         {"deadline", 0}});
    Json unpaid = account(id);
    EXPECT_EQ(unpaid["charges_enabled"], true);
    EXPECT_EQ(unpaid["payouts_enabled"], false);
    EXPECT_EQ(unpaid["capabilities"]["card_payments"], "active");
    act({{"action", "meet"}});
    EXPECT_EQ(account(id)["payouts_enabled"], true);

    Json raw = act({{"charges_enabled", false}});
    EXPECT_EQ(raw["charges_enabled"], false);
    EXPECT_EQ(raw["payouts_enabled"], true);
}

TEST_F(StripeSimRequirements, EveryReasonThatHoldsAnAccountCanBeScripted) {
    for (const char* reason :
         {"action_required.requested_capabilities", "under_review", "listed", "platform_paused",
          "other", "rejected.fraud", "rejected.incomplete_verification", "rejected.listed",
          "rejected.other", "rejected.terms_of_service", "rejected.platform_fraud",
          "rejected.platform_other", "rejected.platform_terms_of_service"}) {
        Json held = act({{"action", "restrict"}, {"reason", reason}, {"payouts", true}});
        EXPECT_EQ(held["requirements"]["disabled_reason"], reason);
        EXPECT_EQ(held["charges_enabled"], false);
        EXPECT_EQ(held["payouts_enabled"], true);
        EXPECT_EQ(held["capabilities"]["card_payments"], "inactive");
        Json free = act({{"action", "lift"}});
        EXPECT_TRUE(free["requirements"]["disabled_reason"].is_null());
        EXPECT_EQ(free["charges_enabled"], true);
    }
}

TEST_F(StripeSimRequirements, ABadScriptIsRefusedWithThePlace) {
    auto refused = [&](const Json& body) { return script("accounts/" + id, body); };
    Got unknown = refused({{"action", "require"}, {"fields", {kTax}}, {"dedline", 1}});
    EXPECT_EQ(unknown.status, 400);
    EXPECT_EQ(unknown.param(), "dedline");
    EXPECT_EQ(refused({{"action", "require"}}).param(), "fields");
    EXPECT_EQ(refused({{"action", "require"}, {"fields", {1}}}).param(), "fields[0]");
    EXPECT_EQ(refused({{"action", "meet"}, {"fields", {"nothing"}}}).param(), "fields[0]");
    EXPECT_EQ(refused({{"action", "restrict"}, {"reason", "requirements.past_due"}}).param(),
              "reason");
    EXPECT_EQ(refused({{"action", "dance"}}).param(), "action");
    EXPECT_EQ(account(id)["charges_enabled"], true);
}

TEST_F(StripeSimRequirements, FieldsGivenThroughTheApiAreNotDue) {
    Got made = post("/v1/accounts",
                    "business_profile[url]=https%3A%2F%2Fshop.test&"
                    "business_profile[mcc]=5734&capabilities[transfers][requested]="
                    "true&type=custom");
    ASSERT_EQ(made.status, 200) << made.body;
    std::string custom = text_of(made.body, "id");
    EXPECT_EQ(made.body["requirements"]["currently_due"],
              Json({"external_account", "representative.email", "tos_acceptance.date",
                    "tos_acceptance.ip"}));
    server.world().set_review_seconds(60);
    Got told = post("/v1/accounts/" + custom,
                    "external_account=btok_1&tos_acceptance[date]=1790000000&tos_acceptance[ip]="
                    "127.0.0.1");
    EXPECT_EQ(told.body["requirements"]["currently_due"], Json({"representative.email"}));
    EXPECT_EQ(told.body["requirements"]["pending_verification"].size(), 3U);
    EXPECT_EQ(told.body["external_accounts"]["data"][0]["object"], "bank_account");
    EXPECT_EQ(told.body["tos_acceptance"]["ip"], "127.0.0.1");
}

}  // namespace
}  // namespace stripe_sim
