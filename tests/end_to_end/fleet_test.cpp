// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

/// A platform with ten thousand accounts; under a sanitizer, which slows everything and whose
/// memory says nothing, with a thousand.
namespace paysync::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasuresMemory = false;
#else
constexpr bool kMeasuresMemory = true;
#endif
constexpr int kAccounts = kMeasuresMemory ? 10000 : 1000;
const nlohmann::json kShape = {{"accounts", kAccounts}, {"stages", {{"enabled", 1.0}}}};

/// The most memory that the process ever had, in KiB.
int high_water_kib(pid_t process) {
    std::ifstream status(fmt::format("/proc/{}/status", process));
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:"))
            return std::stoi(line.substr(6));
    return -1;
}

class Fleet : public testing::Test {
protected:
    Fleet() {
        world.stripe().world().generate(kShape);
        world.configure_onboarding("fuse_share: 100%");
        world.configure_sweep("1h");
        world.configure_reconciliation("enabled: false");
    }

    /// The ids of all accounts: computed ones are the same wherever they are computed.
    std::vector<std::string> account_ids() {
        const stripe_sim::GeneratedAccounts twin(
            world.stripe().options(), world.stripe().world().clock(),
            stripe_sim::AccountShape::from_json(kShape, world.stripe().world().now()), 0);
        std::vector<std::string> ids;
        for (std::uint64_t i = 0; i < twin.size(); ++i)
            ids.push_back(twin.id(i));
        return ids;
    }
    void adopt_all() {
        std::string ids;
        for (const auto& id : account_ids())
            ids += (ids.empty() ? "" : ",") + id;
        world.sql(fmt::format(
            "WITH account AS (SELECT id, row_number() OVER () AS n FROM "
            "string_to_table('{}', ',') id), company AS (INSERT INTO pay.company (company, name) "
            "SELECT 'c' || n, 'Company ' || n FROM account) "
            "INSERT INTO pay_private.integration (account_id, company, livemode) SELECT id, 'c' || "
            "n, false FROM account",
            ids));
    }
    /// Starts the daemon, waits for the sweep that it begins with, and ends it.
    void sweep_once() {
        const auto before = world.sql("SELECT finished_at FROM pay_private.sweep");
        const auto calls = world.stripe().log().total();
        world.start();
        world.wait_for("(SELECT accounts = " + std::to_string(kAccounts) +
                           " AND finished_at::text <> '" + before + "' FROM pay_private.sweep)",
                       300);
        high_water = high_water_kib(world.daemon().pid());
        EXPECT_EQ(world.stop(), 0) << world.log();
        calls_made = world.stripe().log().total() - calls;
    }
    void expect_little_memory() const {
        if (kMeasuresMemory) {
            EXPECT_LE(high_water, 64 * 1024);
        }
    }
    std::string row_versions() {
        return world.sql(
            "SELECT md5(string_agg(xmin || ' ' || ctid, ',' ORDER BY account_id)) "
            "FROM pay_private.integration WHERE company <> 'c77'");
    }

    Scenario world;
    int high_water = 0;
    std::size_t calls_made = 0;
};

TEST_F(Fleet, isSweptByAHundredCallsInLittleMemoryAndWrittenOnlyWhereItChanged) {
    adopt_all();
    sweep_once();
    EXPECT_EQ(calls_made, kAccounts / 100U);
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.integrations WHERE stage = 'completed'"),
              std::to_string(kAccounts));
    RecordProperty("high_water_kib", high_water);
    expect_little_memory();

    // One account falls behind: one row is written.
    const auto account = world.sql("SELECT account_id FROM pay.integrations WHERE company = 'c77'");
    world.stripe().world().set_account(account, {{"charges_enabled", false},
                                                 {"requirements",
                                                  {{"past_due", {"external_account"}},
                                                   {"currently_due", {"external_account"}},
                                                   {"disabled_reason", "requirements.past_due"}}}});
    const auto before = row_versions();
    sweep_once();
    EXPECT_EQ(calls_made, kAccounts / 100U);
    expect_little_memory();
    EXPECT_EQ(row_versions(), before) << "nothing else changed, so nothing else was written";
    EXPECT_EQ(world.sql("SELECT string_agg(company, ' ') FROM pay.integrations WHERE stage <> "
                        "'completed'"),
              "c77");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.stage_history"), std::to_string(kAccounts + 1));
}

}  // namespace
}  // namespace paysync::test
