// SPDX-License-Identifier: MIT
#include "tests/postgres/payment_requests/queue_fixture.hpp"

#include <algorithm>
#include <set>

namespace paysync::payment_requests::store {
namespace {

/// Fairness is counted in turns, not in seconds: a claim is a turn.
class LinkTurns : public MailQueue {
protected:
    /// Companies with `links` unwanted links each.
    void unwanted(const std::string& companies, int links) {
        run("INSERT INTO pay.company (company, name) SELECT c, c FROM " + companies +
            " ON CONFLICT DO NOTHING");
        run("INSERT INTO pay.payment_request (company, to_email, amount, currency, description) "
            "SELECT c, 'p@example.com', 1000, 'eur', 'x' FROM " +
            companies + ", generate_series(1, " + std::to_string(links) + ")");
        run("INSERT INTO pay_private.payment_link (link_id, request_id, account_id, amount, url, "
            "active, wanted_active, deactivation_reason) SELECT company || '_' || seq, request_id, "
            "'acct_' || company, 1000, 'https://buy.example/x', true, false, 'cancelled' FROM "
            "pay.payment_request r WHERE NOT EXISTS (SELECT FROM pay_private.payment_link l WHERE "
            "l.request_id = r.request_id)");
    }
    LinkWork turn(int limit = 16) {
        auto work = call(&claim_link_work, limit, last_company_, busy_, 30.0);
        last_company_ = work.last_company;
        return work;
    }
    /// The turn in which the company's first link is claimed.
    int turns_until(const std::string& company) {
        for (int turns = 1; turns < 100; ++turns)
            for (const auto& link : turn().unwanted)
                if (link.link_id.starts_with(company + "_"))
                    return turns;
        return 100;
    }
    std::string last_company_;
    std::vector<std::string> busy_;
};

TEST_F(LinkTurns, ManyCancelsOfOneCompanyLeaveTheOtherItsTurn) {
    unwanted("(VALUES ('aaa')) v(c)", 400);
    EXPECT_EQ(turn().unwanted.size(), 16U);
    EXPECT_EQ(turn().unwanted.size(), 16U);
    unwanted("(VALUES ('zzz')) v(c)", 1);
    EXPECT_EQ(turns_until("zzz"), 1);
    unwanted("(VALUES ('mmm')) v(c)", 1);
    EXPECT_EQ(turns_until("mmm"), 1);
}

TEST_F(LinkTurns, ACompanyWhoseAccountDoesNotAnswerLeavesPlacesToTheOthers) {
    unwanted("(VALUES ('aaa')) v(c)", 400);
    EXPECT_EQ(turn().unwanted.size(), 16U);
    busy_ = {"aaa"};
    EXPECT_TRUE(turn(4).empty());
    unwanted("(VALUES ('zzz')) v(c)", 2);
    EXPECT_EQ(turn(4).unwanted.size(), 2U);
}

TEST_F(LinkTurns, ManyCompaniesTakeTurns) {
    unwanted("(SELECT 'c' || i AS c FROM generate_series(100, 699) i) v", 3);
    unwanted("(VALUES ('zzz')) v(c)", 1);
    std::set<std::string> served;
    for (int turns = 0; turns < 37; ++turns)
        for (const auto& link : turn().unwanted)
            EXPECT_TRUE(served.insert(link.account_id).second) << "twice before all had a turn";
    EXPECT_EQ(served.size(), 592U) << "37 turns of 16";
    for (const auto& link : turn().unwanted)
        served.insert(link.account_id);
    EXPECT_EQ(served.size(), 601U);
}

TEST_F(LinkTurns, CompaniesThatWaitForARetryDoNotHideTheOthers) {
    unwanted("(SELECT 'c' || i AS c FROM generate_series(100, 699) i) v", 1);
    run("UPDATE pay_private.payment_link SET next_attempt_at = now() + interval '1 hour'");
    unwanted("(VALUES ('zzz')) v(c)", 1);
    int turns = 0;
    LinkWork work;
    do {
        work = turn();
        ++turns;
    } while (work.empty() && work.more);
    EXPECT_EQ(work.unwanted.size(), 1U);
    EXPECT_LE(turns, 3) << "256 companies are looked at in a turn";
}

TEST_F(LinkTurns, MakingAndSwitchingOffShareTheTurnOfACompany) {
    unwanted("(VALUES ('acme')) v(c)", 100);
    const auto id = request();
    run("UPDATE pay.payment_request SET link_wanted_at = now() WHERE request_id = '" + id + "'");
    const auto work = turn();
    EXPECT_EQ(work.missing.size(), 1U);
    EXPECT_EQ(work.unwanted.size(), 15U);
}

TEST_F(LinkTurns, RequestsOfACompanyThatIsNotReadyAreNotClaimedAgainAndAgain) {
    const auto id = request();
    run("UPDATE pay.payment_request SET link_wanted_at = now()");
    run("SELECT pay_private.record_stage('acct_acme', 'incomplete', 'action_required', 'merchant', "
        "'test', 'req_2')");
    EXPECT_TRUE(turn().missing.empty());
    EXPECT_EQ(run("SELECT link_wanted_at > now() + interval '50 minutes' FROM pay.payment_request"),
              "t");
    run("UPDATE pay.payment_request SET account_id = 'acct_acme'");
    run("SELECT pay_private.record_stage('acct_acme', 'completed', 'enabled', 'none', 'test', "
        "'req_3')");
    while (call(&do_follow_up, 100)) {
    }
    EXPECT_EQ(turn().missing.size(), 1U) << "the stage wakes it";
}

class Expiring : public LinkTurns {
protected:
    void expiring(const std::string& companies, int requests) {
        run("INSERT INTO pay.company (company, name) SELECT c, c FROM " + companies +
            " ON CONFLICT DO NOTHING");
        run("INSERT INTO pay.payment_request (company, to_email, amount, currency, description, "
            "expires_at) SELECT c, 'p@example.com', 1000, 'eur', 'x', now() + interval '1 hour' "
            "FROM " +
            companies + ", generate_series(1, " + std::to_string(requests) + ")");
        // As if they had been queued long ago.
        run("ALTER TABLE pay.payment_request DISABLE TRIGGER USER");
        run("UPDATE pay.payment_request SET created_at = now() - interval '2 days', send_after = "
            "now() - interval '2 days', expires_at = now() - interval '1 hour' WHERE expires_at IS "
            "NOT NULL");
        run("ALTER TABLE pay.payment_request ENABLE TRIGGER USER");
    }
    std::string expired(const std::string& company) {
        return run(
            "SELECT count(*) FROM pay.payment_request WHERE state = 'expired' AND company = "
            "'" +
            company + "'");
    }
};

TEST_F(Expiring, IsBoundedAndFair) {
    expiring("(VALUES ('aaa')) v(c)", 300);
    expiring("(VALUES ('zzz')) v(c)", 1);
    auto batch = call(&expire_requests, 50, std::string());
    EXPECT_EQ(batch.expired, 50);
    EXPECT_TRUE(batch.more);
    EXPECT_EQ(expired("zzz"), "1") << "in the first batch";
    EXPECT_EQ(expired("aaa"), "49");
    int batches = 1;
    while (batch.more && batches < 20) {
        batch = call(&expire_requests, 50, batch.last_company);
        ++batches;
    }
    EXPECT_EQ(expired("aaa"), "300") << "all of them, with progress in each batch";
    EXPECT_LE(batches, 8);
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.delivery WHERE state = 'queued'"), "0");
}

TEST_F(Expiring, LooksAtNothingWhileNothingIsDue) {
    expiring("(VALUES ('aaa')) v(c)", 10);
    while (call(&expire_requests, 50, std::string()).more) {
    }
    run("INSERT INTO pay.company (company, name) SELECT 'c' || i, 'c' FROM generate_series(1, 300) "
        "i");
    run("INSERT INTO pay.payment_request (company, to_email, amount, currency, description, "
        "expires_at) SELECT 'c' || i, 'p@example.com', 1000, 'eur', 'x', now() + interval '1 hour' "
        "FROM generate_series(1, 300) i");
    const auto batch = call(&expire_requests, 50, std::string("start"));
    EXPECT_EQ(batch.expired, 0);
    EXPECT_FALSE(batch.more) << "future expiries of 300 companies are not walked through";
}

class FollowUps : public LinkTurns {
protected:
    int follow_ups(int at_once) {
        int batches = 0;
        while (call(&do_follow_up, at_once))
            ++batches;
        return batches;
    }
    void wanted_links(int count) {
        run("INSERT INTO pay.payment_request (company, to_email, amount, currency, description) "
            "SELECT 'acme', 'p@example.com', 1000, 'eur', 'x' FROM generate_series(1, " +
            std::to_string(count) + ")");
        run("INSERT INTO pay_private.payment_link (link_id, request_id, account_id, amount, url, "
            "active, wanted_active) SELECT 'plink_' || seq, request_id, 'acct_acme', 1000, "
            "'https://buy.example/x', true, true FROM pay.payment_request");
        run("UPDATE pay.payment_request SET account_id = 'acct_acme', livemode = false");
    }
};

TEST_F(FollowUps, ADisconnectUnwantsLinksInBatches) {
    wanted_links(1200);
    follow_ups(500);
    run("SELECT pay_private.disconnect('acct_acme', 'test', 'command', 'req_1')");
    const auto left = "SELECT count(*) FROM pay_private.payment_link WHERE wanted_active";
    EXPECT_EQ(run(left), "700") << "500 in the transaction of the disconnect";
    EXPECT_EQ(run("SELECT count(*) FROM pay_private.rule_14_disconnected_is_quiet"), "0")
        << "the others are on their way";
    EXPECT_TRUE(call(&do_follow_up, 300));
    EXPECT_EQ(run(left), "400");
    follow_ups(300);
    EXPECT_EQ(run(left), "0");
}

TEST_F(FollowUps, HeldMailsAreWokenInBatches) {
    wanted_links(1200);
    run("UPDATE pay_private.delivery SET next_attempt_at = now() + interval '1 hour', reason_code "
        "= "
        "'company_not_ready'");
    run("SELECT pay_private.record_stage('acct_acme', 'incomplete', 'action_required', 'merchant', "
        "'test', 'req_2')");
    run("SELECT pay_private.record_stage('acct_acme', 'completed', 'enabled', 'none', 'test', "
        "'req_3')");
    const auto held = "SELECT count(*) FROM pay_private.delivery WHERE next_attempt_at > now()";
    EXPECT_EQ(run(held), "700");
    while (run("SELECT pay_private.release_held_mails()") == "t") {
    }
    EXPECT_EQ(run(held), "0");
}

TEST_F(FollowUps, AnotherAccountGetsNewLinksForOpenRequests) {
    wanted_links(30);
    run("UPDATE pay_private.delivery SET state = 'cancelled'");
    run("SELECT pay.cancel_payment_request(request_id) FROM pay.payment_request WHERE seq <= 10");
    run("SELECT pay_private.disconnect('acct_acme', 'test', 'command', 'req_1')");
    run("UPDATE pay_private.integration SET current = false");
    run("INSERT INTO pay_private.integration (account_id, company, livemode) VALUES ('acct_new', "
        "'acme', false)");
    run("SELECT pay_private.record_stage('acct_new', 'completed', 'enabled', 'none', 'test', "
        "'req_4')");
    EXPECT_GE(follow_ups(12), 3);
    const auto work = turn(100);
    EXPECT_EQ(work.missing.size(), 20U) << "all that are open";
    for (const auto& missing : work.missing)
        EXPECT_EQ(missing.account_id, "acct_new");
}

}  // namespace
}  // namespace paysync::payment_requests::store
