// SPDX-License-Identifier: MIT
#include "tests/postgres/schema/database.hpp"

namespace paysync::test {
namespace {

class SchemaStage : public SchemaTest {
protected:
    SchemaStage() {
        run("INSERT INTO pay_private.integration (account_id, company, livemode, email_of_record) "
            "VALUES ('acct_1', 'acme', false, 'office@acme.test')");
    }

    std::string record(const std::string& stage, const std::string& detail = "detail") {
        return value("SELECT pay_private.record_stage('acct_1', '" + stage + "', '" + detail +
                     "', 'stripe', 'poll', 'req_1')");
    }

    std::string buttons() {
        return value(R"(SELECT concat_ws(' ', CASE WHEN can_connect THEN 'connect' END,
                                              CASE WHEN can_manage THEN 'manage' END,
                                              CASE WHEN can_disconnect THEN 'disconnect' END,
                                              CASE WHEN can_reconnect THEN 'reconnect' END)
                          FROM pay.integrations WHERE company = 'acme')");
    }
};

TEST_F(SchemaStage, TheHistoryIsAnUnbrokenChain) {
    EXPECT_EQ(record("pending"), "t");
    EXPECT_EQ(record("pending", "other"), "f") << "the detail alone is no event";
    EXPECT_EQ(record("incomplete"), "t");
    EXPECT_EQ(record("completed"), "t");
    EXPECT_EQ(record("disconnected"), "t");
    EXPECT_EQ(record("disconnected"), "f");
    EXPECT_EQ(record("completed"), "t");
    EXPECT_EQ(column("SELECT seq || ':' || coalesce(from_stage, '-') || '>' || to_stage FROM "
                     "pay.stage_history WHERE company = 'acme' ORDER BY seq"),
              "1:->pending 2:pending>incomplete 3:incomplete>completed 4:completed>disconnected "
              "5:disconnected>completed");
}

TEST_F(SchemaStage, TheIntegrationHasTheStageOfItsLastEvent) {
    record("pending", "first");
    record("pending", "second");
    EXPECT_EQ(value("SELECT stage || ' ' || stage_detail || ' ' || blocker || ' ' || "
                    "ever_completed FROM pay.integrations"),
              "pending second stripe false");
    record("completed");
    record("disconnected");
    EXPECT_EQ(value("SELECT stage || ' ' || ever_completed || ' ' || (disconnected_at IS NOT NULL) "
                    "FROM pay.integrations"),
              "disconnected true true");
    record("completed");
    EXPECT_EQ(value("SELECT disconnected_at FROM pay.integrations"), "NULL");
}

TEST_F(SchemaStage, AnEventThatBreaksTheChainIsRefused) {
    record("pending");
    const auto event = [](const char* values) {
        return std::string(
                   "INSERT INTO pay_private.stage_event (account_id, seq, from_stage, "
                   "to_stage, cause) VALUES ('acct_1', ") +
               values + ", 'test')";
    };
    EXPECT_EQ(outcome(event("3, 'pending', 'completed'")), "23514 stage_event_unbroken");
    EXPECT_EQ(outcome(event("2, 'incomplete', 'completed'")), "23514 stage_event_unbroken");
    EXPECT_EQ(outcome(event("2, NULL, 'completed'")), "23514 stage_event_unbroken");
    EXPECT_EQ(outcome(event("2, 'pending', 'pending'")), "23514 stage_event_unbroken");
    EXPECT_EQ(outcome(event("2, 'pending', 'done'")), "23514 stage_event_to_stage");
    EXPECT_EQ(outcome("UPDATE pay_private.stage_event SET cause = 'x'"), "PY409");
    EXPECT_EQ(outcome("DELETE FROM pay_private.stage_event"), "PY409");
    EXPECT_EQ(outcome(event("2, 'pending', 'completed'")), "accepted");
    EXPECT_EQ(outcome("SELECT pay_private.record_stage('acct_9', 'pending', '', 'none', '', '')"),
              "PY404");
}

TEST_F(SchemaStage, TheAllowedCommandsFollowTheStage) {
    EXPECT_EQ(buttons(), "manage");
    record("incomplete");
    EXPECT_EQ(buttons(), "manage");
    record("completed");
    EXPECT_EQ(buttons(), "manage disconnect");
    record("disconnected");
    EXPECT_EQ(buttons(), "connect reconnect");
    record("incomplete");
    run("UPDATE pay_private.integration SET disabled_reason = 'rejected.fraud'");
    EXPECT_EQ(buttons(), "") << "Stripe rejected it: nobody can fill in anything";
    run("UPDATE pay_private.integration SET disabled_reason = NULL;"
        "SELECT pay.register_company('acme', enabled => false)");
    EXPECT_EQ(buttons(), "");
}

TEST_F(SchemaStage, ACompanyHasOneRowForAllItsAccounts) {
    run("SELECT pay.register_company('new')");
    EXPECT_EQ(value("SELECT concat(stage, can_connect) FROM pay.integrations WHERE company = "
                    "'new'"),
              "t");
    const std::string second =
        "INSERT INTO pay_private.integration (account_id, company, livemode) VALUES ('acct_2', "
        "'acme', false)";
    EXPECT_EQ(outcome(second), "23505 integration_one_current");
    run("UPDATE pay_private.integration SET current = false; " + second);
    EXPECT_EQ(column("SELECT account_id FROM pay.integrations WHERE company = 'acme'"), "acct_2");
    run("UPDATE pay_private.integration SET current = false, connected_at = now() - "
        "(account_id = 'acct_2')::int * interval '1 day'");
    EXPECT_EQ(column("SELECT account_id FROM pay.integrations WHERE company = 'acme'"), "acct_1");
}

}  // namespace
}  // namespace paysync::test
