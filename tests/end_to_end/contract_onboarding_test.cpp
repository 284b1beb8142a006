// SPDX-License-Identifier: MIT
#include "tests/end_to_end/onboarding_rules.hpp"

#include <fmt/format.h>

/// The product's promises about connecting a company, with a test for each. Existing accounts are
/// in oauth_test.cpp, disconnects in stages_test.cpp, settings and branding in settings_test.cpp,
/// held deliveries in requests_test.cpp.
namespace paysync::test {
namespace {

class ContractOnboarding : public testing::Test {
protected:
    /// Queues a connect, waits for it and returns the command's id.
    std::string connect(const std::string& company, const std::string& email) {
        return world.command(fmt::format("pay.connect('{}', '{}', 'US')", company, email));
    }
    std::string field(const std::string& command, const std::string& column) {
        return world.sql("SELECT " + column + " FROM pay.commands WHERE command_id = '" + command +
                         "'");
    }
    std::string integration(const std::string& column, const std::string& company = "bakery") {
        return world.sql("SELECT " + column + " FROM pay.integrations WHERE company = '" + company +
                         "'");
    }
    void wait_for_stage(const std::string& stage) {
        world.wait_for("(SELECT stage = '" + stage +
                       "' FROM pay.integrations WHERE company = 'bakery')");
    }
    void disconnect() {
        const auto asked = world.command("pay.disconnect('bakery')");
        const auto done = world.command("pay.disconnect('bakery', '" +
                                        field(asked, "result ->> 'confirmation'") + "')");
        ASSERT_EQ(field(done, "state"), "done") << field(done, "error_text");
    }
    std::string reconnect(const std::string& account, const std::string& email) {
        return world.command(fmt::format("pay.reconnect('bakery', '{}', '{}')", account, email));
    }

    Scenario world;
};

TEST_F(ContractOnboarding, ConnectCreatesAnAccountAndALinkAndChecksOften) {
    world.start();
    const auto command = connect("bakery", "owner@bakery.test");
    EXPECT_EQ(field(command, "state"), "done");
    EXPECT_NE(field(command, "result_url"), "");
    EXPECT_EQ(field(command, "result_url_expires_at > now()"), "t");
    EXPECT_EQ(integration("stage || ' ' || stage_detail || ' ' || blocker"),
              "pending onboarding merchant");
    EXPECT_EQ(integration("next_check_at IS NOT NULL"), "t");
    // The address that was given is the address of the account, at Stripe too.
    const auto account = world.stripe().world().account_json(integration("account_id"));
    EXPECT_EQ(account["email"], "owner@bakery.test");
    EXPECT_EQ(account["metadata"]["company"], "bakery");
    EXPECT_EQ(world.sql("SELECT email_of_record FROM pay_private.integration"),
              "owner@bakery.test");
}

TEST_F(ContractOnboarding, ASecondClickOnConnectIsTheSameConnect) {
    world.start();
    world.sql("SELECT pay.register_company('bakery')");
    const auto both = world.sql(
        "SELECT pay.connect('bakery', 'owner@bakery.test') = pay.connect('bakery', "
        "'owner@bakery.test')");
    EXPECT_EQ(both, "t");
    world.wait_for("NOT EXISTS (SELECT FROM pay.commands WHERE state <> 'done')");
    // A later click continues with the account that was begun.
    const auto account = integration("account_id");
    connect("bakery", "owner@bakery.test");
    EXPECT_EQ(integration("account_id"), account);
}

TEST_F(ContractOnboarding, OneAddressMayOwnSeveralAccounts) {
    world.start();
    connect("bakery", "owner@example.com");
    connect("florist", "owner@example.com");
    EXPECT_EQ(world.sql("SELECT count(DISTINCT account_id) FROM pay.integrations"), "2");
}

TEST_F(ContractOnboarding, RequirementsAreShownUntilTheyAreMet) {
    world.start();
    const auto command = connect("bakery", "owner@bakery.test");
    EXPECT_EQ(world.sql("SELECT count(*) > 0 AND bool_and(first_seen_at <= now()) FROM "
                        "pay.requirements WHERE company = 'bakery' AND awaiting = 'merchant'"),
              "t");
    EXPECT_NE(world
                  .sql("SELECT string_agg(DISTINCT topic, ' ' ORDER BY topic) FROM "
                       "pay.requirements WHERE company = 'bakery'")
                  .find("business"),
              std::string::npos);
    // Codes, passwords and phone numbers stay at Stripe: no column could hold them.
    world.submit_onboarding(command);
    wait_for_stage("completed");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.requirements WHERE status <> 'met' AND awaiting "
                        "= 'merchant' AND status <> 'eventually_due'"),
              "0");
}

TEST_F(ContractOnboarding, FinalizeChecksTheAccountAtOnceAndProvesNothingItself) {
    world.configure_sweep("1h");
    world.configure_onboarding("hot_slowest: 1h");
    world.start();
    const auto command = connect("bakery", "owner@bakery.test");
    world.command("pay.finalize('bakery')");
    EXPECT_EQ(integration("stage || ' ' || blocker"), "incomplete merchant")
        << "the person left the form without giving anything";
    world.command("pay.manage('bakery')");
    EXPECT_EQ(integration("stage"), "pending") << "the form is open again";
    world.submit_onboarding(world.command("pay.manage('bakery')"));
    world.command("pay.finalize('bakery')");
    EXPECT_EQ(integration("stage"), "completed");
    EXPECT_EQ(world.sql("SELECT string_agg(to_stage, ' ' ORDER BY seq) FROM pay.stage_history"),
              "pending incomplete pending completed");
    EXPECT_NE(
        world.sql("SELECT stripe_request_id FROM pay.stage_history ORDER BY seq DESC LIMIT 1"), "");
}

TEST_F(ContractOnboarding, PendingBecomesCompletedByFrequentChecks) {
    world.configure_sweep("1h");
    world.stripe().world().set_review_seconds(3600);
    world.start();
    world.submit_onboarding(connect("bakery", "owner@bakery.test"));
    world.command("pay.finalize('bakery')");
    EXPECT_EQ(integration("stage || ' ' || stage_detail || ' ' || blocker"),
              "pending in_review stripe");
    world.stripe().world().advance(3700);
    wait_for_stage("completed");
    EXPECT_EQ(world.sql("SELECT cause || ' ' || (noticed_within < interval '15 s') FROM "
                        "pay.stage_history ORDER BY seq DESC LIMIT 1"),
              "hot true");
}

TEST_F(ContractOnboarding, LaterChangesAreSeenByTheNextSweep) {
    world.start();
    world.connect_company("bakery");
    world.sql("UPDATE pay_private.integration SET hot_until = NULL");
    world.stripe().world().set_account(
        integration("account_id"),
        {{"payouts_enabled", false}, {"requirements", {{"past_due", {"external_account"}}}}});
    wait_for_stage("incomplete");
    EXPECT_EQ(world.sql("SELECT cause FROM pay.stage_history ORDER BY seq DESC LIMIT 1"), "sweep");
}

TEST_F(ContractOnboarding, ManageMakesANewLinkEachTime) {
    world.start();
    connect("bakery", "owner@bakery.test");
    const auto first = field(world.command("pay.manage('bakery')"), "result_url");
    const auto second = field(world.command("pay.manage('bakery')"), "result_url");
    EXPECT_NE(first, "");
    EXPECT_NE(second, "");
    EXPECT_NE(first, second);
    EXPECT_EQ(world.log().find(first), std::string::npos) << "a link is no matter for a log";
}

TEST_F(ContractOnboarding, DisconnectIsAllowedOnceCompletedAndNeedsAConfirmation) {
    world.start();
    const auto command = connect("bakery", "owner@bakery.test");
    EXPECT_EQ(integration("can_connect || ' ' || can_manage || ' ' || can_disconnect || ' ' || "
                          "can_reconnect"),
              "false true false false");
    world.submit_onboarding(command);
    wait_for_stage("completed");
    EXPECT_EQ(integration("can_disconnect"), "t");
    const auto wrong = world.command("pay.disconnect('bakery', 'invented')");
    EXPECT_EQ(field(wrong, "error_code"), "wrong_confirmation");
    EXPECT_EQ(integration("stage"), "completed");
    world.command("pay.disconnect('bakery')");
    EXPECT_EQ(integration("stage"), "completed") << "asking does nothing yet";
    disconnect();
    EXPECT_EQ(integration("stage || ' ' || can_connect || ' ' || can_manage || ' ' || "
                          "can_disconnect || ' ' || can_reconnect"),
              "disconnected true false false true");
}

TEST_F(ContractOnboarding, DisconnectKeepsTheStripeAccountAndTheHistory) {
    world.start();
    world.connect_company("bakery");
    const auto account = integration("account_id");
    const auto request = world.request("bakery", "client@example.com");
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests)");
    world.pay_from_mail(request);
    world.wait_for("(SELECT count(*) = 1 FROM pay.my_payments)");
    const auto open = world.request("bakery", "other@example.com");
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                   open + "')");
    disconnect();
    world.wait_for("NOT EXISTS (SELECT FROM pay_private.payment_link WHERE active)");
    const auto at_stripe = world.stripe().world().account_json(account);
    EXPECT_TRUE(at_stripe["charges_enabled"].get<bool>());
    EXPECT_TRUE(at_stripe["requirements"]["disabled_reason"].is_null());
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.my_payments"), "1");
    EXPECT_GE(world.sql("SELECT count(*) FROM pay.stage_history"), "3");
    expect_onboarding_rules(world);
}

TEST_F(ContractOnboarding, ReconnectGivesOneErrorForEveryMismatchAndLimitsAttempts) {
    world.start();
    world.connect_company("bakery");
    world.connect_company("florist");
    const auto account = integration("account_id");
    disconnect();
    std::vector<std::string> answers;
    for (const auto& [id, email] : std::vector<std::pair<std::string, std::string>>{
             {account, "somebody@else.test"},
             {"acct_1NoSuchAccount0", "bakery@example.com"},
             {integration("account_id", "florist"), "florist@example.com"}})
        answers.push_back(field(reconnect(id, email), "error_code || ' ' || error_text"));
    EXPECT_EQ(answers[0], answers[1]);
    EXPECT_EQ(answers[1], answers[2]);
    EXPECT_EQ(answers[0].substr(0, 8), "no_match");
    reconnect(account, "a@else.test");
    reconnect(account, "b@else.test");
    EXPECT_EQ(field(reconnect(account, "bakery@example.com"), "error_code"), "too_many_tries")
        << "even with the right answer";
    world.sql(
        "UPDATE pay.command SET finished_at = finished_at - interval '2 hours' WHERE state = "
        "'failed'");
    EXPECT_EQ(field(reconnect(account, "Bakery@Example.com"), "state"), "done");
}

TEST_F(ContractOnboarding, ReconnectContinuesTheHistoryAndReadsTheGap) {
    world.start();
    world.connect_company("bakery");
    const auto account = integration("account_id");
    const auto events = world.sql("SELECT count(*) FROM pay.stage_history");
    world.wait_for("(SELECT count(*) = 5 FROM pay_private.coverage WHERE account_id <> '')");
    disconnect();
    {
        const auto lock = world.stripe().world().lock();
        world.stripe().world().add_charges(account, {{"count", 3}, {"amount", 700}});
    }
    EXPECT_EQ(field(reconnect(account, "bakery@example.com"), "state"), "done");
    EXPECT_EQ(integration("stage"), "completed");
    world.wait_for("(SELECT count(*) = 3 FROM pay.my_payments)");
    world.wait_for(
        "(SELECT count(*) = 5 AND bool_and(upper(span) > (SELECT max(created) FROM "
        "pay_private.charge) - interval '1 hour') FROM pay_private.coverage WHERE account_id <> "
        "'')");
    EXPECT_EQ(world.sql("SELECT cause FROM pay.stage_history ORDER BY seq DESC LIMIT 1"),
              "reconnect");
    EXPECT_EQ(world.sql("SELECT count(*) - " + events + " FROM pay.stage_history"), "2");
    expect_onboarding_rules(world);
}

TEST_F(ContractOnboarding, CommandsOfOneCompanyRunOneAfterTheOther) {
    world.start();
    world.connect_company("bakery");
    world.sql(
        "SELECT pay.manage('bakery'), pay.refresh('bakery'), pay.finalize('bakery'), "
        "pay.manage('bakery')");
    world.wait_for("NOT EXISTS (SELECT FROM pay.command WHERE state IN ('queued', 'running'))");
    EXPECT_EQ(
        world.sql("SELECT count(*) FROM (SELECT finished_at < lag(finished_at) OVER (ORDER "
                  "BY seq) AS early FROM pay.command WHERE company = 'bakery') c WHERE early"),
        "0");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.command WHERE state <> 'done'"), "0");
}

TEST_F(ContractOnboarding, ARejectedAccountCannotBeManagedAndIsBlockedByStripe) {
    world.start();
    world.connect_company("bakery");
    world.stripe().world().set_account(integration("account_id"),
                                       {{"charges_enabled", false},
                                        {"payouts_enabled", false},
                                        {"requirements", {{"disabled_reason", "rejected.fraud"}}}});
    wait_for_stage("incomplete");
    EXPECT_EQ(integration("stage_detail || ' ' || blocker || ' ' || can_manage"),
              "rejected stripe false");
}

TEST_F(ContractOnboarding, ACompletedCompanyStaysCompletedWhileSomethingFallsDueLater) {
    world.start();
    world.connect_company("bakery");
    const auto account = integration("account_id");
    const auto later = world.stripe().world().now() + 5 * 86400;
    world.stripe().world().set_account(
        account,
        {{"requirements", {{"currently_due", {"company.tax_id"}}, {"current_deadline", later}}}});
    world.wait_for(
        "(SELECT stage_detail = 'enabled_due_soon' AND current_deadline IS NOT NULL AND "
        "stage = 'completed' AND blocker = 'merchant' FROM pay.integrations)");
}

}  // namespace
}  // namespace paysync::test
