// SPDX-License-Identifier: MIT
#include "jobs/onboarding/sweep_store.hpp"

#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/onboarding/diagnosis_store.hpp"
#include "tests/support/store_test.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace paysync::onboarding::store {
namespace {

std::string numbered_account(int number, bool enabled) {
    return fmt::format(
        R"({{"id":"acct_{0}","object":"account","type":"none","created":1700000000,)"
        R"("charges_enabled":{1},"payouts_enabled":{1},"details_submitted":true,"capabilities":{{}},)"
        R"("metadata":{{}},"requirements":{{"currently_due":[],"eventually_due":[],"past_due":[],)"
        R"("pending_verification":[],"errors":[],"disabled_reason":null,"current_deadline":null}}}})",
        number, enabled);
}

/// Forty companies whose accounts are completed.
class SweepStore : public test::StoreTest {
protected:
    static constexpr int kAccounts = 40;

    SweepStore() {
        run(R"sql(
            SELECT pay.register_company('c' || n, 'C') FROM generate_series(1, 40) n)sql");
        run(R"sql(
            INSERT INTO pay_private.integration (account_id, company, livemode, details_submitted, charges_enabled,
                                                 payouts_enabled, observed_at, connected_at)
            SELECT 'acct_' || n, 'c' || n, false, true, true, true, now(), now() - interval '1 day'
              FROM generate_series(1, 40) n)sql");
        run("SELECT pay_private.restage(account_id, 'test') FROM pay_private.integration");
    }

    /// Stores a sweep in which this many accounts are not enabled and this many are not listed.
    std::int64_t read(int not_enabled, int not_listed, int* missing) {
        const auto token = call(&claim_sweep, 60.0, std::string("d"));
        std::string items;
        for (int n = 1; n <= kAccounts - not_listed; ++n)
            items += (items.empty() ? "" : ",") + numbered_account(n, n > not_enabled);
        const auto page = call(
            &store_differences, token,
            R"({"object":"list","has_more":false,"url":"/v1/accounts","data":[)" + items + "]}",
            std::string("req_sweep"));
        *missing = kAccounts - static_cast<int>(page.accounts.size());
        return token;
    }
    int stages(const std::string& stage) {
        return std::stoi(
            run("SELECT count(*) FROM pay_private.integration WHERE stage = '" + stage + "'"));
    }
    void write(std::int64_t token) {
        while (!call(&apply_differences, token, 7).done) {
        }
        call(&finish_sweep, token, kAccounts);
        call(&leases::release, kSweepLeases, token);
    }

    const FuseLimits fuse_{0.05, 10};
};

TEST_F(SweepStore, WritesNothingBeforeTheWholeSweepIsEvaluated) {
    int missing = 0;
    const auto token = read(3, 0, &missing);
    EXPECT_EQ(stages("completed"), 40);
    const auto result = call(&evaluate_sweep, token, missing, fuse_);
    EXPECT_TRUE(result.passed);
    EXPECT_EQ(result.changes, 3);
    write(token);
    EXPECT_EQ(stages("completed"), 37);
    EXPECT_EQ(run("SELECT string_agg(DISTINCT cause || ' ' || stripe_request_id, ',') "
                  "FROM pay_private.stage_event WHERE cause = 'sweep'"),
              "sweep req_sweep");
    EXPECT_EQ(run("SELECT proven_at = started_at AND accounts = 40 FROM pay_private.sweep"), "t");
}

TEST_F(SweepStore, AMassChangeBlowsTheFuseUntilAnOperatorClearsIt) {
    int missing = 0;
    auto token = read(12, 0, &missing);
    EXPECT_FALSE(call(&evaluate_sweep, token, missing, fuse_).passed);
    write(token);
    EXPECT_EQ(stages("completed"), 40) << "nothing of the sweep is written";
    EXPECT_EQ(run("SELECT alarm FROM pay.alarms"), "fuse");
    EXPECT_EQ(run("SELECT pay_private.clear_fuse()"), "t");
    EXPECT_EQ(run("SELECT alarm FROM pay.alarms"), "");
    token = read(12, 0, &missing);
    EXPECT_TRUE(call(&evaluate_sweep, token, missing, fuse_).passed) << "a person has said so";
    write(token);
    EXPECT_EQ(stages("completed"), 28);
    token = read(30, 0, &missing);
    EXPECT_FALSE(call(&evaluate_sweep, token, missing, fuse_).passed) << "once";
}

TEST_F(SweepStore, MissingAccountsCountTowardsTheFuse) {
    int missing = 0;
    const auto token = read(0, 40, &missing);
    EXPECT_EQ(missing, 40);
    EXPECT_FALSE(call(&evaluate_sweep, token, missing, fuse_).passed);
}

TEST_F(SweepStore, ANewerReadIsNotOverwritten) {
    int missing = 0;
    const auto token = read(1, 0, &missing);
    call(&evaluate_sweep, token, missing, fuse_);
    run("SELECT pg_sleep(0.01)");
    run("UPDATE pay_private.integration SET observed_at = clock_timestamp() WHERE account_id = "
        "'acct_1'");
    write(token);
    EXPECT_EQ(stages("completed"), 40);
}

TEST_F(SweepStore, OneDaemonSweepsAndAStaleOneWritesNothing) {
    const auto token = call(&claim_sweep, 60.0, std::string("one"));
    EXPECT_EQ(call(&claim_sweep, 60.0, std::string("two")), 0);
    run("UPDATE pay_private.sweep SET leased_until = now() - interval '1 second'");
    EXPECT_NE(call(&claim_sweep, 60.0, std::string("two")), 0);
    EXPECT_THROW(call(&evaluate_sweep, token, 0, fuse_), LeaseLost);
    EXPECT_THROW(call(&apply_differences, token, 10), LeaseLost);
}

TEST_F(SweepStore, AnUnreadableAccountDoesNotStopTheRestOfItsPage) {
    const auto token = call(&claim_sweep, 60.0, std::string("d"));
    const auto page = call(&store_differences, token,
                           R"({"object":"list","has_more":false,"url":"/v1/accounts","data":[)"
                           R"({"id":"acct_9","object":"account"},)" +
                               numbered_account(1, false) + "]}",
                           std::string("req_1"));
    EXPECT_EQ(page.rejected, 1);
    EXPECT_EQ(page.accounts.size(), 2U) << "it was listed, so it is not missing";
    EXPECT_EQ(call(&evaluate_sweep, token, 0, fuse_).changes, 1);
}

TEST_F(SweepStore, AnAccountIsLostAfterTwoReadsSomeTimeApart) {
    call(&suspect_accounts, std::vector<std::string>{"acct_1"}, std::string("test"));
    call(&confirm_suspicion, std::string("acct_1"), std::string("req_1"), 600.0);
    call(&confirm_suspicion, std::string("acct_1"), std::string("req_2"), 600.0);
    EXPECT_TRUE(call(&disconnect_lost_accounts, 600.0, fuse_).lost.empty())
        << "both at the same time";
    run("UPDATE pay_private.suspicion SET first_read_at = now() - interval '11 minutes'");
    const auto result = call(&disconnect_lost_accounts, 600.0, fuse_);
    ASSERT_EQ(result.lost.size(), 1U);
    EXPECT_EQ(result.lost[0].company, "c1");
    EXPECT_EQ(run("SELECT cause || ' ' || stripe_request_id FROM pay_private.stage_event "
                  "WHERE to_stage = 'disconnected'"),
              "diagnosis req_2");
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.suspicion"), "0");
}

TEST_F(SweepStore, ALossIsDatedByTheLastSweepThatListedTheAccount) {
    int missing = 0;
    write(read(0, 0, &missing));  // the first read of all of them is written
    run("SELECT pg_sleep(0.01)");
    auto token = read(0, 0, &missing);
    write(token);
    const auto had = run("SELECT proven_at FROM pay_private.sweep");
    run("SELECT pg_sleep(0.01)");
    token = read(0, 1, &missing);
    call(&suspect_account, std::string("acct_40"), std::string("test"));
    write(token);
    call(&confirm_suspicion, std::string("acct_40"), std::string("req_1"), 0.0);
    call(&confirm_suspicion, std::string("acct_40"), std::string("req_2"), 0.0);
    EXPECT_EQ(call(&disconnect_lost_accounts, 0.0, fuse_).lost.size(), 1U);
    EXPECT_EQ(run("SELECT seen_before FROM pay_private.stage_event "
                  "WHERE to_stage = 'disconnected'"),
              had);
    EXPECT_EQ(run("SELECT to_stage || ' ' || changes FROM pay.stage_detection "
                  "WHERE cause = 'diagnosis'"),
              "disconnected 1");
}

/// PostgreSQL gives a rewritten row another ctid and another xmin.
TEST_F(SweepStore, ASecondSweepWithTheSameAccountsWritesNoRow) {
    const auto places = [this] {
        return run(R"sql(
            SELECT string_agg(place, ' ' ORDER BY place)
              FROM (SELECT 'i' || ctid || xmin AS place FROM pay_private.integration
                    UNION ALL SELECT 'r' || ctid || xmin FROM pay_private.requirement
                    UNION ALL SELECT 's' || ctid || xmin FROM pay_private.setting
                    UNION ALL SELECT 'e' || ctid || xmin FROM pay_private.stage_event) p)sql");
    };
    int missing = 0;
    write(read(3, 0, &missing));
    const auto before = places();
    const auto token = read(3, 0, &missing);
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.swept_account"), "0");
    EXPECT_EQ(call(&evaluate_sweep, token, missing, fuse_).changes, 0);
    write(token);
    EXPECT_EQ(places(), before);
    write(read(4, 0, &missing));
    EXPECT_NE(places(), before) << "one that differs is written";
}

TEST_F(SweepStore, ManySuspectedAccountsBlowTheFuseEvenIfFewAreConfirmed) {
    std::vector<std::string> all;
    for (int n = 1; n <= 12; ++n)
        all.push_back("acct_" + std::to_string(n));
    call(&suspect_accounts, all, std::string("test"));
    call(&confirm_suspicion, std::string("acct_1"), std::string("req_1"), 0.0);
    call(&confirm_suspicion, std::string("acct_1"), std::string("req_2"), 0.0);
    EXPECT_FALSE(call(&disconnect_lost_accounts, 0.0, fuse_).fuse.passed);
    EXPECT_EQ(stages("disconnected"), 0);
}

TEST_F(SweepStore, AnAccountDisconnectedByDiagnosisReturnsWithASweep) {
    run("SELECT pay_private.disconnect('acct_1', 'diagnosis', 'diagnosis', 'req_1')");
    run("SELECT pay_private.disconnect('acct_2', 'disconnect', 'command', NULL)");
    int missing = 0;
    const auto token = read(0, 0, &missing);
    call(&evaluate_sweep, token, missing, fuse_);
    write(token);
    EXPECT_EQ(run("SELECT string_agg(to_stage || ' ' || cause, ', ' ORDER BY seq) "
                  "FROM pay_private.stage_event WHERE account_id = 'acct_1'"),
              "completed test, disconnected diagnosis, completed reconnected");
    EXPECT_EQ(run("SELECT stage FROM pay_private.integration WHERE account_id = 'acct_2'"),
              "disconnected")
        << "what the company wished stays";
}

TEST_F(SweepStore, TheStoredStageAlwaysEqualsTheStageRule) {
    int missing = 0;
    const auto token = read(5, 0, &missing);
    call(&evaluate_sweep, token, missing, fuse_);
    write(token);
    run("SELECT pay_private.disconnect('acct_7', 'diagnosis', 'diagnosis', 'req_1')");
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.integration_rule WHERE stage <> rule_stage "
                  "OR stage_detail <> rule_detail OR blocker <> rule_blocker"),
              "0");
}

}  // namespace
}  // namespace paysync::onboarding::store
