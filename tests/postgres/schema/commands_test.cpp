// SPDX-License-Identifier: MIT
#include "tests/postgres/schema/database.hpp"

namespace paysync::test {
namespace {

class SchemaCommands : public SchemaTest {
protected:
    void finish(const std::string& id, const std::string& state = "done") {
        run("UPDATE pay.command SET state = '" + state +
            "', finished_at = now(), error_code = 'x' WHERE command_id = '" + id + "'");
    }
};

TEST_F(SchemaCommands, ConnectRegistersTheCompany) {
    const auto id = value("SELECT pay.connect('new', 'owner@new.test', 'DE')");
    EXPECT_EQ(value("SELECT kind || ' ' || email || ' ' || country || ' ' || state FROM "
                    "pay.command_status('" +
                    id + "')"),
              "connect owner@new.test DE queued");
    EXPECT_EQ(value("SELECT name || ' ' || email || ' ' || enabled FROM pay.company WHERE "
                    "company = 'new'"),
              "new owner@new.test true");
}

TEST_F(SchemaCommands, EachFunctionQueuesItsKindOfCommand) {
    for (const auto* call :
         {"pay.finalize('acme')", "pay.manage('acme')", "pay.refresh('acme')",
          "pay.disconnect('acme', 'token')", "pay.connect('acme', 'a@acme.test')",
          "pay.complete_oauth('acme', 'ac_1', 'state')",
          "pay.reconnect('acme', 'acct_1', 'a@acme.test')"}) {
        const auto id = value(std::string("SELECT ") + call);
        EXPECT_EQ(value("SELECT 'pay.' || kind FROM pay.commands WHERE command_id = '" + id + "'"),
                  std::string(call).substr(0, std::string(call).find('(')));
        finish(id);
    }
    EXPECT_EQ(value("SELECT account_id || email FROM pay.commands WHERE kind = 'reconnect'"),
              "acct_1a@acme.test");
    EXPECT_EQ(value("SELECT confirmation FROM pay.command WHERE kind = 'disconnect'"), "token");
}

TEST_F(SchemaCommands, BadArgumentsAreRefused) {
    run("SELECT pay.register_company('off', enabled => false)");
    const std::vector<std::pair<std::string, std::string>> statements = {
        {"SELECT pay.connect('acme', 'not one')", "PY400 email_one_address"},
        {"SELECT pay.connect('acme', NULL)", "PY400 command_connect_needs_email"},
        {"SELECT pay.connect('new', 'not one')", "PY400 email_one_address"},
        {"SELECT pay.connect(NULL, 'a@acme.test')", "PY400"},
        {"SELECT pay.connect('acme', 'a@acme.test', 'Germany')", "PY400 country_upper_case"},
        {"SELECT pay.reconnect('acme', 'acct_1; DROP', 'a@acme.test')",
         "PY400 account_id_of_stripe"},
        {"SELECT pay.reconnect('acme', NULL, 'a@acme.test')",
         "PY400 command_reconnect_needs_account_and_email"},
        {"SELECT pay.disconnect('acme', E'a\\nb')", "PY400 header_text_one_line"},
        {"SELECT pay.manage('acme', '')", "PY400 request_key_short"},
        {"SELECT pay.manage('nobody')", "PY404"},
        {"SELECT pay.manage('off')", "PY403"},
        {"SELECT pay.connect('off', 'a@acme.test')", "PY403"},
        {"SELECT pay.command_status(gen_random_uuid())", "PY404"},
        {"INSERT INTO pay.command (company, kind) VALUES ('off', 'manage')", "PY403"},
        {"INSERT INTO pay.command (company, kind) VALUES ('nobody', 'manage')",
         "23503 command_company_known"},
        {"INSERT INTO pay.command (company, kind) VALUES ('acme', 'destroy')",
         "23514 command_kind"},
        {"INSERT INTO pay.command (company, kind) VALUES ('acme', 'connect')",
         "23514 command_connect_needs_email"},
        {"INSERT INTO pay.command (company, kind, arguments) VALUES ('acme', 'manage', '[]')",
         "23514 command_arguments_object"},
        {"SELECT pay.complete_oauth('acme', NULL, 'state')", "PY400"},
        {"SELECT pay.complete_oauth('acme', 'ac_1', NULL)", "PY400"},
        {"SELECT pay.complete_oauth('acme', 'a b', 'state')", "PY400 oauth_code_plain"},
        {"SELECT pay.complete_oauth('nobody', 'ac_1', 'state')", "PY404"},
        {"SELECT pay.complete_oauth('off', 'ac_1', 'state')", "PY403"},
        {"INSERT INTO pay.command (company, kind) VALUES ('acme', 'complete_oauth')",
         "23514 command_complete_oauth_needs_hashes"}};
    for (const auto& [statement, expected] : statements)
        EXPECT_EQ(outcome(statement), expected) << statement;
    EXPECT_EQ(value("SELECT count(*) FROM pay.command"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM pay.company WHERE company = 'new'"), "0");
}

TEST_F(SchemaCommands, ARequestKeyIdentifiesOneCommand) {
    const auto id = value("SELECT pay.manage('acme', 'k')");
    EXPECT_EQ(value("SELECT pay.manage('acme', 'k')"), id);
    EXPECT_EQ(outcome("SELECT pay.refresh('acme', 'k')"), "PY409");
    finish(id);
    EXPECT_EQ(value("SELECT pay.manage('acme', 'k')"), id) << "also when it is done";
    const auto connect = value("SELECT pay.connect('acme', 'a@acme.test', request_key => 'c')");
    finish(connect, "failed");
    EXPECT_EQ(outcome("SELECT pay.connect('acme', 'b@acme.test', request_key => 'c')"), "PY409");
    EXPECT_EQ(value("SELECT count(*) FROM pay.command"), "2");
}

TEST_F(SchemaCommands, ManageQueuesANewLinkEachTime) {
    EXPECT_NE(value("SELECT pay.manage('acme')"), value("SELECT pay.manage('acme')"));
}

TEST_F(SchemaCommands, AWaitingCommandIsNotQueuedTwice) {
    for (const auto* call : {"SELECT pay.finalize('acme')", "SELECT pay.refresh('acme')",
                             "SELECT pay.connect('acme', 'a@acme.test')"})
        EXPECT_EQ(value(call), value(call)) << call;
    const auto refresh = value("SELECT pay.refresh('acme')");
    run("UPDATE pay.command SET state = 'running' WHERE command_id = '" + refresh + "'");
    EXPECT_NE(value("SELECT pay.refresh('acme')"), refresh) << "it may have looked already";
}

TEST_F(SchemaCommands, ContradictoryCommandsConflict) {
    const auto id = value("SELECT pay.connect('acme', 'a@acme.test')");
    EXPECT_EQ(outcome("SELECT pay.connect('acme', 'b@acme.test')"), "PY409");
    EXPECT_EQ(outcome("SELECT pay.disconnect('acme')"), "PY409");
    EXPECT_EQ(outcome("SELECT pay.reconnect('acme', 'acct_1', 'a@acme.test')"), "PY409");
    EXPECT_EQ(outcome("SELECT pay.connect('other', 'b@acme.test')"), "accepted");
    run("UPDATE pay.command SET state = 'running' WHERE command_id = '" + id + "'");
    EXPECT_EQ(outcome("SELECT pay.disconnect('acme')"), "PY409");
    EXPECT_EQ(outcome("SELECT pay.finalize('acme')"), "accepted");
    finish(id);
    EXPECT_EQ(outcome("SELECT pay.disconnect('acme')"), "accepted");
}

TEST_F(SchemaCommands, AWaitingCommandCanBeCancelled) {
    const auto id = value("SELECT pay.connect('acme', 'a@acme.test')");
    const auto cancel = "SELECT pay.cancel_command('" + id + "')";
    EXPECT_EQ(value(cancel), "cancelled");
    EXPECT_EQ(value("SELECT finished_at IS NOT NULL FROM pay.commands"), "t");
    const auto second = value("SELECT pay.connect('acme', 'b@acme.test')");
    run("UPDATE pay.command SET state = 'running' WHERE command_id = '" + second + "'");
    EXPECT_EQ(value("SELECT pay.cancel_command('" + second + "')"), "running");
    EXPECT_EQ(outcome("SELECT pay.cancel_command(gen_random_uuid())"), "PY404");
}

TEST_F(SchemaCommands, AnExpiredLinkIsNotShown) {
    const auto id = value("SELECT pay.manage('acme')");
    run("UPDATE pay.command SET result_url = 'https://connect.example.com/s', "
        "result_url_expires_at = now() + interval '1 hour' WHERE command_id = '" +
        id + "'");
    EXPECT_EQ(value("SELECT result_url FROM pay.commands"), "https://connect.example.com/s");
    run("UPDATE pay.command SET result_url_expires_at = now() - interval '1 s'");
    EXPECT_EQ(value("SELECT result_url FROM pay.commands"), "NULL");
}

}  // namespace
}  // namespace paysync::test
