// SPDX-License-Identifier: MIT
#include "tests/support/fleet.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

/// A platform with ten thousand accounts; with a thousand under a sanitizer, which is slow and
/// whose memory says nothing.
namespace paysync::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasuresMemory = false;
#else
constexpr bool kMeasuresMemory = true;
#endif
constexpr int kAccounts = kMeasuresMemory ? 10000 : 1000;

class Fleet : public testing::Test {
protected:
    Fleet() {
        world.configure_onboarding("fuse_share: 100%");
        world.configure_sweep("1h");
        world.configure_reconciliation("enabled: false");
    }

    /// Starts the daemon, waits for its first sweep, and ends it.
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

TEST_F(Fleet, IsSweptByAHundredCallsInLittleMemoryAndOnlyChangesAreWritten) {
    make_fleet(world, kAccounts);
    sweep_once();
    EXPECT_EQ(calls_made, kAccounts / 100U);
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.integrations WHERE stage = 'completed'"),
              std::to_string(kAccounts));
    RecordProperty("high_water_kib", high_water);
    expect_little_memory();

    // One account has past due requirements: one row is written.
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
