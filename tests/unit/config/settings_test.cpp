// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "tests/unit/config/files.hpp"

#include <fmt/format.h>

namespace paysync::config::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kMail = "mail: { from: { address: billing@example.com } }\n";

/// The required keys, with the API key in a file, and more lines of the section `stripe`.
std::string settings(const std::filesystem::path& key, const std::string& stripe) {
    return fmt::format(
        "database: {{ dsn: dbname=x }}\nsmtp: {{ host: localhost }}\n{}"
        "stripe:\n  api_key: {{ file: {} }}\n{}",
        kMail, key.string(), stripe);
}

Config read(const std::string& text) {
    return read_config(Document::parse("f.yaml", text));
}

TEST(ConfigSettings, HaveTheDefaultsOfTheReference) {
    const Config config = read(settings("/k", "  livemode: false\n"));
    EXPECT_EQ(config.database.dsn, "dbname=x");
    EXPECT_FALSE(config.database.password.has_value());
    EXPECT_EQ(config.database.workers, 4);
    EXPECT_EQ(config.database.statement_timeout, 30s);
    EXPECT_EQ(config.database.connect_timeout, 5s);
    EXPECT_EQ(config.stripe.api_base, "https://api.stripe.com");
    EXPECT_EQ(config.stripe.connect_base, "https://connect.stripe.com");
    EXPECT_EQ(config.stripe.api_version, "2026-10-28.endive");
    EXPECT_EQ(config.stripe.requests_per_second, 5);
    EXPECT_EQ(config.stripe.max_in_flight, 8);
    EXPECT_EQ(config.stripe.timeout, 80s);
    EXPECT_FALSE(config.stripe.allow_unrestricted_key);
    EXPECT_EQ(config.mail.accounts.at(0).port, 587);
    EXPECT_EQ(config.mail.accounts.at(0).tls, MailAccount::Tls::starttls);
    EXPECT_EQ(config.mail.accounts.at(0).timeout, 60s);
    EXPECT_EQ(config.mail.accounts.at(0).max_connections, 8);
    EXPECT_EQ(config.mail.accounts.at(0).idle, 30s);
    EXPECT_EQ(config.mail.from.name, "");
    EXPECT_EQ(config.mail.message_id_domain, "example.com");
    EXPECT_EQ(config.leases.duration, 60s);
    EXPECT_EQ(config.leases.renew, 20s);
    EXPECT_EQ(config.runs.keep, 720h);
    EXPECT_EQ(config.log.level, "info");
    EXPECT_EQ(config.log.target, Log::Target::automatic);
}

TEST(ConfigSettings, ListTheThreeJobsEvenWithoutTheirSections) {
    const Config config = read(settings("/k", "  livemode: false\n"));
    ASSERT_EQ(config.jobs.size(), 3U);
    EXPECT_EQ(config.job("onboarding").every, 5min);
    EXPECT_EQ(config.job("payment_requests").every, 2s);
    EXPECT_EQ(config.job("reconciliation").every, 1min);
    for (const auto& job : config.jobs) {
        EXPECT_TRUE(job.enabled);
        EXPECT_EQ(job.jitter_percent, 10);
        EXPECT_EQ(job.section.path(), "jobs." + job.name);
        EXPECT_EQ(error_of([&] { job.section.finish(); }), "no error");
    }
    EXPECT_THROW(config.job("refunds"), std::out_of_range);
}

TEST(ConfigSettings, LeaveTheKeysOfAJobToTheJob) {
    Config config = read(settings("/k", "  livemode: false\n") +
                         "jobs:\n  reconciliation:\n    enabled: false\n    every: 3s\n"
                         "    jitter: 0\n    overlap: 15m\n    ovrlap: 1m\n");
    const Job job = std::move(config.jobs[2]);
    config = read(settings("/k", "  livemode: false\n"));
    EXPECT_FALSE(job.enabled);
    EXPECT_EQ(job.every, 3s);
    EXPECT_EQ(job.jitter_percent, 0);
    EXPECT_EQ(job.section.duration("overlap", 1min, 1s, 1h), 15min);
    EXPECT_EQ(error_of([&] { job.section.finish(); }),
              "f.yaml:13:5: jobs.reconciliation: unknown key 'ovrlap' (did you mean 'overlap'?)");
}

TEST(ConfigSettings, LimitStripeCallsByMode) {
    EXPECT_EQ(read(settings("/k", "  livemode: true\n")).stripe.requests_per_second, 20);
    EXPECT_EQ(read(settings("/k", "  livemode: true\n  requests_per_second: 7\n"))
                  .stripe.requests_per_second,
              7);
}

TEST(ConfigSettings, DropTheTrailingSlashOfABaseUrl) {
    const Config config = read(settings(
        "/k", "  livemode: false\n  api_base: http://[::1]:99/\n  connect_base: https://a/\n"));
    EXPECT_EQ(config.stripe.api_base, "http://[::1]:99");
    EXPECT_EQ(config.stripe.connect_base, "https://a");
}

TEST(ConfigSettings, ChooseThePortByTls) {
    const auto port = [](const std::string& smtp) {
        return read(
                   "database: { dsn: dbname=x }\nstripe: { api_key: { file: /k }, livemode: false "
                   "}\n" +
                   std::string(kMail) + "smtp: { host: localhost" + smtp + " }\n")
            .mail.accounts.at(0)
            .port;
    };
    EXPECT_EQ(port(", tls: implicit"), 465);
    EXPECT_EQ(port(", tls: starttls"), 587);
    EXPECT_EQ(port(", tls: none"), 25);
    EXPECT_EQ(port(", tls: none, port: 2525"), 2525);
}

TEST(ConfigSettings, PutAnIpv6HostInBrackets) {
    for (const auto* host : {"::1", "'[::1]'"}) {
        EXPECT_EQ(read(fmt::format("database: {{ dsn: dbname=x }}\n{}smtp: {{ host: {} }}\n"
                                   "stripe: {{ api_key: {{ file: /k }}, livemode: false }}\n",
                                   kMail, host))
                      .mail.accounts.at(0)
                      .host,
                  "[::1]");
    }
}

TEST(ConfigSettings, RenewLeasesAtAThirdOfTheirDuration) {
    const std::string rest = settings("/k", "  livemode: false\n");
    EXPECT_EQ(read(rest + "leases: { duration: 3s }\n").leases.renew, 1s);
    EXPECT_EQ(read(rest + "leases: { duration: 4s, renew: 2s }\n").leases.renew, 2s);
}

class ConfigStripeKey : public testing::Test {
protected:
    std::string outcome(const std::string& key, const std::string& stripe) const {
        const Config config = read(settings(folder_.write("key", key), stripe));
        std::string revealed;
        const std::string error = error_of([&] { revealed = config.stripe.key(); });
        EXPECT_EQ(error.find(key), std::string::npos) << "the error repeats the key";
        if (error == "no error")
            return revealed == key ? "taken" : "changed";
        const std::string source = "file " + (folder_.path() / "key").string();
        const auto at = error.find(source);
        return at == std::string::npos ? error : error.substr(at + source.size() + 1);
    }

    TempFolder folder_;
};

TEST_F(ConfigStripeKey, MustMatchTheMode) {
    EXPECT_EQ(outcome("rk_live_paysync1", "  livemode: true\n"), "taken");
    EXPECT_EQ(outcome("rk_test_paysync1", "  livemode: false\n"), "taken");
    EXPECT_EQ(outcome("sk_test_paysync1", "  livemode: false\n"), "taken");
    EXPECT_EQ(outcome("sk_test_paysync1", "  livemode: true\n"),
              "contains a test key, but stripe.livemode is true");
    EXPECT_EQ(outcome("rk_live_paysync1", "  livemode: false\n"),
              "contains a live key, but stripe.livemode is false");
}

TEST_F(ConfigStripeKey, MustBeRestrictedInLiveMode) {
    EXPECT_EQ(outcome("sk_live_paysync1", "  livemode: true\n"),
              "contains an unrestricted live key; create a restricted one (rk_live_…) or set "
              "stripe.allow_unrestricted_key: true");
    EXPECT_EQ(outcome("sk_live_paysync1", "  livemode: true\n  allow_unrestricted_key: true\n"),
              "taken");
    EXPECT_EQ(outcome("sk_live_paysync1", "  livemode: false\n  allow_unrestricted_key: true\n"),
              "contains a live key, but stripe.livemode is false");
}

TEST_F(ConfigStripeKey, MustBeAStripeKey) {
    for (const auto* key :
         {"pk_test_paysync1", "whsec_paysync1", "sk_paysync1", "test_paysync1", "nonsense",
          "sk_test_pay sync", "sk_test_pay\"sync", "Bearer sk_test_paysync1"}) {
        EXPECT_EQ(outcome(key, "  livemode: false\n"),
                  "does not contain a Stripe key (rk_live_…, sk_live_…, rk_test_… or sk_test_…)")
            << key;
    }
}

TEST(ConfigCheckFiles, ReadsSecretsAndChecksFiles) {
    const TempFolder folder;
    const auto key = folder.write("key", "rk_test_paysync1\n");
    const auto ca = folder.write("ca.pem", "certificates\n");
    const auto outcome = [&](const std::string& ca_file, const std::string& templates) {
        const Config config = read(fmt::format(
            "database: {{ dsn: dbname=x, password: {{ file: {0}/database }} }}\n"
            "smtp: {{ host: localhost, user: u, password: {{ file: {0}/smtp }}, ca_file: {1} }}\n"
            "mail: {{ from: {{ address: a@example.com }}, templates: {2} }}\n"
            "stripe: {{ api_key: {{ file: {3} }}, livemode: false }}\n",
            folder.path().string(), ca_file, templates, key.string()));
        return error_of([&] { check_files(config); });
    };
    const std::string here = folder.path().string();

    EXPECT_EQ(outcome(ca, here), "f.yaml:1:38: database.password: file " + here +
                                     "/database: cannot open: No such file or directory");
    folder.write("database", "hunter2");
    EXPECT_EQ(outcome(ca, here), "f.yaml:2:45: smtp.password: file " + here +
                                     "/smtp: cannot open: No such file or directory");
    folder.write("smtp", "hunter2");
    EXPECT_EQ(outcome(ca, here), "no error");

    const std::string error = outcome(here, here);
    EXPECT_NE(error.find(": smtp.ca_file: file " + here + ": is a directory"), std::string::npos)
        << error;
    const std::string other = outcome(ca, ca);
    EXPECT_NE(other.find(": mail.templates: directory " + ca.string() + ": Not a directory"),
              std::string::npos)
        << other;
    folder.write("key", "rk_live_paysync1\n");
    EXPECT_NE(outcome(ca, here).find("contains a live key"), std::string::npos);
}

}  // namespace
}  // namespace paysync::config::test
