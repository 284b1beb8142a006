// SPDX-License-Identifier: MIT
// Measures how fast payment requests become accepted messages, compared with a plain queue of
// threads on the same machine with the same stand-ins and the same PostgreSQL; how long a single
// request takes in an idle daemon; and what a claim costs among a million finished rows. It prints
// the numbers and the targets, and never fails because of them.
#include "jobs/payment_requests/queue_store.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/plain_queue.hpp"
#include "tests/support/scenario.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

#include <chrono>
#include <deque>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono;
using bench::percentile;
using paysync::test::Scenario;
namespace store = paysync::payment_requests::store;

void prepare(Scenario& world, int concurrency) {
    world.configure_pace(10000);
    world.configure_log("warning");
    world.configure_long_periods();
    world.configure_reconciliation("every: 1h");
    world.configure_payment_requests("concurrency: " + std::to_string(concurrency));
    world.start();
    world.connect_company("bakery");
}

/// Seconds from the commit of the rows until all messages were accepted.
double send_all(Scenario& world, int rows) {
    const auto before = world.smtp().accepted();
    const auto begin = steady_clock::now();
    world.sql(fmt::format(
        "INSERT INTO pay.payment_request (company, to_email, amount, currency, description, "
        "receipt_to_payer, receipt_to_company) SELECT 'bakery', 'client' || i || '@example.com', "
        "1250, 'usd', 'Invoice', false, false FROM generate_series(1, {}) i",
        rows));
    while (world.smtp().accepted() < before + static_cast<std::uint64_t>(rows))
        std::this_thread::sleep_for(milliseconds(2));
    return bench::seconds_since(begin);
}

/// Milliseconds from the commit of one row until its message was accepted, in an idle daemon.
std::vector<double> send_singly(Scenario& world, int rows) {
    std::vector<double> taken;
    pqxx::connection connection(world.dsn());
    for (int i = 0; i < rows; ++i) {
        const auto before = world.smtp().accepted();
        pqxx::work tx(connection);
        tx.exec(
            "SELECT pay.request_payment('bakery', 'client@example.com', 1250, 'usd', 'Invoice')");
        tx.commit();
        const auto begin = steady_clock::now();
        while (world.smtp().accepted() == before)
            std::this_thread::sleep_for(microseconds(50));
        taken.push_back(1000 * bench::seconds_since(begin));
        std::this_thread::sleep_for(milliseconds(20));
    }
    return taken;
}

/// Adds requests with one delivery each in this state, as if they were old.
void fill(Scenario& world, int rows, const char* state) {
    pqxx::connection connection(world.dsn());
    {
        pqxx::work tx(connection);
        tx.exec("SET LOCAL session_replication_role = replica");
        tx.exec(fmt::format(
            "WITH request AS (INSERT INTO pay.payment_request (company, to_email, amount, "
            "currency, "
            "description) SELECT 'bakery', 'c' || i || '@example.com', 1250, 'usd', 'Invoice' FROM "
            "generate_series(1, {}) i RETURNING request_id) "
            "INSERT INTO pay_private.delivery (request_id, company, kind, recipient, state, "
            "message_key, accepted_at, next_attempt_at) SELECT request_id, 'bakery', 'request', "
            "'c@example.com', '{}', 1, now(), {} FROM request",
            rows, state, std::string_view(state) == "queued" ? "now()" : "NULL"));
        tx.commit();
    }
    pqxx::nontransaction tx(connection);
    tx.exec("VACUUM ANALYZE pay_private.delivery");
    tx.exec("VACUUM ANALYZE pay.payment_request");
}

/// Milliseconds of a claim of 16 among the queued and finished deliveries.
std::vector<double> claims(Scenario& world) {
    pqxx::connection connection(world.dsn());
    pqxx::nontransaction(connection).exec("SET jit = off");  // as the daemon does
    std::vector<double> taken;
    store::Line line;
    line.account = "default";
    line.wanted = 16;
    std::deque<std::int64_t> tokens;
    for (int i = 0; i < 500; ++i) {
        pqxx::work tx(connection);
        const auto token = paysync::leases::new_token(tx);
        const auto begin = steady_clock::now();
        line = store::claim_due(tx, token, {line}, {}, 60.0, "bench").lines.at(0);
        tx.commit();
        taken.push_back(1000 * bench::seconds_since(begin));
        // As many stay leased as a daemon has in progress.
        tokens.push_back(token);
        if (tokens.size() > 4) {
            pqxx::work done(connection);
            done.exec_params0(
                "UPDATE pay_private.delivery SET state = 'sent', accepted_at = now(), "
                "next_attempt_at "
                "= NULL WHERE lease_token = $1",
                tokens.front());
            done.commit();
            tokens.pop_front();
        }
    }
    return taken;
}

}  // namespace

int main(int argc, char** argv) {
    int rows = 5000;
    int singles = 300;
    int queued = 100000;
    int finished = 1000000;
    int concurrency = 64;
    CLI::App app("Measures payment requests from row to accepted mail.");
    app.add_option("--rows", rows, "messages of the run")->capture_default_str();
    app.add_option("--singles", singles, "messages sent one by one")->capture_default_str();
    app.add_option("--queued", queued, "queued rows for the claims; 0 = no claims")
        ->capture_default_str();
    app.add_option("--finished", finished, "finished rows besides the measured ones")
        ->capture_default_str();
    app.add_option("--concurrency", concurrency, "concurrent messages")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    Scenario world;
    prepare(world, concurrency);
    if (finished > 0)
        fill(world, finished, "sent");
    send_all(world, 2000);  // warm
    world.sql("ANALYZE");   // as autovacuum has within a minute
    const double ours = rows / send_all(world, rows);

    bench::PlainQueue plain;
    plain.dsn = world.dsn();
    plain.stripe_base = world.stripe().base_url();
    plain.stripe_key = Scenario::key();
    plain.account = world.sql("SELECT account_id FROM pay.integrations");
    plain.smtp_url = world.smtp().url();
    const double yardstick = rows / plain.run(rows);
    fmt::print(
        "queue to accepted, 0 ms peers: {:.0f} messages/s; plain queue of 8 threads: {:.0f}/s; "
        "ratio {:.2f} (target: 3000/s, ratio 5)\n",
        ours, yardstick, ours / yardstick);

    const auto single = send_singly(world, singles);
    fmt::print("insert to 250, idle daemon: p50 {:.1f} ms, p99 {:.1f} ms (target: 3 and 10 ms)\n",
               percentile(single, 0.5), percentile(single, 0.99));
    world.stop();
    if (queued > 0) {
        fill(world, queued, "queued");
        const auto taken = claims(world);
        fmt::print(
            "claim of 16 of {} queued among {} finished: p50 {:.2f} ms, p99 {:.2f} ms (target: p99 "
            "below 10 "
            "ms)\n",
            queued, finished, percentile(taken, 0.5), percentile(taken, 0.99));
    }
}
