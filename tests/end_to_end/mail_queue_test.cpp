// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <chrono>
#include <thread>

/// The mail queue when something holds it up: a locked row, a database that refuses results, a
/// server that is slow or refuses everybody. Nobody else waits, and nothing is lost.
namespace paysync::test {
namespace {

using smtp_sim::Act;
using smtp_sim::Stage;

class HeldUpQueue : public testing::Test {
protected:
    void start(const std::string& settings = "") {
        world_.configure_payment_requests(settings);
        world_.start();
        world_.connect_company("bakery");
    }
    void requests(int count, const std::string& company = "bakery") {
        world_.sql(fmt::format(
            "INSERT INTO pay.payment_request (company, to_email, amount, currency, description) "
            "SELECT '{}', 'client' || i || '@example.com', 1250, 'usd', 'Invoice' FROM "
            "generate_series(1, {}) i",
            company, count));
    }
    static std::string sent(int count, const std::string& company = "bakery") {
        return fmt::format(
            "(SELECT count(*) >= {} FROM pay_private.delivery WHERE state = 'sent' AND company = "
            "'{}')",
            count, company);
    }
    std::string count(const std::string& condition) {
        return world_.sql("SELECT count(*) FROM pay_private.delivery WHERE " + condition);
    }

    Scenario world_;
};

TEST_F(HeldUpQueue, ARequestThatAnApplicationHoldsLockedDelaysNoOther) {
    start();
    const auto locked = world_.request("bakery", "locked@example.com");
    world_.wait_for(sent(1));
    world_.sql("SELECT pay.remind_payment_request('" + locked + "')");
    pqxx::connection connection(world_.dsn());
    {
        pqxx::work application(connection);
        application.exec("SELECT FROM pay.payment_request WHERE request_id = '" + locked +
                         "' FOR UPDATE");
        const auto begin = std::chrono::steady_clock::now();
        requests(40);
        world_.wait_for(sent(41));
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20))
            << "each batch would wait for the lock";
    }
    world_.wait_for("(SELECT count(*) = 0 FROM pay_private.delivery WHERE state <> 'sent')");
    EXPECT_EQ(world_.stop(), 0) << world_.log();
}

TEST_F(HeldUpQueue, ResultsThatTheDatabaseRefusesAreKeptAndOccupyNoSlot) {
    start("concurrency: 4");
    world_.sql(
        "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
        "EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE OF outcome ON pay_private.delivery_attempt FOR EACH "
        "ROW EXECUTE FUNCTION public.refuse()");
    requests(30);
    world_.wait_until("all are with the mail server",
                      [this] { return world_.smtp().accepted() == 30; });
    EXPECT_EQ(count("state = 'committing'"), "30") << "four slots, thirty results";
    world_.wait_for_log("it is kept in memory and tried again");
    world_.sql("DROP TRIGGER refuse ON pay_private.delivery_attempt");
    world_.wait_for(sent(30));
    EXPECT_EQ(world_.smtp().accepted(), 30U);
    requests(10);
    world_.wait_for(sent(40));
    EXPECT_EQ(world_.stop(), 0) << world_.log();
}

TEST_F(HeldUpQueue, AStopSaysWhichResultsCouldNotBeStored) {
    start();
    world_.sql(
        "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
        "EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE OF outcome ON pay_private.delivery_attempt FOR EACH "
        "ROW EXECUTE FUNCTION public.refuse()");
    requests(1);
    world_.wait_for_log("it is kept in memory and tried again");
    world_.stop();
    EXPECT_NE(world_.log().find("could not store the mail server's answer (250"), std::string::npos)
        << world_.log();
    EXPECT_EQ(count("state = 'committing'"), "1");
}

TEST_F(HeldUpQueue, DoubtsOfADeadDaemonAreSettledWhileAMailWaitsForItsAnswer) {
    start();
    smtp_sim::Rule silent;
    silent.stage = Stage::dot;
    silent.act = Act::never_answer;
    silent.times = 1;
    world_.smtp().add_rule(silent);
    const auto slow = world_.request("bakery", "slow@example.com");
    world_.wait_for("(SELECT state = 'committing' FROM pay_private.delivery)");
    requests(1);
    world_.wait_for(sent(1));
    world_.sql(
        "UPDATE pay_private.delivery SET state = 'committing', lease_token = 1, leased_by = "
        "'dead', leased_until = now() - interval '1 second', accepted_at = NULL WHERE state = "
        "'sent'");
    world_.wait_for("(SELECT count(*) = 1 FROM pay_private.delivery WHERE state = 'in_doubt')", 10);
    EXPECT_EQ(count("state = 'committing' AND request_id = '" + slow + "'"), "1");
    world_.smtp().cut_all();
    EXPECT_EQ(world_.stop(), 0) << world_.log();
}

TEST_F(HeldUpQueue, AMailAccountThatIsRefusedMostlyIsHeldAndNothingMoreFails) {
    start("concurrency: 4");
    smtp_sim::Rule no;
    no.stage = Stage::rcpt;
    no.reply = smtp_sim::Reply{550, "5.7.1 no"};
    world_.smtp().add_rule(no);
    requests(200);
    world_.wait_for("(SELECT count(*) = 1 FROM pay_private.mail_account_hold)");
    const auto failed = std::stoi(count("state = 'failed'"));
    EXPECT_GE(failed, 20);
    EXPECT_LE(failed, 60);
    const auto [doctor_code, findings] = world_.ctl({"doctor"});
    EXPECT_NE(findings.find("mail account default held"), std::string::npos) << findings;
    world_.smtp().clear_rules();
    EXPECT_EQ(world_.ctl({"mail", "resume", "default"}).first, 0);
    world_.wait_for(sent(200 - failed));
    const auto [code, out] =
        world_.ctl({"mail", "requeue", "--reason", "mail_refused", "--since", "2020-01-01"});
    EXPECT_EQ(code, 0) << out;
    world_.wait_for(sent(200));

    EXPECT_EQ(world_.ctl({"mail", "hold", "default", "--reason", "a move"}).first, 0);
    EXPECT_NE(world_.ctl({"mail", "hold", "nobody", "--reason", "x"}).first, 0);
    const auto waits = world_.request("bakery", "later@example.com");
    std::this_thread::sleep_for(std::chrono::seconds(2));
    EXPECT_EQ(count("state = 'queued' AND request_id = '" + waits + "'"), "1");
    EXPECT_EQ(world_.ctl({"mail", "resume", "default"}).first, 0);
    world_.wait_for(sent(201));
    EXPECT_EQ(world_.stop(), 0) << world_.log();
}

TEST_F(HeldUpQueue, ARefusalOfTheSenderFailsNothing) {
    start();
    smtp_sim::Rule limit;
    limit.stage = Stage::mail;
    limit.reply = smtp_sim::Reply{550, "5.4.5 Daily user sending limit exceeded"};
    limit.times = 3;
    world_.smtp().add_rule(limit);
    requests(30);
    world_.wait_for(sent(30), 120);
    EXPECT_EQ(world_.sql("SELECT count(*) FROM pay.payment_request WHERE state <> 'open'"), "0");
    EXPECT_EQ(world_.stop(), 0) << world_.log();
}

TEST_F(HeldUpQueue, WaitingForAPausedAccountCostsNoClaims) {
    world_.stop_smtp();
    world_.sql(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET track_functions = pl', "
        "current_database()); END $$");
    start();
    // So many companies that one claim does not look at all of them.
    world_.sql(
        "SELECT pay.register_company('c' || i) FROM generate_series(1, 300) i;"
        "INSERT INTO pay_private.integration (account_id, company, livemode) SELECT 'acct_c' || i, "
        "'c' || i, false FROM generate_series(1, 300) i;"
        "SELECT pay_private.record_stage('acct_c' || i, 'completed', 'enabled', 'none', 'test', "
        "'r') FROM generate_series(1, 300) i;");
    requests(1);
    world_.wait_for_log("mail account default: not available");
    world_.sql(
        "INSERT INTO pay.payment_request (company, to_email, amount, currency, description) SELECT "
        "'c' || i, 'p@example.com', 100, 'usd', 'x' FROM generate_series(1, 300) i");
    const auto claims = [this] {
        return std::stoll(
            world_.sql("SELECT coalesce(max(calls), 0) FROM pg_stat_user_functions "
                       "WHERE funcname = 'due_deliveries'"));
    };
    std::this_thread::sleep_for(std::chrono::seconds(2));
    const auto before = claims();
    EXPECT_GT(before, 0);
    std::this_thread::sleep_for(std::chrono::seconds(4));
    // A pause that ends meanwhile costs a few; asking without a pause would cost hundreds.
    EXPECT_LT(claims() - before, 60);
    EXPECT_EQ(world_.stop(), 0) << world_.log();
}

TEST_F(HeldUpQueue, ASilentMailServerHoldsItsOwnSlotsOnly) {
    smtp_sim::Server second;
    world_.configure_mail(fmt::format(
        "accounts: [{{ name: second, host: 127.0.0.1, port: {}, tls: none, from: {{ address: "
        "pay@example.net, name: Second }} }}]",
        second.port()));
    smtp_sim::Rule silent;
    silent.stage = Stage::mail;
    silent.act = Act::never_answer;
    second.add_rule(silent);
    start("concurrency: 4");
    world_.connect_company("florist");
    world_.sql("UPDATE pay.company SET mail_account = 'second' WHERE company = 'florist'");
    requests(50, "florist");
    world_.wait_for(
        "(SELECT count(*) >= 4 FROM pay_private.delivery WHERE lease_token IS NOT NULL)");
    requests(40);
    world_.wait_for(sent(40), 20);
    EXPECT_EQ(count("state = 'sent' AND company = 'florist'"), "0");
    second.cut_all();
    world_.stop();
}

TEST_F(HeldUpQueue, AnAccountThatDoesNotAnswerHoldsUpNoOtherCompany) {
    start();
    world_.connect_company("florist");
    const auto slow =
        world_.sql("SELECT account_id FROM pay.integrations WHERE company = 'bakery'");
    for (const auto* path : {"/v1/payment_links", "/v1/refunds"})
        world_.stripe().faults().add(stripe_sim::Fault::from_json({{"kind", "latency"},
                                                                   {"delay_ms", 8000},
                                                                   {"method", "POST"},
                                                                   {"path", path},
                                                                   {"account", slow},
                                                                   {"times", -1}}));
    requests(40);
    world_.wait_for(
        "(SELECT count(*) >= 16 FROM pay_private.delivery WHERE lease_token IS NOT NULL)");
    requests(1, "florist");
    world_.wait_for(sent(1, "florist"));
    world_.sql(
        "SELECT pay.cancel_payment_request(request_id) FROM pay.payment_request WHERE company = "
        "'florist'");
    world_.wait_for(
        "NOT EXISTS (SELECT FROM pay_private.payment_link WHERE company = 'florist' AND active)");
    EXPECT_EQ(count("state = 'sent' AND company = 'bakery'"), "0") << "it still waits for Stripe";
}

TEST_F(HeldUpQueue, AccountsThatDoNotAnswerDelayNoPaymentOfOthers) {
    world_.configure_reconciliation("every: 1s\n    concurrency: 4");
    start();
    world_.connect_company("butcher");
    world_.connect_company("florist");
    for (const auto* company : {"bakery", "butcher"}) {
        const auto account =
            world_.sql(std::string("SELECT account_id FROM pay.integrations WHERE company = '") +
                       company + "'");
        world_.stripe().faults().add(stripe_sim::Fault::from_json(
            {{"kind", "latency"}, {"delay_ms", 45000}, {"account", account}, {"times", -1}}));
        requests(40, company);
        world_.wait_for(
            fmt::format("(SELECT count(*) >= 8 FROM pay_private.delivery WHERE company "
                        "= '{}' AND lease_token IS NOT NULL)",
                        company));
    }
    const auto request = world_.request("florist", "client@example.com");
    world_.wait_for(sent(1, "florist"), 40);
    world_.pay_from_mail(request);
    world_.wait_for("(SELECT state = 'paid' FROM pay.payment_requests WHERE company = 'florist')",
                    40);
    EXPECT_EQ(count("state = 'sent' AND company <> 'florist'"), "0") << "they wait for Stripe";
}

}  // namespace
}  // namespace paysync::test
