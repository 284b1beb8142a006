// SPDX-License-Identifier: MIT
#include "jobs/onboarding/command_store.hpp"

#include "jobs/onboarding/integration_store.hpp"
#include "tests/support/store_test.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace paysync::onboarding::store {
namespace {

std::string account(const std::string& id, bool enabled, const std::string& due = "") {
    const std::string flag = enabled ? "true" : "false";
    const std::string list = due.empty() ? "[]" : "[\"" + due + "\"]";
    return R"({"id":")" + id +
           R"(","object":"account","type":"none","created":1700000000,"charges_enabled":)" + flag +
           R"(,"payouts_enabled":)" + flag + R"(,"details_submitted":)" + flag +
           R"(,"capabilities":{},"metadata":{},"requirements":{"currently_due":)" + list +
           R"(,"eventually_due":[],"past_due":[],"pending_verification":[],"errors":[],)" +
           R"("disabled_reason":null,"current_deadline":null}})";
}

class OnboardingStore : public test::StoreTest {
protected:
    OnboardingStore() { run("SELECT pay.register_company('acme', 'Acme')"); }

    std::vector<Command> claim(double seconds = 60) {
        return call(&claim_commands, 10, seconds, std::string("d"));
    }
    /// A running command of the company, and its lease.
    CommandLease running(const std::string& kind = "refresh") {
        run("INSERT INTO pay.command (company, kind) VALUES ('acme', '" + kind + "')");
        const auto claimed = claim();
        EXPECT_EQ(claimed.size(), 1U);
        return CommandLease{claimed.at(0).command_id, claimed.at(0).token};
    }
    std::vector<StageChange> link(const CommandLease& lease, const std::string& id, bool enabled) {
        return call(&link_account, lease, std::string("acme"), account(id, enabled), false,
                    std::string("new"), std::string("owner@acme.test"), std::string("connect"),
                    std::string("req_1"));
    }
};

TEST_F(OnboardingStore, RunsTheCommandsOfACompanyOneAfterTheOther) {
    run("SELECT pay.register_company('other', 'Other')");
    run("INSERT INTO pay.command (company, kind) VALUES ('acme', 'refresh'), ('acme', 'manage'), "
        "('other', 'manage')");
    const auto first = claim();
    ASSERT_EQ(first.size(), 2U) << "the oldest of each company";
    EXPECT_EQ(first[0].kind, "refresh");
    EXPECT_TRUE(claim().empty());
    EXPECT_TRUE(call(&finish_command, first[0].lease(), CommandResult()));
    const auto second = claim();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].kind, "manage");
}

TEST_F(OnboardingStore, ALowerSequenceNumberThatCommitsLateBlocksNoCommand) {
    // Two applications insert concurrently; the one with the lower sequence number commits last.
    pqxx::connection elsewhere(database_.dsn());
    pqxx::work late(elsewhere);
    late.exec("INSERT INTO pay.command (company, kind) VALUES ('acme', 'refresh')");
    run("INSERT INTO pay.command (company, kind) VALUES ('acme', 'manage')");
    const auto first = claim();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].kind, "manage");
    late.commit();
    EXPECT_TRUE(claim().empty()) << "the running one goes first";
    run("UPDATE pay.command SET leased_until = now() - interval '1 second' WHERE state = "
        "'running'");
    const auto again = claim();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].command_id, first[0].command_id);
    EXPECT_EQ(again[0].attempts, 2);
}

TEST_F(OnboardingStore, AWorkerWithoutItsLeaseChangesNothing) {
    const auto stale = running();
    run("UPDATE pay.command SET leased_until = now() - interval '1 second'");
    const auto claimed = claim();
    ASSERT_EQ(claimed.size(), 1U);
    const CommandLease current{claimed[0].command_id, claimed[0].token};
    link(current, "acct_new", true);
    EXPECT_THROW(link(stale, "acct_old", true), LeaseLost);
    EXPECT_THROW(call(&disconnect_account, stale, std::string("acct_new"), std::string("x")),
                 LeaseLost);
    EXPECT_THROW(call(&onboarding_link_issued, stale, std::string("acct_new"), std::int64_t(1)),
                 LeaseLost);
    EXPECT_FALSE(call(&finish_command, stale, CommandResult()));
    EXPECT_EQ(run("SELECT account_id || stage FROM pay_private.integration WHERE current"),
              "acct_newcompleted");
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.integration"), "1");
}

TEST_F(OnboardingStore, WritesNothingForAnUnchangedAccount) {
    link(running(), "acct_1", true);
    const auto version = [&] { return run("SELECT xmin FROM pay_private.integration"); };
    const auto read = [&](const std::string& body) {
        return call(&record_account, body, std::string("hot"), std::string("req_2"));
    };
    const auto before = version();
    EXPECT_TRUE(read(account("acct_1", true)).empty());
    EXPECT_EQ(version(), before);
    const auto worse = read(account("acct_1", false, "company.tax_id"));
    ASSERT_EQ(worse.size(), 1U);
    EXPECT_EQ(worse[0].from + ">" + worse[0].to, "completed>incomplete");
    EXPECT_NE(version(), before);
    EXPECT_EQ(run("SELECT string_agg(to_stage, ' ' ORDER BY seq) FROM pay_private.stage_event"),
              "completed incomplete");
    EXPECT_EQ(run("SELECT currently_due FROM pay.integrations"), "{company.tax_id}");
}

TEST_F(OnboardingStore, ReportsAnUpperBoundOfTheDetectionDelay) {
    link(running(), "acct_1", true);
    run("UPDATE pay_private.integration SET observed_at = now() - interval '90 seconds', "
        "connected_at = "
        "now() - interval '1 day'");
    run("UPDATE pay_private.sweep SET proven_at = now() - interval '30 seconds'");
    call(&record_account, account("acct_1", false, "company.tax_id"), std::string("hot"),
         std::string("req_2"));
    EXPECT_EQ(run("SELECT string_agg(coalesce(date_trunc('second', noticed_within)::text, '-'), ' "
                  "' ORDER BY seq) "
                  "FROM pay.stage_history"),
              "- 00:00:30");
    EXPECT_EQ(
        run("SELECT changes || ' ' || date_trunc('second', all_within) FROM pay.stage_detection"),
        "1 00:00:30");
}

TEST_F(OnboardingStore, StoresARowForEachRequirement) {
    link(running(), "acct_1", false);
    const auto read = [&](const std::string& due) {
        call(&record_account, account("acct_1", false, due), std::string("hot"),
             std::string("req_2"));
        return run(
            "SELECT string_agg(requirement || ' ' || topic || ' ' || status || ' ' || awaiting, ', "
            "' "
            "ORDER BY requirement) FROM pay.requirements");
    };
    EXPECT_EQ(read("external_account"), "external_account bank currently_due merchant");
    EXPECT_EQ(run("SELECT words FROM pay.requirements"), "A bank account for payouts");
    EXPECT_EQ(read("company.tax_id"),
              "company.tax_id business currently_due merchant, external_account bank met none");
    EXPECT_EQ(
        run("SELECT count(*) FROM pay.requirements WHERE (met_at IS NULL) = (status = 'met')"),
        "0");
}

TEST_F(OnboardingStore, ChecksAnActiveAccountLessOftenOverTime) {
    link(running(), "acct_1", false);
    call(&start_active_reads, std::string("acct_1"), 1800.0);
    const auto pauses = [&](int reads) {
        std::string out;
        for (int i = 0; i < reads; ++i) {
            run("UPDATE pay_private.integration SET next_check_at = now()");
            EXPECT_EQ(call(&claim_active_accounts, 10, 5.0, 15.0).size(), 1U);
            const auto pause =
                run("SELECT round(extract(epoch FROM next_check_at - now())) "
                    "FROM pay_private.integration");
            if (!out.ends_with(pause))
                out += (out.empty() ? "" : " ") + pause;
        }
        return out;
    };
    EXPECT_EQ(pauses(60), "5 10 15");
    call(&start_active_reads, std::string("acct_1"), 1800.0);
    EXPECT_EQ(pauses(1), "5") << "whoever acts makes it hot again";
    run("UPDATE pay_private.integration SET next_check_at = now()");
    EXPECT_EQ(call(&claim_active_accounts, 10, 0.2, 15.0).size(), 1U)
        << "a pause may be less than a second";
}

TEST_F(OnboardingStore, KeepsTheHistoryAcrossADisconnectAndAReconnect) {
    const auto lease = running();
    link(lease, "acct_1", true);
    call(&disconnect_account, lease, std::string("acct_1"), std::string("disconnect"));
    EXPECT_TRUE(
        call(&record_account, account("acct_1", true), std::string("sweep"), std::string("req_2"))
            .empty())
        << "what is disconnected stays so whatever a sweep sees";
    link(lease, "acct_1", true);
    EXPECT_EQ(run("SELECT string_agg(to_stage, ' ' ORDER BY seq) FROM pay_private.stage_event"),
              "completed disconnected completed");
    EXPECT_EQ(run("SELECT disconnected_at FROM pay_private.integration"), "");
}

TEST_F(OnboardingStore, AcceptsAConfirmationOnce) {
    const auto asked = running("disconnect");
    CommandResult result;
    result.confirmation = "token1";
    EXPECT_TRUE(call(&finish_command, asked, result));
    run("INSERT INTO pay.command (company, kind, confirmation) VALUES ('acme', 'disconnect', "
        "'token1')");
    const auto claimed = claim();
    ASSERT_EQ(claimed.size(), 1U);
    const auto pending = [&] {
        return call(&pending_confirmation, std::string("acme"), claimed[0].command_id);
    };
    EXPECT_EQ(pending(), "token1");
    EXPECT_EQ(pending(), "token1") << "a repetition after a crash still finds it";
    EXPECT_TRUE(call(&finish_command, claimed[0].lease(), CommandResult()));
    EXPECT_EQ(pending(), "") << "it was used";
}

}  // namespace
}  // namespace paysync::onboarding::store
