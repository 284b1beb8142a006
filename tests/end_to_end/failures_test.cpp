// SPDX-License-Identifier: MIT
#include "jobs/schema/schema.hpp"
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <thread>

/// Rows that cannot be processed, servers that are down, a database that goes away.
namespace paysync::test {
namespace {

using namespace std::chrono_literals;

std::size_t count_in(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
        ++count;
    return count;
}

std::string outcome_of(const Scenario& world, const std::string& request) {
    return world.sql(
        "SELECT state || '/' || delivery || '/' || coalesce(reason_code, '') FROM "
        "pay.payment_requests "
        "WHERE request_id = '" +
        request + "'");
}

TEST(Failures, OneBadRowDoesNotBlockTheRowsBehindIt) {
    Scenario world;
    smtp_sim::Rule refuse;
    refuse.stage = smtp_sim::Stage::rcpt;
    refuse.recipient = "unknown@example.com";
    refuse.reply = smtp_sim::Reply{550, "5.1.1 no such mailbox"};
    world.smtp().add_rule(refuse);
    world.start();
    world.connect_company("bakery");
    world.sql("SELECT pay.register_company('stranger', 'Never connected')");
    const auto stranger = world.request("stranger", "client@example.com");
    const auto refused = world.request("bakery", "unknown@example.com");
    world.sql(
        "INSERT INTO pay.suppression (email, reason) VALUES ('gone@example.com', 'asked us to "
        "stop')");
    const auto suppressed = world.request("bakery", "gone@example.com");
    const auto good = world.request("bakery", "client@example.com");
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                   good + "')");
    world.wait_for("(SELECT count(*) = 3 FROM pay.payment_requests WHERE state = 'failed')");
    EXPECT_EQ(outcome_of(world, stranger), "failed/failed/company_not_connected");
    EXPECT_EQ(outcome_of(world, refused), "failed/failed/mail_refused");
    EXPECT_EQ(outcome_of(world, suppressed), "failed/suppressed/suppressed");
    EXPECT_NE(world
                  .sql("SELECT reason_text FROM pay.payment_requests WHERE request_id = '" +
                       refused + "'")
                  .find("5.1.1"),
              std::string::npos);
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.suppression WHERE email = 'unknown@example.com'"),
              "1");
    // The link of the refused request must not stay payable.
    world.wait_for("(SELECT NOT active FROM pay_private.payment_link WHERE request_id = '" +
                   refused + "')");
    EXPECT_EQ(world.smtp().messages().size(), 1U);
}

TEST(Failures, AMailServerThatIsDownIsWaitedFor) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    world.stop_smtp();
    const auto request = world.request("bakery", "client@example.com");
    world.wait_for_log("mail account default: not available");
    EXPECT_EQ(world.sql("SELECT state FROM pay.payment_requests"), "open");
    world.start_smtp();
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                   request + "')");
    EXPECT_EQ(world.mails_of(request).count, 1U);
}

TEST(Failures, ADeliveryInDoubtIsShownAndNotRepeated) {
    Scenario world;
    smtp_sim::Rule cut;
    cut.stage = smtp_sim::Stage::accepted;
    cut.act = smtp_sim::Act::cut_before_reply;
    cut.times = 1;
    world.smtp().add_rule(cut);
    world.start();
    world.connect_company("bakery");
    const auto request = world.request("bakery", "client@example.com");
    world.wait_for("(SELECT delivery = 'in_doubt' FROM pay.payment_requests WHERE request_id = '" +
                   request + "')");
    const auto behind = world.request("bakery", "other@example.com");
    world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                   behind + "')");
    EXPECT_EQ(outcome_of(world, request), "open/in_doubt/in_doubt");
    EXPECT_EQ(world.mails_of(request).count, 1U);
    const auto [code, out] = world.ctl({"mail", "resolve", request, "--sent"});
    EXPECT_EQ(code, 0) << out;
    EXPECT_EQ(outcome_of(world, request), "open/sent/");
}

TEST(Failures, ADeferredDeliveryIsRetriedWithTheSameBytes) {
    Scenario world;
    world.configure_payment_requests("first_retry: 1s\n    last_retry: 1s");
    smtp_sim::Rule later;
    later.stage = smtp_sim::Stage::dot;
    later.times = 1;
    later.reply = smtp_sim::Reply{451, "4.3.0 try again later"};
    world.smtp().add_rule(later);
    world.start();
    world.connect_company("bakery");
    const auto request = world.request("bakery", "client@example.com");
    world.wait_for(
        "(SELECT delivery = 'sent' AND attempts = 1 FROM pay.payment_requests WHERE request_id = "
        "'" +
        request + "')");
    const auto attempts = world.smtp().attempts();
    ASSERT_EQ(attempts.size(), 2U);
    EXPECT_EQ(attempts[0].digest, attempts[1].digest) << "the same bytes each time";
}

TEST(Failures, CancelledAndExpiredRequestsSwitchTheirLinksOff) {
    Scenario world;
    world.start();
    world.connect_company("bakery");
    const auto cancelled = world.request("bakery", "client@example.com");
    const auto expiring = world.request("bakery", "other@example.com");
    world.wait_for("(SELECT count(*) = 2 FROM pay.payment_requests WHERE delivery = 'sent')");
    world.sql("SELECT pay.cancel_payment_request('" + cancelled + "')");
    world.sql(
        "UPDATE pay.payment_request SET expires_at = now() + interval '1 second' WHERE request_id "
        "= '" +
        expiring + "'");
    world.wait_for(
        "(SELECT count(*) = 2 FROM pay_private.payment_link WHERE NOT active AND verified_at IS "
        "NOT NULL)");
    EXPECT_EQ(outcome_of(world, cancelled).substr(0, 9), "cancelled");
    EXPECT_EQ(outcome_of(world, expiring).substr(0, 7), "expired");
}

/// A cluster for this test, which may be killed.
class DatabaseOutage : public testing::Test {
protected:
    DatabaseOutage() {
        act("start");
        std::ifstream(folder_ / "where") >> socket_;
        run_program({"/usr/bin/createdb", "-h", socket_, "-p", "5432", "-U", "paysync", "paysync"});
        db::migrate(dsn(), schema::current(), false, [](const auto&) {});
    }
    ~DatabaseOutage() override { act("stop"); }
    void act(const std::string& what) {
        const auto [code, out] =
            run_program({PAYSYNC_SOURCE_DIR "/scripts/cluster", what, folder_.string()});
        if (code != 0)
            throw std::runtime_error("cluster " + what + ": " + out);
    }
    std::string dsn() const { return "host=" + socket_ + " port=5432 user=paysync dbname=paysync"; }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("paysync-outage." + std::to_string(::getpid()));
    std::string socket_;
};

TEST_F(DatabaseOutage, AtTheStartIsLoggedOnceAndWaitedFor) {
    Scenario world(dsn());
    act("kill");
    world.start();
    world.wait_for_log("database: does not answer");
    std::this_thread::sleep_for(5s);
    EXPECT_EQ(count_in(world.log(), "database: does not answer"), 1U) << world.log();
    EXPECT_TRUE(world.daemon().running());
    act("start");
    world.connect_company("bakery");
    EXPECT_EQ(world.stop(), 0);
}

TEST_F(DatabaseOutage, WhileRunningLosesNothing) {
    Scenario world(dsn());
    smtp_sim::Rule slow;
    slow.stage = smtp_sim::Stage::dot;
    slow.delay = 300ms;
    world.smtp().add_rule(slow);
    world.start();
    world.connect_company("bakery");
    for (int i = 0; i < 40; ++i)
        world.request("bakery", "client" + std::to_string(i) + "@example.com");
    world.wait_for("(SELECT count(*) > 3 FROM pay.payment_requests WHERE delivery = 'sent')");
    act("kill");
    world.wait_for_log("database: does not answer");
    std::this_thread::sleep_for(4s);
    act("start");
    world.wait_for("NOT EXISTS (SELECT FROM pay.payment_requests WHERE delivery <> 'sent')", 90);
    world.wait_for_log("database: answers again");
    EXPECT_EQ(count_in(world.log(), "database: does not answer"), 1U) << world.log();
    EXPECT_EQ(count_in(world.log(), "database: answers again"), 1U);
    const auto delivered = world.smtp().accepted_by_header("X-Paysync-Request");
    EXPECT_EQ(delivered.size(), 40U);
    for (const auto& [request, accepted] : delivered)
        EXPECT_EQ(accepted.count, 1U) << request;
    EXPECT_EQ(world.stop(), 0);
}

/// The walk in memory continues after the stored pages, so the server must not lose them (decision
/// 0015).
TEST_F(DatabaseOutage, APageReadBeforeItIsStoredAfterwards) {
    Scenario world(dsn());
    world.configure_pace(30);
    world.start();
    world.connect_company("bakery");
    const auto account = world.sql("SELECT account_id FROM pay.integrations");
    world.wait_for(
        "(SELECT count(*) = 6 FROM pay_private.stream WHERE last_completed_at IS NOT NULL)");
    world.stripe().world().generate({{"charges", 8000}, {"account", account}});
    world.sql(
        "UPDATE pay_private.stream SET watermark = NULL, walk_from = '2000-01-01', "
        "walk_started_at = now(), next_run_at = now() WHERE stream = 'charges'");
    for (const auto* many : {"1000", "3000", "5000"}) {
        world.wait_for(std::string("(SELECT count(*) > ") + many + " FROM pay_private.charge)");
        act("kill");
        act("start");
    }
    world.wait_for("(SELECT count(*) = 8000 FROM pay_private.charge)", 90);
    world.wait_for(
        "(SELECT watermark IS NOT NULL AND walk_from IS NULL FROM pay_private.stream "
        "WHERE stream = 'charges')");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.charge_history"), "8000");
    EXPECT_EQ(world.sql("SELECT string_agg(invariant || ' ' || subject || ' ' || evidence, '; ') "
                        "FROM pay_private.violation WHERE invariant IN ('INV-01', 'INV-03', "
                        "'INV-04', 'INV-05', 'INV-09', 'INV-10')"),
              "");
    EXPECT_EQ(world.stop(), 0);
}

TEST(Startup, RefusesABadConfigurationAndNamesThePlace) {
    Scenario world;
    world.configure_payment_requests("concurency: 7");
    world.start();
    EXPECT_EQ(world.daemon().wait(), 78) << world.log();
    EXPECT_TRUE(std::regex_search(
        world.log(),
        std::regex("paysync.yaml:\\d+:\\d+: jobs.payment_requests.*concurency.*concurrency")))
        << world.log();
    const auto [code, out] = run_program({PAYSYNCD, "--nonsense"});
    EXPECT_EQ(code, 64) << out;
}

TEST(Startup, RefusesADatabaseWithoutItsSchema) {
    TempDatabase empty(TempDatabase::Contents::empty);
    Scenario world(empty.dsn());
    world.start();
    EXPECT_EQ(world.daemon().wait(), 78);
    EXPECT_NE(world.log().find("run 'paysyncctl migrate'"), std::string::npos) << world.log();
    const auto ctl = [&](const std::string& option) {
        std::vector<std::string> command = {PAYSYNCCTL, "--config", world.config_path().string(),
                                            "--user",   "paysync",  "migrate"};
        if (!option.empty())
            command.push_back(option);
        return run_program(command);
    };
    EXPECT_EQ(ctl("--dry-run").first, 0);
    EXPECT_EQ(world.sql("SELECT to_regnamespace('pay_private')"), "") << "a dry run writes nothing";
    EXPECT_EQ(ctl("").first, 0);
    world.start();
    world.wait_for_log("paysyncd 0.");
    EXPECT_EQ(world.stop(), 0) << world.log();
}

TEST(Startup, RefusesARoleThatIsNotTheDaemons) {
    Scenario world;
    world.start();
    world.wait_for_log("paysyncd 0.");
    ASSERT_EQ(world.stop(), 0);
    std::ifstream file(world.config_path());
    std::string config{std::istreambuf_iterator<char>(file), {}};
    config.replace(config.find(kServiceRole), std::string(kServiceRole).size(), kOperatorRole);
    std::ofstream(world.config_path()) << config;
    const auto [code, log] = run_program({PAYSYNCD, "--config", world.config_path().string()});
    EXPECT_EQ(code, 78);
    EXPECT_NE(log.find("is no member of pay_daemon: run: GRANT pay_daemon TO"), std::string::npos)
        << log;
}

TEST(Startup, TellsSystemdWhenReadyAndWhenStopping) {
    Scenario world;
    const auto path = world.folder() / "notify";
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.native().begin(), path.native().end(), address.sun_path);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "200000", 1);
    world.start();
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    std::string said;
    int watchdogs = 0;
    while (said.find("READY=1") == std::string::npos || watchdogs < 3) {
        char buffer[4096];
        const auto size = ::recv(socket, buffer, sizeof buffer, 0);
        ASSERT_GT(size, 0);
        const std::string message(buffer, static_cast<std::size_t>(size));
        watchdogs += message == "WATCHDOG=1";
        said += message + "\n";
    }
    EXPECT_NE(said.find("STATUS="), std::string::npos);
    world.daemon().signal(SIGTERM);
    while (said.find("STOPPING=1") == std::string::npos) {
        char buffer[4096];
        const auto size = ::recv(socket, buffer, sizeof buffer, 0);
        ASSERT_GT(size, 0);
        said.append(buffer, static_cast<std::size_t>(size));
    }
    EXPECT_EQ(world.daemon().wait(), 0);
    ::close(socket);
}

}  // namespace
}  // namespace paysync::test
