// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/account_requirements.hpp"
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

/// Stages follow Stripe's answers only; with the real daemon.
namespace paysync::test {
namespace {

class Stages : public testing::Test {
protected:
    /// Connects and completes a company; returns its account.
    std::string completed(const std::string& company) {
        world.connect_company(company);
        return world.sql("SELECT account_id FROM pay.integrations WHERE company = '" + company +
                         "'");
    }
    std::string stage(const std::string& company) {
        return world.sql("SELECT stage FROM pay.integrations WHERE company = '" + company + "'");
    }
    void wait_for_stage(const std::string& company, const std::string& wanted) {
        world.wait_for("(SELECT stage = '" + wanted + "' FROM pay.integrations WHERE company = '" +
                       company + "')");
    }
    /// Waits until `calls` more sweeps were read and evaluated, or have failed.
    void wait_for_reads(std::size_t calls) {
        const auto target = world.stripe().log().total() + calls;
        while (world.stripe().log().total() < target)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }

    Scenario world;
};

TEST_F(Stages, ADisconnectAtStripeIsConfirmedByTwoReads) {
    world.start();
    const auto account = completed("bakery");
    completed("florist");
    world.stripe().world().deauthorize(account);
    wait_for_stage("bakery", "disconnected");
    EXPECT_EQ(stage("florist"), "completed");
    EXPECT_EQ(world.sql("SELECT cause FROM pay.stage_history WHERE company = 'bakery' "
                        "ORDER BY seq DESC LIMIT 1"),
              "diagnosis");
    EXPECT_EQ(world.sql("SELECT noticed_within IS NOT NULL FROM pay.stage_history "
                        "WHERE to_stage = 'disconnected'"),
              "t");
    EXPECT_EQ(world.sql("SELECT can_reconnect AND NOT can_manage FROM pay.integrations "
                        "WHERE company = 'bakery'"),
              "t");
    world.stripe().world().reconnect(account);
    wait_for_stage("bakery", "completed");
    EXPECT_EQ(world.stop(), 0) << world.log();
}

TEST_F(Stages, ARefusedPaymentLinkIsCheckedAndTheAccountKept) {
    world.start();
    const auto account = completed("bakery");
    world.stripe().faults().add(stripe_sim::Fault::from_json(
        {{"kind", "account_invalid"}, {"path", "/v1/payment_links"}, {"times", 1}}));
    world.request("bakery", "client@example.com");
    world.wait_for_log("account " + account + ": still connected; the suspicion was wrong");
    EXPECT_EQ(stage("bakery"), "completed");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.alarms"), "0");
}

TEST_F(Stages, ARevokedKeyDisconnectsNobody) {
    world.start();
    completed("bakery");
    const auto key = world.stripe().options().key;
    world.stripe().keys().set({{"key", key}, {"state", "revoked"}});
    wait_for_reads(8);
    EXPECT_EQ(stage("bakery"), "completed");
    world.stripe().keys().set({{"key", key}, {"state", "active"}});
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.stage_history WHERE to_stage = 'disconnected'"),
              "0");
}

TEST_F(Stages, AKeyWithoutPermissionDisconnectsNobody) {
    world.start();
    completed("bakery");
    auto& faults = world.stripe().faults();
    faults.add(stripe_sim::Fault::from_json(
        {{"kind", "permission"}, {"path", "/v1/accounts"}, {"times", -1}}));
    wait_for_reads(8);
    EXPECT_EQ(stage("bakery"), "completed");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.alarms"), "0");
}

TEST_F(Stages, AKeyOfTheOtherModeDisconnectsNobody) {
    world.start();
    completed("bakery");
    const auto key = world.stripe().options().key;
    world.stripe().keys().set({{"key", key}, {"livemode", true}});
    wait_for_reads(12);
    EXPECT_EQ(stage("bakery"), "completed");
    world.stripe().keys().set({{"key", key}, {"livemode", false}});
    world.wait_for("(SELECT count(*) = 0 FROM pay.alarms)");
    EXPECT_EQ(stage("bakery"), "completed");
}

TEST_F(Stages, AMassDisconnectBlowsTheFuseUntilItIsCleared) {
    world.configure_onboarding("fuse_at_least: 2");
    world.start();
    std::vector<std::string> accounts;
    for (const char* company : {"bakery", "florist", "garage"})
        accounts.push_back(completed(company));
    for (const auto& account : accounts)
        world.stripe().world().deauthorize(account);
    world.wait_for("(SELECT count(*) = 1 FROM pay.alarms WHERE alarm = 'fuse')");
    world.wait_for_log("paysyncctl fuse clear");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.integrations WHERE stage = 'completed'"), "3");
    // One clearing lets one evaluation pass: that of the sweep, and that of the diagnosis after it.
    const std::string gone =
        "(SELECT count(*) = 3 FROM pay.integrations WHERE stage = 'disconnected')";
    for (int clearings = 0; clearings < 10 && world.sql("SELECT " + gone) != "t"; ++clearings) {
        Process clear({PAYSYNCCTL, "--config", world.config_path().string(), "--user",
                       kOperatorRole, "fuse", "clear"},
                      {}, world.folder() / "ctl");
        EXPECT_EQ(clear.wait(), 0);
        world.wait_for(gone + " OR EXISTS (SELECT FROM pay.alarms WHERE alarm = 'fuse')");
    }
    EXPECT_EQ(world.sql("SELECT " + gone), "t");
}

TEST_F(Stages, ACompletedAccountWithPastDueRequirementsIsIncomplete) {
    world.start();
    const auto account = completed("bakery");
    world.stripe().world().set_account(account, {{"charges_enabled", false},
                                                 {"requirements",
                                                  {{"past_due", {"external_account"}},
                                                   {"currently_due", {"external_account"}},
                                                   {"disabled_reason", "requirements.past_due"}}}});
    wait_for_stage("bakery", "incomplete");
    EXPECT_EQ(world.sql("SELECT stage_detail || ' ' || blocker || ' ' || can_manage "
                        "FROM pay.integrations WHERE company = 'bakery'"),
              "action_required merchant true");
    EXPECT_EQ(world.sql("SELECT words || ', ' || status || ', ' || awaiting FROM pay.requirements "
                        "WHERE company = 'bakery' AND status <> 'met'"),
              "A bank account for payouts, past_due, merchant");
    world.stripe().world().complete_onboarding(account);
    wait_for_stage("bakery", "completed");
    EXPECT_EQ(world.sql("SELECT bool_and(noticed_within < interval '1 minute') "
                        "FROM pay.stage_history WHERE cause IN ('sweep', 'hot')"),
              "t");
}

TEST_F(Stages, ADeadlineIsReportedBeforeTheStageChanges) {
    constexpr std::int64_t kDay = 86400;
    world.configure_onboarding("warn_before: 5d");
    world.start();
    const auto account = completed("bakery");
    auto& stripe = world.stripe().world();
    stripe_sim::Demand demand;
    demand.fields = {"external_account"};
    demand.deadline = stripe.now() + 30 * kDay;
    {
        const auto lock = stripe.lock();
        stripe_sim::require_fields(stripe, account, demand);
    }
    world.wait_for("(SELECT current_deadline IS NOT NULL FROM pay.integrations)");
    EXPECT_EQ(world.sql("SELECT stage || ' ' || due_soon FROM pay.integrations"),
              "completed false");
    {
        const auto lock = stripe.lock();
        demand.deadline = stripe.now() + 3 * kDay;
        stripe_sim::require_fields(stripe, account, demand);
    }
    world.wait_for("(SELECT due_soon FROM pay.integrations)");
    EXPECT_EQ(stage("bakery"), "completed");
    const auto words = world.sql("SELECT due_words FROM pay.integrations");
    EXPECT_NE(words.find("A bank account for payouts"), std::string::npos) << words;
    const auto line = "account " + account + ": due soon: " + words;
    world.wait_for_log(line);
    stripe.advance(4 * kDay);
    wait_for_stage("bakery", "incomplete");
    EXPECT_EQ(world.sql("SELECT due_soon FROM pay.integrations"), "f");
    EXPECT_EQ(world.stop(), 0);
    const auto log = world.log();
    const auto first = log.find(": due soon: ");
    EXPECT_EQ(log.find(": due soon: ", first + 1), std::string::npos) << "one line";
}

}  // namespace
}  // namespace paysync::test
