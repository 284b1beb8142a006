// SPDX-License-Identifier: MIT
#pragma once

#include "tests/smtp_sim/server.hpp"
#include "tests/stripe_sim/server.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace paysync::test {

/// A whole world for the real daemon: a database, Stripe, a mail server, a configuration, and
/// paysyncd itself.
class Scenario {
public:
    /// `dsn` names another database than the scenario's own, which then is not made.
    explicit Scenario(std::string dsn = "");
    ~Scenario();
    Scenario(const Scenario&) = delete;
    Scenario& operator=(const Scenario&) = delete;

    stripe_sim::Server& stripe() { return stripe_; }
    smtp_sim::Server& smtp() { return *smtp_; }
    const std::string& dsn() const { return dsn_; }

    /// Runs paysyncctl as an operator; yields its exit code and all that it printed.
    std::pair<int, std::string> ctl(std::vector<std::string> arguments) const;
    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path config_path() const { return folder_ / "paysync.yaml"; }

    /// The platform's secret key in this scenario.
    static std::string key();

    /// How long claimed rows belong to the daemon, before it starts.
    void configure_leases(const std::string& yaml) { leases_ = yaml; }
    /// Calls to Stripe a second, and how much the daemon says, before it starts.
    void configure_pace(int requests_per_second) { pace_ = requests_per_second; }
    void configure_log(const std::string& level) { log_level_ = level; }
    /// More lines for `stripe`, before the daemon starts.
    void configure_stripe(const std::string& yaml) { stripe_section_ = yaml; }
    /// More lines for `jobs.onboarding`, before the daemon starts.
    void configure_onboarding(const std::string& yaml) { onboarding_ = yaml; }
    /// The pause between sweeps of all accounts, before the daemon starts.
    void configure_sweep(const std::string& every) { sweep_every_ = every; }
    /// More lines for `jobs.payment_requests`, before the daemon starts.
    void configure_payment_requests(const std::string& yaml) { payment_requests_ = yaml; }
    /// Periods as in production, before the daemon starts: then it is the channels that wake the
    /// jobs.
    void configure_long_periods() {
        hot_every_ = "5s";
        sweep_every_ = requests_every_ = "30s";
    }
    /// The lines of `jobs.reconciliation`, before the daemon starts.
    void configure_reconciliation(const std::string& yaml) { reconciliation_ = yaml; }
    /// What is said about the mail server, besides its host and port; `tls: none` without.
    void configure_smtp(const std::string& yaml) { smtp_section_ = yaml; }
    /// More lines for `mail`, before the daemon starts.
    void configure_mail(const std::string& yaml) { mail_ = yaml; }
    /// The message bus that the daemon and paysyncctl use, before the daemon starts; none without.
    void configure_bus(const std::string& address) { bus_address_ = address; }
    /// Writes the configuration as it is described now; start() does so too.
    void write_config();
    /// How the next start_smtp() makes the mail server; its port stays.
    smtp_sim::Options& smtp_options() { return smtp_options_; }
    /// The mail server goes away, with its address; start_smtp() brings one back at the same port.
    void stop_smtp();
    void start_smtp();

    /// Starts paysyncd; `crash_at` names a crash point.
    void start(const std::string& crash_at = "");
    Process& daemon() { return *daemon_; }
    /// SIGTERM, and the exit code.
    int stop();
    /// SIGKILL.
    void kill();
    /// What paysyncd has said so far.
    std::string log() const;

    /// The first field of the statement's first row, empty for no row or NULL.
    std::string sql(const std::string& statement) const;
    /// Waits until the condition (an SQL expression) is true. Fails the test, with the daemon's
    /// log, after a minute.
    void wait_for(const std::string& condition, int seconds = 60);
    /// Waits until `condition` yields true. Fails the test, with the daemon's log, after a minute.
    template <typename F>
    void wait_until(const char* what, F condition) const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what << "\n" << log();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    /// Waits until the daemon's log holds `text`.
    void wait_for_log(const std::string& text);

    /// A company whose Stripe account is completed, by the daemon's own work.
    void connect_company(const std::string& company);
    /// Carries out one onboarding function and yields the command's id, once it has ended.
    std::string command(const std::string& call);
    /// The account's owner fills in and submits the form behind a command's link.
    void submit_onboarding(const std::string& command_id);
    /// Queues a payment request and yields its id.
    std::string request(const std::string& company, const std::string& email,
                        std::int64_t amount = 1250, const std::string& currency = "usd");
    /// The mails that asked for it, as the mail server took them.
    smtp_sim::Accepted mails_of(const std::string& request_id) const;
    /// Pays the link of a request as a client would, from the mail that was received.
    void pay_from_mail(const std::string& request_id);

private:
    std::unique_ptr<TempDatabase> database_;
    std::string dsn_;
    std::string service_dsn_;  // the daemon's
    // Kept, since a connection costs more than the statements that a test waits by.
    mutable std::mutex connection_lock_;
    mutable std::unique_ptr<pqxx::connection> connection_;
    std::filesystem::path folder_;
    stripe_sim::Server stripe_;
    smtp_sim::Options smtp_options_;
    std::unique_ptr<smtp_sim::Server> smtp_;
    std::string stripe_section_;
    int pace_ = 1000;
    std::string leases_ = "duration: 3s, renew: 1s";
    std::string log_level_ = "debug";
    std::string onboarding_;
    std::string sweep_every_ = "1s";
    std::string hot_every_ = "200ms";
    std::string requests_every_ = "500ms";
    std::string payment_requests_;
    std::string smtp_section_ = "tls: none";
    std::string mail_;
    std::string bus_address_;
    std::string reconciliation_ = "every: 500ms";
    std::unique_ptr<Process> daemon_;
};

}  // namespace paysync::test
