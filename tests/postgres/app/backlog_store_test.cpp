// SPDX-License-Identifier: MIT
#include "jobs/backlog_store.hpp"

#include "tests/support/store_test.hpp"

#include <gtest/gtest.h>

#include <map>

namespace paysync::store {
namespace {

class BacklogStore : public test::StoreTest {
protected:
    std::map<std::string, double> numbers() {
        std::map<std::string, double> numbers;
        for (const auto& gauge : call(&backlog)) {
            EXPECT_FALSE(gauge.help.empty());
            EXPECT_TRUE(numbers.emplace(gauge.name, gauge.value).second) << gauge.name;
        }
        return numbers;
    }
};

TEST_F(BacklogStore, AllGaugesAreZeroInAnEmptyDatabase) {
    const auto all = numbers();
    EXPECT_EQ(all.size(), 14U);
    for (const auto& [name, value] : all)
        EXPECT_EQ(value, 0) << name;
}

TEST_F(BacklogStore, GaugesCountWaitingLateAndBrokenRows) {
    run("SELECT pay.register_company('acme', 'Acme', email => 'pay@acme.test')");
    run("SELECT pay.connect('acme', 'owner@acme.test')");
    run("UPDATE pay.command SET run_after = now() - interval '1 hour'");
    run("INSERT INTO pay_private.integration (account_id, company, livemode) VALUES ('acct_1', "
        "'acme', false)");
    run("SELECT pay_private.record_stage('acct_1', 'completed', 'enabled', 'none', 'test', "
        "'req_1')");
    for (int i = 0; i < 3; ++i)
        run("SELECT pay.request_payment('acme', 'p@example.com', 1000, 'eur', 'Invoice')");
    run("UPDATE pay_private.delivery SET next_attempt_at = now() - interval '2 hours' WHERE seq = "
        "(SELECT min(seq) FROM pay_private.delivery)");
    run("UPDATE pay_private.delivery SET state = 'in_doubt', reason_code = 'in_doubt', message_key "
        "= 1, "
        "next_attempt_at = NULL WHERE seq = "
        "(SELECT max(seq) FROM pay_private.delivery)");
    run("UPDATE pay.payment_request SET link_problem = 'too small' WHERE seq = 1");
    run("INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence) VALUES ('x', "
        "'acct_1', 's', '{}')");
    run("INSERT INTO pay_private.quarantine (account_id, stream, object_id, raw, error) "
        "VALUES ('acct_1', 'charges', 'ch_1', '{}', 'odd')");
    run("INSERT INTO pay_private.stream (account_id, stream, last_completed_at) "
        "VALUES ('acct_1', 'charges', now() - interval '3 hours')");
    run("INSERT INTO pay_private.fuse (blown_at) VALUES (now()) ON CONFLICT (singleton) DO UPDATE "
        "SET blown_at = now()");
    run("INSERT INTO pay_private.job (job, schedule) VALUES ('job', 'daily')");
    run("INSERT INTO pay_private.run (job, cause, state, alive_until) VALUES ('job', 'pass', "
        "'running', now() - interval '1 s')");
    run("INSERT INTO pay_private.run (job, cause, state, finished_at) VALUES ('job', 'pass', "
        "'lost', now()), "
        "('job', 'pass', 'lost', now() - interval '2 days')");
    run("INSERT INTO pay_private.daemon (daemon, version, alive_until) VALUES ('a', '1', now() + "
        "interval '1 h'), "
        "('b', '1', now() - interval '1 h')");
    auto all = numbers();
    const auto about = [&](const char* name, double value) {
        EXPECT_GE(all[name], value) << name;
        EXPECT_LT(all[name], value + 600) << name;
    };
    EXPECT_EQ(all["paysync_commands_waiting"], 1);
    about("paysync_commands_oldest_due_seconds", 3600);
    EXPECT_EQ(all["paysync_mails_due"], 2);
    about("paysync_mails_oldest_due_seconds", 7200);
    EXPECT_EQ(all["paysync_mails_in_doubt"], 1);
    EXPECT_EQ(all["paysync_discrepancies_open"], 1);
    EXPECT_EQ(all["paysync_quarantined_objects"], 1);
    about("paysync_streams_oldest_read_seconds", 3 * 3600);
    EXPECT_EQ(all["paysync_fuse_blown"], 1);
    EXPECT_EQ(all["paysync_runs_lost"], 2);
    EXPECT_EQ(all["paysync_daemons_alive"], 1);
    EXPECT_EQ(all["paysync_links_unwanted_live"], 0);
    EXPECT_EQ(all["paysync_requests_without_link"], 1);
}

}  // namespace
}  // namespace paysync::store
