// SPDX-License-Identifier: MIT
// Measures how long a command takes in an idle daemon, from its INSERT to the notification that it
// is done. It compares this with a bare loop of the same Stripe calls and the same number of
// commits. It prints numbers and never fails because of them.
#include "tests/bench/child.hpp"
#include "tests/bench/page_client.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_database.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bench::Child;
using bench::PageClient;
using Clock = std::chrono::steady_clock;

constexpr const char* kKey = "sk_test_paysync_000000000000";

class Done final : public pqxx::notification_receiver {
public:
    explicit Done(pqxx::connection& connection)
        : notification_receiver(connection, "pay_command_done") {}
    void operator()(const std::string&, int) override { ++heard; }
    int heard = 0;
};

/// A configuration in which the daemon starts no work by itself.
std::filesystem::path write_config(const std::filesystem::path& folder, const std::string& dsn,
                                   const std::string& stripe) {
    const auto key_file = folder / "stripe-key";
    const auto config = folder / "paysync.yaml";
    std::ofstream(key_file) << kKey << '\n';
    std::ofstream(config) << fmt::format(R"(
database: {{ dsn: "{0}" }}
stripe:
  api_key: {{ file: {1} }}
  api_base: {2}
  connect_base: {2}
  files_base: {2}
  livemode: false
  requests_per_second: 10000
smtp: {{ host: 127.0.0.1, port: 2525, tls: none }}
mail:
  from: {{ address: billing@example.com }}
log: {{ level: warning, target: stderr }}
jobs:
  onboarding:
    every: 1d
    hot_every: 1h
    return_url: {2}/returned
    refresh_url: {2}/refresh
  payment_requests: {{ enabled: false }}
  reconciliation: {{ enabled: false }}
)",
                                         dsn, key_file.string(), stripe);
    for (const auto& file : {key_file, config})
        std::filesystem::permissions(
            file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return config;
}

std::string call(const std::string& method, const std::string& path, const std::string& key,
                 const std::string& body) {
    auto out = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
               kKey + "\r\nStripe-Version: 2026-10-28.endive\r\n";
    if (method == "POST")
        out += fmt::format(
            "Idempotency-Key: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: {}\r\n",
            key, body.size());
    return out + "\r\n" + body;
}

class Times {
public:
    void measure(const std::function<void()>& work) {
        const auto began = Clock::now();
        work();
        times_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    }
    double at(double share) {
        std::sort(times_.begin(), times_.end());
        const auto last = static_cast<double>(times_.size() - 1);
        return times_.at(static_cast<std::size_t>(share * last));
    }

private:
    std::vector<double> times_;
};

class Bench {
public:
    explicit Bench(int rounds) : rounds_(rounds), simulator_({STRIPE_SIM, "--seed", "7"}) {
        char name[] = "/tmp/paysync-bench.XXXXXX";
        if (::mkdtemp(name) == nullptr)
            throw std::runtime_error("mkdtemp failed");
        folder_ = name;
        const auto& line = simulator_.first_line();
        port_ = std::stoi(line.substr(line.rfind(':') + 1));
        const auto config =
            write_config(folder_, database_.dsn(), fmt::format("http://127.0.0.1:{}", port_));
        stripe_ = std::make_unique<PageClient>(port_);
        connection_ = std::make_unique<pqxx::connection>(database_.dsn());
        done_ = std::make_unique<Done>(*connection_);
        const std::vector<std::string> command = {PAYSYNCD, "--config", config.string()};
        daemon_ = std::make_unique<paysync::test::Process>(
            command, std::map<std::string, std::string>(), folder_ / "log");
        sql("CREATE TABLE yardstick AS SELECT 0 AS n");
    }
    ~Bench() {
        daemon_.reset();
        std::filesystem::remove_all(folder_);
    }

    void run() {
        for (int i = 0; i <= rounds_; ++i)
            sql(fmt::format("SELECT pay.register_company('c{0}', 'C{0}', country => 'US')", i));
        carry_out("pay.connect('c0', 'owner@example.com')");  // the daemon is up after this
        account_ = sql("SELECT account_id FROM pay.integrations WHERE company = 'c0'");
        std::printf("%d commands of each kind, one after the other; Stripe answers at once\n\n",
                    rounds_);
        std::printf("%-9s %10s %10s %9s %14s %14s %7s\n", "command", "p50 ms", "p99 ms", "commits",
                    "yardstick p50", "yardstick p99", "ratio");
        measure(
            "connect",
            [](int i) { return fmt::format("pay.connect('c{}', 'owner@example.com')", i); },
            [this] {
                make_account();
                make_link();
            });
        measure(
            "manage", [](int i) { return fmt::format("pay.manage('c{}')", i); },
            [this] { make_link(); });
        measure(
            "refresh", [](int i) { return fmt::format("pay.refresh('c{}')", i); },
            [this] { read_account(); });
    }

private:
    std::string sql(const std::string& statement) {
        pqxx::work tx(*connection_);
        const auto rows = tx.exec(statement);
        tx.commit();
        return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
    }
    /// Waits for the notification, and until the row is done: the notification may be about another
    /// command.
    void carry_out(const std::string& command) {
        const auto id = sql("SELECT " + command);
        const auto give_up = Clock::now() + 60s;
        for (;;) {
            const int heard = done_->heard;
            const auto state =
                sql("SELECT state FROM pay.commands WHERE command_id = '" + id + "'");
            if (state == "done")
                return;
            if (state == "failed" || Clock::now() > give_up)
                throw std::runtime_error(state + ": " + command);
            if (done_->heard == heard)  // else it came with the answer
                connection_->await_notification(1, 0);
        }
    }
    void quiet() { std::this_thread::sleep_for(20ms); }

    void measure(const char* name, const std::function<std::string(int)>& command,
                 const std::function<void()>& calls) {
        // Only transactions that write get a number.
        const auto number = [this] { return std::stoll(sql("SELECT pg_current_xact_id()::text")); };
        Times ours;
        const auto before = number();
        for (int i = 1; i <= rounds_; ++i) {
            quiet();
            ours.measure([&] { carry_out(command(i)); });
        }
        quiet();
        const auto commits = static_cast<int>((number() - before) / rounds_);
        Times bare;
        for (int i = 1; i <= rounds_; ++i) {
            quiet();
            bare.measure([&] {
                calls();
                for (int n = 0; n < commits; ++n)
                    sql("UPDATE yardstick SET n = n + 1");
            });
        }
        std::printf("%-9s %10.1f %10.1f %9d %14.1f %14.1f %7.1f\n", name, ours.at(0.5),
                    ours.at(0.99), commits, bare.at(0.5), bare.at(0.99),
                    ours.at(0.5) / bare.at(0.5));
        std::fflush(stdout);
    }

    std::string key() { return "yardstick:" + std::to_string(++keys_); }
    void make_account() {
        stripe_->ask(call("POST", "/v1/accounts", key(),
                          "country=US&email=owner%40example.com&controller[stripe_dashboard][type]="
                          "full&capabilities[card_payments][requested]=true&capabilities[transfers]"
                          "[requested]=true"));
    }
    void make_link() {
        stripe_->ask(
            call("POST", "/v1/account_links", key(),
                 "account=" + account_ +
                     "&type=account_onboarding&refresh_url=http%3A%2F%2F127.0.0.1%2Frefresh"
                     "&return_url=http%3A%2F%2F127.0.0.1%2Freturned"));
    }
    void read_account() { stripe_->ask(call("GET", "/v1/accounts/" + account_, "", "")); }

    int rounds_;
    int keys_ = 0;
    int port_ = 0;
    std::string account_;
    std::filesystem::path folder_;
    paysync::test::TempDatabase database_;
    Child simulator_;
    std::unique_ptr<PageClient> stripe_;
    std::unique_ptr<pqxx::connection> connection_;
    std::unique_ptr<Done> done_;
    std::unique_ptr<paysync::test::Process> daemon_;
};

}  // namespace

int main(int argc, char** argv) {
    int rounds = 200;
    CLI::App app("Time of commands in an idle daemon");
    app.add_option("--rounds", rounds, "Commands of each kind")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        Bench(rounds).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "commands_bench: %s\n", error.what());
        return 1;
    }
    return 0;
}
