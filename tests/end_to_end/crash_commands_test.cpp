// SPDX-License-Identifier: MIT
#include "tests/end_to_end/onboarding_rules.hpp"

#include <sys/wait.h>

#include <csignal>

/// The daemon is killed between any two steps of every command; the command ends once.
namespace paysync::test {
namespace {

/// A command of a company that is ready for it, and the step at which the daemon dies.
struct CrashStep {
    const char* command;
    const char* point;
};

std::ostream& operator<<(std::ostream& out, const CrashStep& step) {
    return out << step.command << " " << step.point;
}

class CrashInCommand : public testing::TestWithParam<CrashStep> {
protected:
    CrashInCommand() {
        world.configure_stripe("client_id: " + world.stripe().options().client_id);
        world.configure_onboarding("oauth_redirect_url: https://platform.example/oauth");
        world.sql("SELECT pay.register_company('bakery', 'Bakery', country => 'US')");
    }

    std::string account() {
        return world.sql("SELECT account_id FROM pay.integrations WHERE company = 'bakery'");
    }
    /// Makes the state that the command needs, and returns its call.
    std::string prepare(const std::string& command) {
        if (command == "connect with v2")
            world.configure_stripe("accounts_api: v2");
        if (command.starts_with("connect"))
            return "pay.connect('bakery', 'bakery@example.com')";
        world.start();
        world.connect_company("bakery");
        if (command == "disconnect" || command == "reconnect") {
            const auto request = world.request("bakery", "client@example.com");
            world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests)");
            const auto asked = world.command("pay.disconnect('bakery')");
            const auto call = "pay.disconnect('bakery', '" +
                              world.sql(
                                  "SELECT result ->> 'confirmation' FROM pay.commands WHERE "
                                  "command_id = '" +
                                  asked + "'") +
                              "')";
            EXPECT_EQ(world.stop(), 0);
            if (command == "disconnect")
                return call;
            // Without a client id the platform keeps its access, so the reconnect needs no consent
            // of the owner.
            world.configure_stripe("");
            world.configure_onboarding("");
            world.start();
            world.command(call);
            EXPECT_EQ(world.stop(), 0);
            return "pay.reconnect('bakery', '" + account() + "', 'bakery@example.com')";
        }
        EXPECT_EQ(world.stop(), 0);
        return "pay." + command + "('bakery')";
    }
    int accounts_at_stripe() {
        int accounts = 0;
        world.stripe().world().each_account([&](auto&) { ++accounts; });
        return accounts;
    }

    Scenario world;
};

TEST_P(CrashInCommand, CommandEndsOnceWithOneAccount) {
    const auto call = prepare(GetParam().command);
    world.start(GetParam().point);
    const auto command = world.sql("SELECT " + call);
    ASSERT_EQ(world.daemon().wait(), -SIGKILL) << "never came to " << GetParam() << world.log();
    world.start();
    world.wait_for("(SELECT state = 'done' FROM pay.commands WHERE command_id = '" + command +
                   "')");
    EXPECT_EQ(accounts_at_stripe(), 1);
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.integration"), "1");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.command WHERE state <> 'done'"), "0");

    const std::string kind = GetParam().command;
    if (kind.starts_with("connect")) {
        world.submit_onboarding(command);
        world.wait_for("(SELECT stage = 'completed' FROM pay.integrations)");
    } else if (kind == "disconnect") {
        EXPECT_EQ(world.sql("SELECT stage FROM pay.integrations"), "disconnected");
        world.wait_for("NOT EXISTS (SELECT FROM pay_private.payment_link WHERE active)");
        EXPECT_FALSE(world.stripe().world().accessible(account())) << "the access was given back";
    } else {
        EXPECT_EQ(world.sql("SELECT stage FROM pay.integrations"), "completed");
    }
    const auto url =
        world.sql("SELECT result_url FROM pay.commands WHERE command_id = '" + command + "'");
    EXPECT_EQ(!url.empty(), kind.starts_with("connect") || kind == "manage");
    expect_onboarding_rules(world);
    EXPECT_EQ(world.stop(), 0) << world.log();
}

INSTANTIATE_TEST_SUITE_P(
    EveryStep, CrashInCommand,
    testing::Values(
        CrashStep{"connect", "after-account-key"}, CrashStep{"connect", "after-account-post"},
        CrashStep{"connect", "after-account"}, CrashStep{"connect", "after-account-link-key"},
        CrashStep{"connect", "after-account-link-post"}, CrashStep{"connect", "after-account-link"},
        CrashStep{"connect", "before-command-end"}, CrashStep{"connect", "after-command-end"},
        CrashStep{"connect with v2", "after-account-key"},
        CrashStep{"connect with v2", "after-account-post"},
        CrashStep{"connect with v2", "after-account"},
        CrashStep{"connect with v2", "after-account-link-post"},
        CrashStep{"manage", "after-account-link-key"},
        CrashStep{"manage", "after-account-link-post"}, CrashStep{"manage", "after-account-link"},
        CrashStep{"manage", "before-command-end"}, CrashStep{"finalize", "before-read"},
        CrashStep{"finalize", "after-read"}, CrashStep{"finalize", "before-command-end"},
        CrashStep{"refresh", "before-read"}, CrashStep{"refresh", "after-read"},
        CrashStep{"disconnect", "after-disconnect"}, CrashStep{"disconnect", "after-deauthorize"},
        CrashStep{"disconnect", "before-command-end"}, CrashStep{"reconnect", "before-reconnect"},
        CrashStep{"reconnect", "after-reconnect"}, CrashStep{"reconnect", "before-command-end"}));

/// The network fails after Stripe has executed a call, or Stripe answers with an error after it has
/// executed it.
class StripeFailsAfterActing : public testing::TestWithParam<const char*> {};

TEST_P(StripeFailsAfterActing, CommandEndsWithOneAccount) {
    Scenario world;
    world.sql("SELECT pay.register_company('bakery', 'Bakery', country => 'US')");
    for (const char* path : {"/v1/accounts", "/v1/account_links"}) {
        stripe_sim::Json fault = {
            {"kind", GetParam()}, {"method", "POST"}, {"path", path}, {"times", 2}};
        if (std::string(GetParam()) == "500_after")
            fault["keeps_result"] = true;
        world.stripe().faults().add(stripe_sim::Fault::from_json(fault));
    }
    world.start();
    const auto command = world.command("pay.connect('bakery', 'bakery@example.com')");
    world.wait_for("(SELECT state = 'done' FROM pay.commands WHERE command_id = '" + command +
                   "')");
    int accounts = 0;
    world.stripe().world().each_account([&](auto&) { ++accounts; });
    EXPECT_EQ(accounts, 1);
    world.submit_onboarding(command);
    world.wait_for("(SELECT stage = 'completed' FROM pay.integrations)");
    expect_onboarding_rules(world);
}

INSTANTIATE_TEST_SUITE_P(EveryWay, StripeFailsAfterActing,
                         testing::Values("reset_after", "reset_before", "500_after", "truncate"));

}  // namespace
}  // namespace paysync::test
