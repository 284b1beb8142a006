// SPDX-License-Identifier: MIT
#include "tests/end_to_end/onboarding_rules.hpp"
#include "tests/stripe_sim/account_script.hpp"
#include "tests/support/environment.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <random>
#include <thread>

/// Simulates days of many accounts, at random from a seed. PAYSYNC_SOAK_ACCOUNTS, PAYSYNC_SOAK_DAYS
/// and PAYSYNC_SOAK_SEED set the size and the seed (scripts/soak onboarding).
namespace paysync::test {
namespace {

using nlohmann::json;

/// One company with its account at Stripe.
struct Company {
    std::string name;
    std::string account;
};

class AccountDays : public testing::Test {
protected:
    AccountDays() : random(static_cast<unsigned>(seed)) {
        world.configure_onboarding("fuse_at_least: 1000000");
        world.configure_reconciliation("every: 5s");
        world.start();
        for (int i = 0; i < accounts; ++i)
            connect("c" + std::to_string(i));
    }

    int dice(int sides) { return std::uniform_int_distribution<>(0, sides - 1)(random); }

    void connect(const std::string& name) {
        world.submit_onboarding(
            world.command(fmt::format("pay.connect('{0}', '{0}@example.com')", name)));
        companies.push_back(
            {name,
             world.sql("SELECT account_id FROM pay.integrations WHERE company = '" + name + "'")});
    }

    void act(const Company& company, const json& action) {
        try {
            stripe_sim::account_script(world.stripe().world(), company.account, action);
        } catch (const std::exception&) {
            // Stripe refuses actions that do not fit the state.
        }
    }

    /// The actions of the owner, Stripe and the platform's operators on one day.
    void live(const Company& company) {
        const auto call = [&](const std::string& function) { world.sql("SELECT pay." + function); };
        switch (dice(16)) {
            case 0:
                return act(company, {{"action", "require"},
                                     {"fields", {"individual.verification.document"}},
                                     {"deadline", 86400 * (1 + dice(5))}});
            case 1:
                return act(
                    company,
                    {{"action", "require"}, {"fields", {"external_account"}}, {"deadline", 3600}});
            case 2:
            case 3:
            case 4:
                return act(company, {{"action", "meet"}, {"review_seconds", 3600 * dice(40)}});
            case 5:
                return act(company, {{"action", "restrict"}, {"reason", "under_review"}});
            case 6:
                return act(company, {{"action", "lift"}});
            case 7:
                return act(company, {{"action", "reject"}, {"reason", "other"}});
            case 8:
                return act(company, {{"action", "unreject"}});
            case 9:
                return act(company, {{"action", "deauthorize"}});
            case 10:
            case 11:
                return act(company, {{"action", "reconnect"}});
            case 12:
                return call("manage('" + company.name + "')");
            case 13:
                return call("finalize('" + company.name + "')");
            case 14:
                return disconnect(company);
            default:
                call(fmt::format("reconnect('{0}', '{1}', '{0}@example.com')", company.name,
                                 company.account));
        }
    }
    void disconnect(const Company& company) {
        if (world.sql("SELECT can_disconnect FROM pay.integrations WHERE company = '" +
                      company.name + "'") != "t")
            return;
        const auto asked = world.command("pay.disconnect('" + company.name + "')");
        world.sql("SELECT pay.disconnect('" + company.name +
                  "', (SELECT result ->> 'confirmation' FROM pay.commands WHERE state = 'done' AND "
                  "command_id = '" +
                  asked + "'))");
    }

    /// Sometimes the platform's key has a problem.
    void trouble_with_the_key() {
        const auto key = world.stripe().options().key;
        if (dice(2) == 0) {
            world.stripe().keys().set({{"key", key}, {"state", "revoked"}});
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            world.stripe().keys().set({{"key", key}, {"state", "active"}});
        } else {
            world.stripe().faults().add(stripe_sim::Fault::from_json(
                {{"kind", "permission"}, {"path", "/v1/accounts"}, {"times", 3}}));
        }
    }

    /// Waits for a sweep that began after everything that has happened so far.
    void wait_for_a_sweep() {
        const auto now = world.sql("SELECT now()");
        world.wait_for("(SELECT proven_at > '" + now + "' FROM pay_private.sweep)", 120);
    }

    void expect_the_truth();

    const int accounts = from_environment("PAYSYNC_SOAK_ACCOUNTS", 12);
    const int days = from_environment("PAYSYNC_SOAK_DAYS", 15);
    const int seed = from_environment("PAYSYNC_SOAK_SEED", 20261125);
    std::mt19937 random;
    Scenario world;
    std::vector<Company> companies;
};

void AccountDays::expect_the_truth() {
    for (const auto& company : companies) {
        SCOPED_TRACE(company.name + " " + company.account + ", seed " + std::to_string(seed));
        const auto row = json::parse(
            world.sql("SELECT to_jsonb(i) FROM pay_private.integration i WHERE account_id = '" +
                      company.account + "'"));
        const bool ours = world.stripe().world().accessible(company.account);
        if (row["stage"] == "disconnected") {
            EXPECT_TRUE(!ours || row["disconnected_by"] == "command") << "wrongly disconnected";
            continue;
        }
        EXPECT_TRUE(ours) << "the owner left, and nobody noticed";
        const auto account = world.stripe().world().account_json(company.account);
        const auto& due = account["requirements"];
        EXPECT_EQ(row["charges_enabled"], account["charges_enabled"]);
        EXPECT_EQ(row["payouts_enabled"], account["payouts_enabled"]);
        EXPECT_EQ(row["currently_due"], due["currently_due"]);
        EXPECT_EQ(row["past_due"], due["past_due"]);
        EXPECT_EQ(row["pending_verification"], due["pending_verification"]);
        EXPECT_EQ(row["disabled_reason"], due["disabled_reason"]);
    }
}

TEST_F(AccountDays, EveryStageIsCorrectAfterwards) {
    for (int day = 0; day < days; ++day) {
        for (const auto& company : companies)
            if (dice(3) == 0)
                live(company);
        if (dice(5) == 0)
            trouble_with_the_key();
        world.stripe().world().advance(86400);
        wait_for_a_sweep();
    }
    world.wait_for("NOT EXISTS (SELECT FROM pay.command WHERE state IN ('queued', 'running'))",
                   120);
    wait_for_a_sweep();
    world.wait_for("NOT EXISTS (SELECT FROM pay_private.suspicion)", 120);
    wait_for_a_sweep();
    expect_onboarding_rules(world, "seed " + std::to_string(seed));
    expect_the_truth();
    EXPECT_EQ(world.stop(), 0) << world.log();
    RecordProperty("account_days", accounts * days);
    RecordProperty("stage_changes",
                   world.sql("SELECT count(*) FROM pay_private.stage_event WHERE from_stage IS NOT "
                             "NULL"));
}

}  // namespace
}  // namespace paysync::test
