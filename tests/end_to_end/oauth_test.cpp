// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/form.hpp"
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>

/// A company that already has a Stripe account: its owner agrees on Stripe's page, and the returned
/// code is used once, whatever happens.
namespace paysync::test {
namespace {

constexpr const char* kForm = "application/x-www-form-urlencoded";

/// The parameters with which Stripe sends the owner's browser back.
struct Answer {
    std::string code;
    std::string state;
};

class OAuth : public testing::Test {
protected:
    OAuth() {
        world.configure_stripe("client_id: " + world.stripe().options().client_id);
        world.configure_onboarding("oauth_redirect_url: https://app.example.com/payments/oauth");
        for (const char* company : {"bakery", "florist"})
            world.sql(std::string("SELECT pay.register_company('") + company + "', '" + company +
                      "', country => 'US')");
    }

    /// A completed account at Stripe that is not connected to the platform.
    std::string foreign_account() {
        auto& stripe = world.stripe().world();
        const auto lock = stripe.lock();
        const auto id =
            stripe.create_account({{"email", "owner@example.com"}}, false)["id"].get<std::string>();
        stripe.complete_onboarding(id);
        return id;
    }
    std::string field(const std::string& command, const std::string& column) {
        return world.sql("SELECT " + column + " FROM pay.commands WHERE command_id = '" + command +
                         "'");
    }
    /// The owner agrees on the page of the command's result.
    Answer agree(const std::string& command, const std::string& account) {
        const auto url = field(command, "result_url");
        const auto query = url.substr(url.find('?') + 1);
        httplib::Client browser(world.stripe().base_url());
        const auto page = browser.Get("/oauth/authorize?" + query);
        EXPECT_TRUE(page && page->status == 200) << url;
        const auto back =
            browser.Post("/oauth/authorize", query + "&action=connect&account=" + account, kForm);
        if (!back || back->status / 100 != 3)
            throw std::runtime_error("Stripe's page did not send the owner back");
        const auto location = back->get_header_value("Location");
        EXPECT_EQ(location.find("https://app.example.com/payments/oauth?"), 0U);
        const auto params = stripe_sim::parse_form(location.substr(location.find('?') + 1));
        return {stripe_sim::form_value(params, "code"), stripe_sim::form_value(params, "state")};
    }
    std::string connect(const std::string& company) {
        return world.command("pay.connect('" + company +
                             "', 'owner@example.com', existing => true)");
    }
    static std::string completion(const std::string& company, const Answer& answer) {
        return "pay.complete_oauth('" + company + "', '" + answer.code + "', '" + answer.state +
               "')";
    }
    std::string complete(const std::string& company, const Answer& answer) {
        return world.command(completion(company, answer));
    }
    std::string outcome(const std::string& command) {
        return field(command, "state || coalesce(' ' || error_code, '')");
    }
    std::size_t exchanges() {
        return world.stripe().log().requests(0, "POST", "/oauth/token").size();
    }
    std::string integration(const std::string& company) {
        return world.sql(
            "SELECT account_id || ' ' || origin || ' ' || stage "
            "FROM pay.integrations WHERE company = '" +
            company + "'");
    }
    std::string integrations() { return world.sql("SELECT count(*) FROM pay_private.integration"); }

    Scenario world;
};

TEST_F(OAuth, ConnectsAnExistingAccountOfTheCompany) {
    const auto account = foreign_account();
    world.start();
    const auto connect = this->connect("bakery");
    const auto url = field(connect, "result_url");
    EXPECT_EQ(
        url.find(world.stripe().base_url() + "/oauth/authorize?response_type=code&client_id=" +
                 world.stripe().options().client_id + "&scope=read_write&state="),
        0U)
        << url;
    EXPECT_NE(url.find("&stripe_user[email]=owner%40example.com"), std::string::npos);
    EXPECT_EQ(field(connect,
                    "result_url_expires_at BETWEEN now() + interval '50 minutes' "
                    "AND now() + interval '1 hour'"),
              "t");
    EXPECT_EQ(integrations(), "0");

    const auto answer = agree(connect, account);
    const auto done = complete("bakery", answer);
    EXPECT_EQ(outcome(done), "done") << field(done, "error_text");
    EXPECT_EQ(field(done, "result_account_id"), account);
    EXPECT_EQ(integration("bakery"), account + " existing completed");
    EXPECT_EQ(world.sql("SELECT email_of_record FROM pay_private.integration"),
              "owner@example.com");
    EXPECT_EQ(world.sql("SELECT " + completion("bakery", answer)), done)
        << "a page that is loaded twice";
    EXPECT_EQ(exchanges(), 1U);
    EXPECT_EQ(field(connect, "result_url"), "") << "the state was spent";
    EXPECT_EQ(world.stop(), 0);
    for (const auto& secret : {answer.code, answer.state, std::string("oauth/authorize")})
        EXPECT_EQ(world.log().find(secret), std::string::npos) << "in the log: " << secret;
}

TEST_F(OAuth, IsRefusedIfNotConfigured) {
    world.configure_onboarding("");
    world.start();
    EXPECT_EQ(outcome(connect("bakery")), "failed oauth_not_configured");
}

TEST_F(OAuth, GivesOneErrorForEveryWrongState) {
    const auto account = foreign_account();
    world.start();
    const auto invented = complete("bakery", {"ac_1", "0123456789abcdef0123456789abcdef"});
    const auto answer = agree(connect("bakery"), account);
    const auto elsewhere = complete("florist", answer);
    world.sql("UPDATE pay_private.oauth_state SET expires_at = now() - interval '1 s'");
    const auto late = complete("bakery", answer);
    const auto second = agree(connect("bakery"), account);
    EXPECT_EQ(outcome(complete("bakery", second)), "done");
    world.sql("SELECT pay_private.disconnect('" + account + "', 'test', 'command', NULL)");
    const auto used = complete("bakery", {"ac_2", second.state});
    for (const auto& command : {invented, elsewhere, late, used}) {
        EXPECT_EQ(outcome(command), "failed wrong_state");
        EXPECT_EQ(field(command, "error_text"), field(invented, "error_text"));
    }
    EXPECT_EQ(exchanges(), 1U);
}

TEST_F(OAuth, EndsWithStripesReasonIfTheCodeIsRefused) {
    world.start();
    const auto answer = agree(connect("bakery"), foreign_account());
    const auto refused = complete("bakery", {"ac_nonsense", answer.state});
    EXPECT_EQ(outcome(refused), "failed stripe_refused");
    EXPECT_NE(field(refused, "error_text").find("invalid_grant"), std::string::npos);
    EXPECT_EQ(field(refused, "error_text").find("ac_nonsense"), std::string::npos);
    EXPECT_EQ(outcome(complete("bakery", answer)), "failed wrong_state") << "the state is spent";
    EXPECT_EQ(exchanges(), 1U);
}

TEST_F(OAuth, DoesNotSendACodeAgainAfterALostAnswer) {
    const auto account = foreign_account();
    world.start();
    world.stripe().faults().add(
        stripe_sim::Fault::from_json({{"kind", "reset_after"}, {"path", "/oauth/token"}}));
    const auto lost = complete("bakery", agree(connect("bakery"), account));
    EXPECT_EQ(outcome(lost), "failed outcome_unknown");
    EXPECT_NE(field(lost, "error_text").find("Start connect again"), std::string::npos);
    EXPECT_EQ(exchanges(), 1U);
    EXPECT_EQ(outcome(complete("bakery", agree(connect("bakery"), account))), "done");
    EXPECT_EQ(integration("bakery"), account + " existing completed");
    EXPECT_EQ(integrations(), "1");
}

TEST_F(OAuth, SendsACodeAgainThatStripeDidNotProcess) {
    const auto account = foreign_account();
    world.start();
    world.stripe().faults().add(stripe_sim::Fault::from_json(
        {{"kind", "status"}, {"status", 429}, {"path", "/oauth/token"}}));
    EXPECT_EQ(outcome(complete("bakery", agree(connect("bakery"), account))), "done");
    EXPECT_EQ(exchanges(), 2U);
}

TEST_F(OAuth, RefusesAnAccountOfAnotherCompany) {
    const auto account = foreign_account();
    world.start();
    EXPECT_EQ(outcome(complete("bakery", agree(connect("bakery"), account))), "done");
    const auto taken = complete("florist", agree(connect("florist"), account));
    EXPECT_EQ(outcome(taken), "failed account_in_use");
    EXPECT_EQ(field(taken, "error_text").find("bakery"), std::string::npos);
    EXPECT_EQ(integration("bakery"), account + " existing completed");
    EXPECT_EQ(integration("florist"), "");
}

TEST_F(OAuth, RefusesAnAccountOfTheOtherMode) {
    world.start();
    const auto answer = agree(connect("bakery"), foreign_account());
    world.stripe().faults().add(stripe_sim::Fault::from_json(
        {{"kind", "raw"}, {"path", "/oauth/token"}, {"member", "livemode"}, {"text", "true"}}));
    EXPECT_EQ(outcome(complete("bakery", answer)), "failed wrong_mode");
    EXPECT_EQ(integrations(), "0");
}

TEST_F(OAuth, AsksTheOwnerAgainIfAReconnectFindsNoAccess) {
    const auto account = foreign_account();
    const auto other = foreign_account();
    world.start();
    EXPECT_EQ(outcome(complete("bakery", agree(connect("bakery"), account))), "done");
    const auto token =
        field(world.command("pay.disconnect('bakery')"), "result ->> 'confirmation'");
    EXPECT_EQ(outcome(world.command("pay.disconnect('bakery', '" + token + "')")), "done");
    EXPECT_EQ(integration("bakery"), account + " existing disconnected");

    const auto wrong = "pay.reconnect('bakery', '" + account + "', 'else@example.com')";
    EXPECT_EQ(outcome(world.command(wrong)), "failed no_match");
    const auto reconnect = "pay.reconnect('bakery', '" + account + "', 'owner@example.com')";
    EXPECT_EQ(outcome(complete("bakery", agree(world.command(reconnect), other))),
              "failed wrong_account");
    const auto again = world.command(reconnect);
    EXPECT_EQ(outcome(again), "done");
    EXPECT_EQ(outcome(complete("bakery", agree(again, account))), "done");
    EXPECT_EQ(integration("bakery"), account + " existing completed");
    EXPECT_EQ(world.sql("SELECT string_agg(to_stage, ' ' ORDER BY seq) FROM pay.stage_history"),
              "completed disconnected completed");
}

TEST_F(OAuth, ACrashBeforeTheUrlIsReturnedLeavesOneState) {
    world.start("after-oauth-state");
    const auto connect =
        world.sql("SELECT pay.connect('bakery', 'owner@example.com', existing => true)");
    EXPECT_EQ(world.daemon().wait(), -SIGKILL) << world.log();
    const auto account = foreign_account();
    world.start();
    world.wait_for("(SELECT state = 'done' FROM pay.commands WHERE command_id = '" + connect +
                   "')");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.oauth_state"), "1");
    EXPECT_EQ(outcome(complete("bakery", agree(connect, account))), "done");
}

class CrashWhileExchanging : public OAuth, public testing::WithParamInterface<const char*> {};

TEST_P(CrashWhileExchanging, UsesTheCodeOnceAndEndsWithOneAccount) {
    const std::string point = GetParam();
    const auto account = foreign_account();
    world.start();
    const auto answer = agree(connect("bakery"), account);
    ASSERT_EQ(world.stop(), 0);

    world.start(point);
    const auto command = world.sql("SELECT " + completion("bakery", answer));
    EXPECT_EQ(world.daemon().wait(), -SIGKILL) << world.log();
    world.start();
    world.wait_for("(SELECT state IN ('done', 'failed') FROM pay.commands WHERE command_id = '" +
                   command + "')");
    EXPECT_EQ(exchanges(), point == "after-oauth-mark" ? 0U : 1U);
    if (point == "after-oauth-mark" || point == "after-oauth-token") {
        EXPECT_EQ(outcome(command), "failed outcome_unknown");
        EXPECT_EQ(integrations(), "0");
        EXPECT_EQ(outcome(complete("bakery", agree(connect("bakery"), account))), "done");
    } else {
        EXPECT_EQ(outcome(command), "done");
    }
    EXPECT_EQ(integration("bakery"), account + " existing completed");
    EXPECT_EQ(integrations(), "1");
    EXPECT_EQ(world.sql("SELECT string_agg(to_stage, ' ') FROM pay.stage_history"), "completed");
}

INSTANTIATE_TEST_SUITE_P(EveryStep, CrashWhileExchanging,
                         testing::Values("after-oauth-mark", "after-oauth-token",
                                         "after-oauth-exchange", "after-oauth-adopt"));

}  // namespace
}  // namespace paysync::test
