// SPDX-License-Identifier: MIT
#include "jobs/onboarding/warnings_store.hpp"

#include "jobs/onboarding/integration_store.hpp"
#include "tests/support/store_test.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace paysync::onboarding::store {
namespace {

constexpr double kDay = 86400;

/// A company whose account is completed.
class WarningsStore : public test::StoreTest {
protected:
    WarningsStore() {
        run("SELECT pay.register_company('bakery', 'The Bakery')");
        run("INSERT INTO pay_private.integration (account_id, company, livemode) "
            "VALUES ('acct_1', 'bakery', false)");
        observe("[]", "null", "[]", "null");
    }

    /// Stores a read of the account with these requirements, now and in the future.
    void observe(const std::string& due, const std::string& deadline, const std::string& future,
                 const std::string& future_deadline) {
        call(
            &record_account,
            fmt::format(R"({{"id":"acct_1","object":"account","type":"none","created":1700000000,)"
                        R"("charges_enabled":true,"payouts_enabled":true,"details_submitted":true,)"
                        R"("requirements":{{"currently_due":{},"current_deadline":{}}},)"
                        R"("future_requirements":{{"currently_due":{},"current_deadline":{}}}}})",
                        due, deadline, future, future_deadline),
            std::string("test"), std::string("req_1"));
    }
    std::string in_days(int days) {
        return run(fmt::format(
            "SELECT floor(extract(epoch FROM now() + interval '{} days'))::bigint", days));
    }
    std::size_t begun(double days = 7) { return call(&start_warnings, days * kDay).size(); }
    std::string shown(const std::string& column) {
        return run("SELECT " + column + " FROM pay.integrations");
    }
};

TEST_F(WarningsStore, ANearDeadlineIsReportedOnce) {
    EXPECT_EQ(begun(), 0U) << "nothing is due";
    observe(R"(["external_account","business_profile.url"])", in_days(10), "[]", "null");
    EXPECT_EQ(begun(), 0U) << "it is far";
    EXPECT_EQ(shown("due_soon"), "f");
    EXPECT_EQ(shown("stage || ' ' || stage_detail"), "completed enabled_due_soon");
    const auto warnings = call(&start_warnings, 11 * kDay);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0].company, "bakery");
    EXPECT_EQ(warnings[0].account_id, "acct_1");
    EXPECT_EQ(warnings[0].text, shown("due_words"));
    EXPECT_NE(warnings[0].text.find("A bank account for payouts; The website of the business"),
              std::string::npos)
        << warnings[0].text;
    EXPECT_EQ(shown("due_soon AND due_at = current_deadline"), "t");
    EXPECT_EQ(begun(11), 0U) << "said already";
}

TEST_F(WarningsStore, AMovedDeadlineIsReportedAgainAndAMetOneEndsTheWarning) {
    observe(R"(["external_account"])", in_days(3), "[]", "null");
    EXPECT_EQ(begun(), 1U);
    observe(R"(["external_account"])", in_days(5), "[]", "null");
    EXPECT_EQ(begun(), 1U);
    observe("[]", "null", "[]", "null");
    EXPECT_EQ(begun(), 0U);
    EXPECT_EQ(shown("NOT due_soon AND due_at IS NULL AND due_words IS NULL"), "t");
    EXPECT_EQ(run("SELECT count(warned_at) FROM pay_private.integration"), "0");
}

TEST_F(WarningsStore, FutureRequirementsHaveTheirOwnDeadline) {
    observe("[]", "null", R"(["company.tax_id"])", in_days(5));
    EXPECT_EQ(run("SELECT status || ', ' || words || ', ' || awaiting FROM pay.requirements"),
              "future_due, The tax number of the business, merchant");
    const auto warnings = call(&start_warnings, 7 * kDay);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings[0].text.find("The tax number of the business"), std::string::npos);
    EXPECT_EQ(shown("due_at = future_deadline AND future_due = '{company.tax_id}'"), "t");
    observe(R"(["external_account"])", in_days(2), R"(["company.tax_id"])", in_days(5));
    const auto sooner = call(&start_warnings, 7 * kDay);
    ASSERT_EQ(sooner.size(), 1U) << "the nearest counts";
    EXPECT_EQ(sooner[0].text.find("tax number"), std::string::npos) << sooner[0].text;
}

TEST_F(WarningsStore, ADisconnectedAccountHasNoWarning) {
    observe(R"(["external_account"])", in_days(3), "[]", "null");
    EXPECT_EQ(begun(), 1U);
    run("SELECT pay_private.disconnect('acct_1', 'test', 'command', NULL)");
    EXPECT_EQ(shown("due_soon OR due_words IS NOT NULL"), "f") << "at once";
    EXPECT_EQ(begun(), 0U);
    EXPECT_EQ(run("SELECT count(warned_for) FROM pay_private.integration"), "0");
}

}  // namespace
}  // namespace paysync::onboarding::store
