// SPDX-License-Identifier: MIT
#include "jobs/onboarding/oauth_store.hpp"

#include "jobs/digest.hpp"
#include "tests/support/store_test.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace paysync::onboarding::store {
namespace {

class OAuthStore : public test::StoreTest {
protected:
    OAuthStore() {
        run("SELECT pay.register_company('acme', 'Acme'), pay.register_company('other', 'Other')");
    }

    Command claim() {
        const auto claimed = call(&claim_commands, 10, 60.0, std::string("d"));
        EXPECT_EQ(claimed.size(), 1U);
        return claimed.at(0);
    }
    void finish_it(const Command& command, CommandResult result = {}) {
        EXPECT_TRUE(call(&finish_command, command.lease(), std::move(result)));
    }
    /// A connect command that has returned `state`.
    void give_out(const std::string& company, const std::string& state) {
        run("SELECT pay.connect('" + company + "', 'owner@acme.test', existing => true)");
        const auto connect = claim();
        CommandResult result;
        result.url_expires_at = call(&create_state, connect.lease(), company, connect.email,
                                     std::string(), sha256_hex(state), 3600.0);
        result.url = "https://connect.example.com/?state=" + state;
        finish_it(connect, result);
    }
    /// A claimed complete_oauth command with `state`.
    Command bring(const std::string& company, const std::string& state,
                  const std::string& code = "ac_1") {
        run("SELECT pay.complete_oauth('" + company + "', '" + code + "', '" + state + "')");
        return claim();
    }
    std::size_t open(const Command& command) {
        return call(&usable_states, command.company, command.command_id).size();
    }
    std::string spend(const Command& command) {
        return call(&spend_code, command.lease(), command.state_sha256);
    }
};

TEST_F(OAuthStore, TheCommandContainsNeitherStateNorCode) {
    give_out("acme", "state1");
    const auto command = bring("acme", "state1", "ac_secret");
    EXPECT_EQ(command.state_sha256, sha256_hex("state1"));
    EXPECT_EQ(run("SELECT count(*) FROM pay.command c WHERE kind = 'complete_oauth' "
                  "AND (c::text LIKE '%state1%' OR c::text LIKE '%ac_secret%')"),
              "0");
    EXPECT_EQ(spend(command), "ac_secret");
    EXPECT_EQ(run("SELECT count(*) FROM pay.command WHERE result_url LIKE '%state1%'"), "0");
}

TEST_F(OAuthStore, AStateIsValidForOneCompanyOnly) {
    give_out("acme", "state1");
    EXPECT_EQ(open(bring("other", "state1")), 0U);
    EXPECT_EQ(open(bring("acme", "state1")), 1U);
}

TEST_F(OAuthStore, AStateMustBeValidWhenTheCommandIsCreatedNotWhenItRuns) {
    give_out("acme", "state1");
    const auto command = bring("acme", "state1");
    run("UPDATE pay_private.oauth_state SET expires_at = now() - interval '1 s'");
    EXPECT_EQ(open(command), 0U);
    run("UPDATE pay_private.oauth_state SET expires_at = (SELECT created_at + interval '1 s' "
        "FROM pay.command WHERE kind = 'complete_oauth')");
    EXPECT_EQ(open(command), 1U);
}

TEST_F(OAuthStore, ACodeCanBeTakenOnce) {
    give_out("acme", "state1");
    const auto command = bring("acme", "state1");
    EXPECT_EQ(spend(command), "ac_1");
    EXPECT_EQ(spend(command), "") << "nobody can send it again, also not after a crash";
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.oauth_code"), "0");
    const auto states = call(&usable_states, std::string("acme"), command.command_id);
    ASSERT_EQ(states.size(), 1U);
    EXPECT_TRUE(states[0].spent);
    EXPECT_EQ(states[0].account_id, "");
    call(&record_exchange, command.lease(), command.state_sha256, std::string("acct_1"));
    EXPECT_EQ(call(&usable_states, std::string("acme"), command.command_id)[0].account_id,
              "acct_1");
    finish_it(command);
    EXPECT_EQ(open(bring("acme", "state1", "ac_2")), 0U) << "another command may not use it";
}

TEST_F(OAuthStore, ACodeThatStripeDidNotProcessCanBeReturned) {
    give_out("acme", "state1");
    const auto command = bring("acme", "state1");
    const auto code = spend(command);
    call(&return_code, command.lease(), command.state_sha256, code);
    EXPECT_EQ(open(command), 1U);
    EXPECT_EQ(spend(command), "ac_1");
}

TEST_F(OAuthStore, ALostLeaseTakesNoCode) {
    give_out("acme", "state1");
    const auto command = bring("acme", "state1");
    run("UPDATE pay.command SET leased_until = now() - interval '1 s'");
    claim();
    EXPECT_THROW(spend(command), LeaseLost);
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.oauth_code"), "1");
}

TEST_F(OAuthStore, AnEndedCommandLeavesNoCodeBehind) {
    give_out("acme", "state1");
    const auto command = bring("acme", "state1");
    EXPECT_TRUE(
        call(&fail_command, command.lease(), std::string("wrong_state"), std::string("no")));
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.oauth_code"), "0");
}

TEST_F(OAuthStore, TheSameCodeAndStateMakeOneCommand) {
    const std::string call = "SELECT pay.complete_oauth('acme', 'ac_1', 'state1')";
    const auto id = run(call);
    EXPECT_EQ(run(call), id);
    EXPECT_NE(run("SELECT pay.complete_oauth('acme', 'ac_2', 'state1')"), id);
}

TEST_F(OAuthStore, ARepeatedConnectReplacesItsState) {
    run("SELECT pay.connect('acme', 'owner@acme.test', existing => true)");
    const auto connect = claim();
    EXPECT_TRUE(connect.existing);
    for (const auto* state : {"first", "second"})
        call(&create_state, connect.lease(), std::string("acme"), connect.email, std::string(),
             sha256_hex(state), 3600.0);
    EXPECT_EQ(run("SELECT string_agg(state_sha256, ' ') FROM pay_private.oauth_state"),
              sha256_hex("second"));
}

}  // namespace
}  // namespace paysync::onboarding::store
