// SPDX-License-Identifier: MIT
// Measures what one company's mass of work costs the others: the claim of the mail queue while
// thousands of companies have mails for next week, a cancel beside hundreds of another company's,
// and requests sent while hundreds of thousands of another company expire. Each is compared with
// the same work alone, in the same run. It prints the numbers and the targets, and never fails
// because of them.
#include "jobs/payment_requests/queue_store.hpp"
#include "tests/bench/measure.hpp"
#include "tests/support/scenario.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono;
using bench::percentile;
using bench::seconds_since;
using paysync::test::Scenario;
namespace store = paysync::payment_requests::store;

void vacuum(Scenario& world) {
    pqxx::connection connection(world.dsn());
    pqxx::nontransaction tx(connection);
    for (const auto* table : {"pay.company", "pay.payment_request", "pay_private.delivery",
                              "pay_private.message", "pay_private.payment_link"})
        tx.exec(fmt::format("VACUUM ANALYZE {}", table));
}

/// Queues requests of one company.
void queue(Scenario& world, const std::string& company, int rows, const std::string& columns = "",
           const std::string& values = "") {
    world.sql(fmt::format(
        "INSERT INTO pay.payment_request (company, to_email, amount, currency, description, "
        "receipt_to_payer, receipt_to_company{}) SELECT '{}', 'client' || i || '@example.com', "
        "1250, 'usd', 'Invoice', false, false{} FROM generate_series(1, {}) i",
        columns, company, values, rows));
}

/// Claims 16 deliveries again and again; each claim is undone.
class Claims {
public:
    explicit Claims(const Scenario& world) : connection_(world.dsn()) {
        pqxx::nontransaction(connection_).exec("SET jit = off");  // as the daemon does
        line_.account = "default";
        line_.wanted = 16;
    }

    double milliseconds() {
        pqxx::work tx(connection_);
        const auto token = paysync::leases::new_token(tx);
        const auto begin = steady_clock::now();
        line_.after = store::claim_due(tx, token, {line_}, {}, 60.0, "bench").lines.at(0).after;
        return 1000 * seconds_since(begin);
    }

private:
    pqxx::connection connection_;
    store::Line line_;
};

/// A database with 5,000 companies, two of which have mails that are due.
void prepare_claims(Scenario& world, int companies) {
    world.configure_log("warning");
    world.configure_long_periods();
    world.start();
    world.connect_company("bakery");
    world.connect_company("florist");
    world.stop();
    queue(world, "bakery", 1000);
    queue(world, "florist", 1000);
    world.sql(fmt::format(
        "SELECT count(pay.register_company('later' || i)) FROM generate_series(1, {}) i",
        companies));
}

void claims_beside_next_week(int companies) {
    Scenario plain, busy;
    prepare_claims(plain, companies);
    prepare_claims(busy, companies);
    // Both have tables of the same size: in one the mails of next week are cancelled.
    for (auto* world : {&plain, &busy})
        world->sql(fmt::format(
            "INSERT INTO pay.payment_request (company, to_email, amount, currency, description, "
            "send_after) SELECT 'later' || i, 'client@example.com', 1250, 'usd', 'Invoice', now() "
            "+ interval '7 days' FROM generate_series(1, {}) i",
            companies));
    plain.sql(
        "SELECT count(pay.cancel_payment_request(request_id)) FROM pay.payment_request WHERE "
        "send_after > now()");
    vacuum(plain);
    vacuum(busy);
    // In turns, so that whatever else the machine does meets both.
    Claims in_plain(plain), in_busy(busy);
    std::vector<double> without, with;
    for (int i = 0; i < 1100; ++i) {
        without.push_back(in_plain.milliseconds());
        with.push_back(in_busy.milliseconds());
    }
    without.erase(without.begin(), without.begin() + 100);  // warm
    with.erase(with.begin(), with.begin() + 100);
    fmt::print(
        "claim of 16 of two companies' mails, p50: {:.2f} ms; beside {} companies with mails of "
        "next week: {:.2f} ms; ratio {:.2f} (target: 1.10)\n",
        percentile(without, 0.5), companies, percentile(with, 0.5),
        percentile(with, 0.5) / percentile(without, 0.5));
}

/// Seconds from the cancel of the company's only open request until its link is off at Stripe.
double cancel_one(Scenario& world, const std::string& company) {
    const auto begin = steady_clock::now();
    world.sql(
        fmt::format("SELECT count(pay.cancel_payment_request(request_id)) FROM "
                    "pay.payment_requests WHERE company = '{}' AND state = 'open'",
                    company));
    world.wait_for(fmt::format("NOT EXISTS (SELECT FROM pay_private.payment_link WHERE company = "
                               "'{}' AND active)",
                               company),
                   600);
    return seconds_since(begin);
}

void wait_for_links(Scenario& world, int count) {
    world.wait_for(
        fmt::format("(SELECT count(*) FROM pay_private.payment_link WHERE active) = {}", count),
        600);
}

void cancel_beside(Scenario& world, int cancels) {
    queue(world, "florist", 1);
    wait_for_links(world, 1);
    const auto alone = cancel_one(world, "florist");
    queue(world, "bakery", cancels);
    queue(world, "florist", 1);
    wait_for_links(world, cancels + 1);
    const auto begin = steady_clock::now();
    std::thread many([&world] { cancel_one(world, "bakery"); });
    world.wait_for(
        "EXISTS (SELECT FROM pay.payment_requests WHERE company = 'bakery' AND state = "
        "'cancelled')");
    const auto beside = cancel_one(world, "florist");
    many.join();
    fmt::print(
        "one cancel until its link is off: {:.2f} s alone; {:.2f} s beside {} cancels of another "
        "company, which take {:.1f} s (target: 2 s)\n",
        alone, beside, cancels, seconds_since(begin));
}

/// Seconds from the insert of one request until its mail was accepted.
double send_one(Scenario& world) {
    const auto before = world.smtp().accepted();
    const auto begin = steady_clock::now();
    queue(world, "florist", 1);
    while (world.smtp().accepted() == before)
        std::this_thread::sleep_for(milliseconds(1));
    return seconds_since(begin);
}

void expire_many(Scenario& world, int requests) {
    std::vector<double> alone;
    for (int i = 0; i < 20; ++i)
        alone.push_back(send_one(world));
    {
        pqxx::connection connection(world.dsn());
        pqxx::work tx(connection);
        tx.exec("SET LOCAL session_replication_role = replica");
        tx.exec(fmt::format(
            "INSERT INTO pay.payment_request (company, to_email, amount, currency, description, "
            "expires_at) SELECT 'bakery', 'c@example.com', 1250, 'usd', 'Invoice', now() + "
            "interval '30 seconds' FROM generate_series(1, {})",
            requests));
        tx.commit();
    }
    vacuum(world);
    world.sql(
        "SELECT pg_sleep(greatest(0, extract(epoch FROM max(expires_at) - now()))) FROM "
        "pay.payment_request");
    const auto begin = steady_clock::now();
    std::vector<double> beside;
    const std::string left =
        "SELECT count(*) FROM pay.payment_request WHERE expires_at <= now() "
        "AND state = 'open'";
    while (world.sql(left) != "0" && seconds_since(begin) < 1800) {
        beside.push_back(send_one(world));
        std::this_thread::sleep_for(milliseconds(200));
    }
    fmt::print(
        "{} requests of one company expire in {:.0f} s; mails of another meanwhile: p50 {:.3f} s, "
        "slowest {:.3f} s of {}; alone: p50 {:.3f} s, slowest {:.3f} s\n",
        requests, seconds_since(begin), percentile(beside, 0.5), percentile(beside, 1),
        beside.size(), percentile(alone, 0.5), percentile(alone, 1));
}

}  // namespace

int main(int argc, char** argv) {
    int companies = 5000;
    int cancels = 400;
    int expiring = 400000;
    int pace = 25;
    CLI::App app("Measures what the work of one company costs the others.");
    app.add_option("--companies", companies, "companies with mails of next week")
        ->capture_default_str();
    app.add_option("--cancels", cancels, "cancels of the other company")->capture_default_str();
    app.add_option("--expiring", expiring, "requests that expire at once; 0 = none")
        ->capture_default_str();
    app.add_option("--pace", pace, "calls to Stripe per second")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    claims_beside_next_week(companies);
    Scenario world;
    world.configure_pace(pace);
    world.configure_log("warning");
    world.configure_long_periods();
    world.configure_reconciliation("every: 1h");
    world.start();
    world.connect_company("bakery");
    world.connect_company("florist");
    cancel_beside(world, cancels);
    if (expiring > 0)
        expire_many(world, expiring);
    world.stop();
}
