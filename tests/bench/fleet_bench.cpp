// SPDX-License-Identifier: MIT
// Measures a platform with very many quiet accounts: one sweep of all stages, and one round over
// all streams of all accounts. It compares them with bare loops that make the same calls with the
// same number of connections and discard the answers. It prints numbers and never fails because of
// them.
#include "jobs/reconciliation/stream_kind.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/page_client.hpp"
#include "tests/support/fleet.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace {

using namespace std::chrono_literals;
using bench::seconds_since;
using paysync::test::Scenario;
using Clock = std::chrono::steady_clock;

std::string get(const std::string& target, const std::string& account) {
    return fmt::format(
        "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nStripe-Version: 2026-10-28.endive\r\n"
        "Authorization: Bearer {}\r\n{}\r\n",
        target, Scenario::key(), account.empty() ? "" : "Stripe-Account: " + account + "\r\n");
}

double list_accounts(int port) {
    const auto begin = Clock::now();
    bench::PageClient client(port);
    std::string cursor;
    for (;;) {
        const auto page = client.ask(get(
            "/v1/accounts?limit=100" + (cursor.empty() ? "" : "&starting_after=" + cursor), ""));
        if (page.find("\"has_more\":true") == page.npos)
            return seconds_since(begin);
        cursor = bench::last_id(page);
    }
}

/// Reads one page of each list of each account.
double list_streams(int port, const std::vector<std::string>& accounts, int connections) {
    const auto begin = Clock::now();
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < connections; ++i)
        threads.emplace_back([&] {
            bench::PageClient client(port);
            for (auto at = next++; at < accounts.size(); at = next++)
                for (const auto* kind : paysync::reconciliation::stream_kinds())
                    if (!kind->of_platform)
                        client.ask(get(std::string(kind->path) + "?limit=100", accounts[at]));
        });
    for (auto& thread : threads)
        thread.join();
    return seconds_since(begin);
}

}  // namespace

int main(int argc, char** argv) {
    int accounts = 10000;
    int connections = 16;
    CLI::App app("Measures how a large fleet of quiet accounts is looked over.");
    app.add_option("--accounts", accounts, "number of accounts")->capture_default_str();
    app.add_option("--connections", connections, "concurrent calls")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    Scenario world;
    const auto ids = paysync::test::make_fleet(world, accounts);
    world.configure_pace(10000);
    world.configure_log("warning");
    world.configure_long_periods();
    world.configure_sweep("1h");
    world.configure_onboarding("fuse_share: 100%");
    world.configure_stripe(fmt::format("max_in_flight: {}", connections));
    world.configure_reconciliation(fmt::format("every: 1h\n    concurrency: {}", connections));
    world.start();
    /// The duration of the first sweep that began after `since`.
    const auto sweep = [&](const std::string& since) {
        world.wait_for(fmt::format("(SELECT accounts = {} AND started_at > '{}' AND finished_at > "
                                   "started_at FROM pay_private.sweep)",
                                   accounts, since),
                       600);
        return std::stod(world.sql(
            "SELECT extract(epoch FROM finished_at - started_at) FROM pay_private.sweep"));
    };
    const auto swept = sweep("-infinity");
    const auto read_all = fmt::format(
        "(SELECT count(*) >= {} FROM pay_private.stream WHERE last_completed_at IS NOT NULL)",
        5 * accounts);
    world.wait_for(read_all, 3600);
    const auto first = std::stod(
        world.sql("SELECT extract(epoch FROM max(last_completed_at) - (SELECT finished_at FROM "
                  "pay_private.sweep)) FROM pay_private.stream"));

    // The second time nothing is new.
    const auto asked = world.sql("SELECT now()");
    world.sql("SELECT pay_private.run_job('onboarding.sweep')");
    const auto swept_again = sweep(asked);
    world.sql("ANALYZE pay_private.stream");
    const auto calls = world.stripe().log().total();
    const auto from = world.sql("SELECT now()");
    const auto begin = Clock::now();
    world.sql("UPDATE pay_private.stream SET next_run_at = now() WHERE account_id <> ''");
    world.sql("SELECT pg_notify('pay_payment_due', '')");
    world.wait_for(
        "NOT EXISTS (SELECT FROM pay_private.stream WHERE account_id <> '' AND "
        "last_completed_at < '" +
            from + "')",
        3600);
    const auto again = seconds_since(begin);
    const auto made = static_cast<double>(world.stripe().log().total() - calls);
    const auto memory = paysync::test::high_water_kib(world.daemon().pid()) / 1024.0;
    world.stop();

    const auto bare_sweep = list_accounts(world.stripe().port());
    const auto bare = list_streams(world.stripe().port(), ids, connections);
    fmt::print(
        "a sweep of {} new accounts: {:.2f} s; again: {:.2f} s; a bare loop of the same calls: "
        "{:.2f} s\n",
        accounts, swept, swept_again, bare_sweep);
    fmt::print("first read of their {} streams: {:.1f} s\n", 5 * accounts, first);
    fmt::print(
        "second read, nothing new: {:.1f} s, {:.0f} calls, {:.0f}/s; a bare loop: {:.0f}/s; ratio "
        "{:.2f}\n",
        again, made, made / again, 5 * accounts / bare, made / again / (5 * accounts / bare));
    fmt::print("peak memory of the daemon: {:.0f} MiB (target: 64)\n", memory);
}
