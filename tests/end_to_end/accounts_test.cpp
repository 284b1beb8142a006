// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>
#include <signal.h>

/// Accounts that are created through either version of Stripe's API, with the real daemon.
namespace paysync::test {
namespace {

constexpr std::int64_t kSecondsPerDay = 86400;

class AccountsApis : public testing::TestWithParam<const char*> {
protected:
    AccountsApis() { choose(GetParam()); }

    void choose(const std::string& version) { world.configure_stripe("accounts_api: " + version); }
    std::string path(const std::string& v1, const std::string& v2) const {
        return std::string(GetParam()) == "v2" ? v2 : v1;
    }
    std::size_t posts(const std::string& path) {
        return world.stripe().log().requests(0, "POST", path).size();
    }
    std::string field(const std::string& command, const std::string& name) {
        return world.sql("SELECT " + name + " FROM pay.commands WHERE command_id = '" + command +
                         "'");
    }
    std::string bakery(const std::string& name) {
        return world.sql("SELECT " + name + " FROM pay.integrations WHERE company = 'bakery'");
    }
    int accounts() {
        int all = 0;
        world.stripe().world().each_account([&](auto&) { ++all; });
        return all;
    }
    /// The daemon dies after Stripe has created the bakery's account and before the id is stored.
    std::string lose_creation() {
        world.sql("SELECT pay.register_company('bakery', 'The \"Crumb\"', country => 'US')");
        world.start("after-account-post");
        const auto command = world.sql("SELECT pay.connect('bakery', 'owner@example.com')");
        EXPECT_EQ(world.daemon().wait(), -SIGKILL) << world.log();
        EXPECT_EQ(accounts(), 1);
        EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.integration"), "0");
        return command;
    }
    void expect_completed(const std::string& command) {
        world.wait_for("(SELECT state = 'done' FROM pay.commands WHERE command_id = '" + command +
                       "')");
        EXPECT_EQ(accounts(), 1);
        world.submit_onboarding(command);
        world.wait_for(
            "(SELECT stage = 'completed' FROM pay.integrations WHERE company = 'bakery')");
    }

    Scenario world;
};

TEST_P(AccountsApis, ACompanyPassesThroughAllStages) {
    world.start();
    world.connect_company("bakery");
    const auto account = bakery("account_id");
    EXPECT_EQ(posts(path("/v1/accounts", "/v2/core/accounts")), 1U);
    EXPECT_EQ(posts(path("/v1/account_links", "/v2/core/account_links")), 1U);
    EXPECT_EQ(posts(path("/v2/", "/v1/account")), 0U) << "the other version makes nothing";
    EXPECT_EQ(bakery("country || ' ' || origin || ' ' || can_disconnect"), "US new true");

    const auto manage = world.command("pay.manage('bakery')");
    EXPECT_EQ(field(manage, "state"), "done");
    EXPECT_EQ(field(manage, "result_url_expires_at > now()"), "t");
    EXPECT_EQ(posts(path("/v1/account_links", "/v2/core/account_links")), 2U);

    const auto token =
        field(world.command("pay.disconnect('bakery')"), "result ->> 'confirmation'");
    world.command("pay.disconnect('bakery', confirmation => '" + token + "')");
    EXPECT_EQ(bakery("stage"), "disconnected");
    const auto wrong =
        world.command("pay.reconnect('bakery', '" + account + "', 'other@example.com')");
    EXPECT_EQ(field(wrong, "error_code"), "no_match");
    const auto again =
        world.command("pay.reconnect('bakery', '" + account + "', 'bakery@example.com')");
    EXPECT_EQ(field(again, "state"), "done");
    EXPECT_EQ(bakery("account_id || ' ' || stage"), account + " completed");
    EXPECT_EQ(accounts(), 1);
    EXPECT_EQ(world.stop(), 0) << world.log();
}

TEST_P(AccountsApis, AnAccountWhoseCreationWasLostIsFoundByItsIdempotencyKey) {
    const auto command = lose_creation();
    world.start();
    expect_completed(command);
    EXPECT_EQ(posts(path("/v1/accounts", "/v2/core/accounts")), 2U) << "the same call again";
}

TEST_P(AccountsApis, AnAccountWhoseIdempotencyKeyExpiredIsFoundInTheList) {
    const auto command = lose_creation();
    world.stripe().world().advance(31 * kSecondsPerDay);
    world.sql("UPDATE pay_private.stripe_call SET created_at = created_at - interval '31 days'");
    // More accounts than fit on a page of either list, all newer than the lost one.
    for (int i = 0; i < 120; ++i)
        world.stripe().world().create_account(stripe_sim::Json::object());
    world.start();
    world.wait_for("(SELECT state = 'done' FROM pay.commands WHERE command_id = '" + command +
                   "')");
    EXPECT_EQ(accounts(), 121);
    EXPECT_EQ(posts(path("/v1/accounts", "/v2/core/accounts")), 1U) << "it was found";
    EXPECT_EQ(bakery("stage"), "pending");
}

TEST_P(AccountsApis, ACallIsRepeatedInItsOriginalApiVersion) {
    const auto command = lose_creation();
    choose(path("v2", "v1"));
    world.start();
    expect_completed(command);
    EXPECT_EQ(posts(path("/v2/core/accounts", "/v1/accounts")), 0U);
}

INSTANTIATE_TEST_SUITE_P(BothApis, AccountsApis, testing::Values("v1", "v2"));

}  // namespace
}  // namespace paysync::test
