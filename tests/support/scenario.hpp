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

/// A complete environment for the real daemon: a database, Stripe, a mail server, a configuration,
/// and paysyncd itself. End-to-end tests create one, configure it, start() the daemon, act as the
/// application, and wait for rows.
class Scenario {
public:
    /// `dsn` is an existing database to use instead of a new one.
    explicit Scenario(std::string dsn = "");
    ~Scenario();
    Scenario(const Scenario&) = delete;
    Scenario& operator=(const Scenario&) = delete;

    stripe_sim::Server& stripe() { return stripe_; }
    smtp_sim::Server& smtp() { return *smtp_; }
    const std::string& dsn() const { return dsn_; }

    /// Runs paysyncctl as an operator; returns its exit code and all that it printed.
    std::pair<int, std::string> ctl(std::vector<std::string> arguments) const;
    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path config_path() const { return folder_ / "paysync.yaml"; }

    /// The platform's secret key in this scenario.
    static std::string key();

    /// The configure functions below must be called before the daemon starts. This one sets
    /// `leases`.
    void configure_leases(const std::string& yaml) { leases_ = yaml; }
    /// Calls to Stripe per second, and the log level.
    void configure_pace(int requests_per_second) { pace_ = requests_per_second; }
    void configure_log(const std::string& level) { log_level_ = level; }
    /// More lines for `stripe`.
    void configure_stripe(const std::string& yaml) { stripe_section_ = yaml; }
    /// More lines for `jobs.onboarding`.
    void configure_onboarding(const std::string& yaml) { onboarding_ = yaml; }
    /// The pause between sweeps of all accounts.
    void configure_sweep(const std::string& every) { sweep_every_ = every; }
    /// More lines for `jobs.payment_requests`.
    void configure_payment_requests(const std::string& yaml) { payment_requests_ = yaml; }
    /// Periods as in production, so that the jobs are woken by notifications.
    void configure_long_periods() {
        hot_every_ = "5s";
        sweep_every_ = requests_every_ = "30s";
    }
    /// The lines of `jobs.reconciliation`.
    void configure_reconciliation(const std::string& yaml) { reconciliation_ = yaml; }
    /// The lines about the mail server besides its host and port; `tls: none` by default.
    void configure_smtp(const std::string& yaml) { smtp_section_ = yaml; }
    /// More lines for `mail`.
    void configure_mail(const std::string& yaml) { mail_ = yaml; }
    /// The message bus that the daemon and paysyncctl use; none by default.
    void configure_bus(const std::string& address) { bus_address_ = address; }
    /// Writes the configuration as it is now; start() does so, too.
    void write_config();
    /// The options of the mail server that the next start_smtp() makes; its port stays.
    smtp_sim::Options& smtp_options() { return smtp_options_; }
    /// Stops the mail server; start_smtp() starts one at the same port.
    void stop_smtp();
    void start_smtp();

    /// Starts paysyncd; `crash_at` names a crash point.
    void start(const std::string& crash_at = "");
    Process& daemon() { return *daemon_; }
    /// Sends SIGTERM and returns the exit code.
    int stop();
    /// Sends SIGKILL.
    void kill();
    /// The output of paysyncd so far.
    std::string log() const;

    /// The first column of the statement's first row; empty for no row or NULL.
    std::string sql(const std::string& statement) const;
    /// Waits until the condition (an SQL expression) is true. After `seconds` it fails the test and
    /// prints the daemon's log.
    void wait_for(const std::string& condition, int seconds = 60);
    /// Waits until `condition` returns true. After a minute it fails the test and prints the
    /// daemon's log.
    template <typename F>
    void wait_until(const char* what, F condition) const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what << "\n" << log();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    /// Waits until the daemon's log contains `text`.
    void wait_for_log(const std::string& text);

    /// Connects a company to a new account and onboards it, by the daemon's own work.
    void connect_company(const std::string& company);
    /// Calls an onboarding function, waits for the end of the command and returns its id.
    std::string command(const std::string& call);
    /// The account's owner fills in and submits the form behind a command's link.
    void submit_onboarding(const std::string& command_id);
    /// Queues a payment request and returns its id.
    std::string request(const std::string& company, const std::string& email,
                        std::int64_t amount = 1250, const std::string& currency = "usd");
    /// The messages of the request that the mail server accepted.
    smtp_sim::Accepted mails_of(const std::string& request_id) const;
    /// Pays the link of a request as a client would, from the received message.
    void pay_from_mail(const std::string& request_id);

private:
    std::unique_ptr<TempDatabase> database_;
    std::string dsn_;
    std::string service_dsn_;  // the daemon's
    // Kept open, since connecting costs more than the statements of a waiting test.
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
