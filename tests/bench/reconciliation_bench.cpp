// SPDX-License-Identifier: MIT
// Measures how fast the charges of large accounts are stored in PostgreSQL, and how fast they are
// read again if nothing changed. It compares this with a plain engine that copies the same pages.
// It prints numbers and never fails because of them.
#include "tests/bench/copy_engine.hpp"
#include "tests/bench/measure.hpp"
#include "tests/support/scenario.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using paysync::test::Scenario;

/// Waits until every account's stream of charges has finished a walk that began after `since`.
double wait_for_walks(Scenario& world, const std::string& since, std::size_t accounts) {
    const auto begin = std::chrono::steady_clock::now();
    while (world.sql("SELECT count(*) FROM pay_private.stream WHERE stream = 'charges' AND "
                     "last_completed_at > '" +
                     since + "'") != std::to_string(accounts))
        std::this_thread::sleep_for(20ms);
    return bench::seconds_since(begin);
}

}  // namespace

int main(int argc, char** argv) {
    int charges = 100000;
    int accounts = 4;
    CLI::App app("Measures how charges are brought in.");
    app.add_option("--charges", charges, "charges of all accounts")->capture_default_str();
    app.add_option("--accounts", accounts, "number of accounts")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    Scenario world;
    world.configure_pace(10000);
    world.configure_log("warning");
    world.configure_long_periods();
    world.configure_reconciliation("every: 1h\n    concurrency: " + std::to_string(accounts));
    world.start();
    std::vector<std::string> ids;
    for (int i = 0; i < accounts; ++i)
        world.connect_company("c" + std::to_string(i));
    for (int i = 0; i < accounts; ++i) {
        ids.push_back(world.sql(
            fmt::format("SELECT account_id FROM pay.integrations WHERE company = 'c{}'", i)));
        world.stripe().world().generate({{"charges", charges / accounts}, {"account", ids.back()}});
    }
    const auto again = [&] {
        const auto now = world.sql("SELECT now()");
        world.sql(
            "UPDATE pay_private.stream SET watermark = NULL, walk_from = '2000-01-01', "
            "walk_started_at = now(), next_run_at = CASE WHEN stream = 'charges' THEN now() END");
        world.sql("SELECT pg_notify('pay_payment_due', '')");
        return wait_for_walks(world, now, ids.size());
    };
    world.wait_for("(SELECT count(*) = " + std::to_string(5 * accounts + 1) +
                   " FROM pay_private.stream WHERE last_completed_at IS NOT NULL)");
    const double filled = charges / again();
    const auto stored = world.sql("SELECT count(*) FROM pay_private.charge");
    world.sql("ANALYZE pay_private.charge");
    const double compared = charges / again();

    bench::CopyEngine plain;
    plain.dsn = world.dsn();
    plain.stripe_port = world.stripe().port();
    plain.stripe_key = Scenario::key();
    const double copied = charges / plain.fill(ids);
    world.sql("ANALYZE copied_charge");
    const double matched = charges / plain.compare(ids);
    fmt::print(
        "backfill of {} charges of {} accounts ({} stored): {:.0f}/s; COPY and upsert: {:.0f}/s; "
        "ratio "
        "{:.2f} (target: 0.80)\n",
        charges, accounts, stored, filled, copied, filled / copied);
    fmt::print(
        "second read, nothing changed: {:.0f}/s; id and hash compared: {:.0f}/s; ratio {:.2f} "
        "(target: "
        "0.50)\n",
        compared, matched, compared / matched);
    world.stop();
}
