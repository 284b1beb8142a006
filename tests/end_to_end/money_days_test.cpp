// SPDX-License-Identifier: MIT
#include "tests/support/environment.hpp"
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>
#include <utility>

/// Simulates days of accounts with payments, refunds, disputes and payouts, at random from a seed,
/// and compares the tables with Stripe's stand-in. PAYSYNC_SOAK_ACCOUNTS, PAYSYNC_SOAK_DAYS,
/// PAYSYNC_SOAK_BACKLOG and PAYSYNC_SOAK_SEED set the size and the seed (scripts/soak
/// reconciliation).
namespace paysync::test {
namespace {

using stripe_sim::Json;

/// The members of an object at Stripe and the columns of our row that must be equal: SQL over `t`,
/// the object, and `r`, the row.
struct Kind {
    const char* table;
    const char* id;
    stripe_sim::Collection stripe_sim::Account::*objects;
    const char* same;
};

const Kind kKinds[] = {
    {"charge", "charge_id", &stripe_sim::Account::charges,
     "(r.status, r.amount, r.amount_captured, r.amount_refunded, r.currency, r.disputed, r.paid, "
     "r.balance_transaction_id) IS NOT DISTINCT FROM (t ->> 'status', (t ->> 'amount')::bigint, (t "
     "->> 'amount_captured')::bigint, (t ->> 'amount_refunded')::bigint, t ->> 'currency', (t ->> "
     "'disputed')::boolean, (t ->> 'paid')::boolean, t ->> 'balance_transaction')"},
    {"refund", "refund_id", &stripe_sim::Account::refunds,
     "(r.status, r.amount, r.currency, r.charge_id, r.failure_balance_transaction_id) IS NOT "
     "DISTINCT FROM (t ->> 'status', (t ->> 'amount')::bigint, t ->> 'currency', t ->> 'charge', t "
     "->> 'failure_balance_transaction')"},
    {"dispute", "dispute_id", &stripe_sim::Account::disputes,
     "(r.status, r.amount, r.currency, r.charge_id) IS NOT DISTINCT FROM (t ->> 'status', (t ->> "
     "'amount')::bigint, t ->> 'currency', t ->> 'charge')"},
    {"balance_transaction", "balance_transaction_id", &stripe_sim::Account::transactions,
     "(r.amount, r.fee, r.net, r.currency, r.type, r.source_id, r.exchange_rate) IS NOT DISTINCT "
     "FROM ((t ->> 'amount')::bigint, (t ->> 'fee')::bigint, (t ->> 'net')::bigint, t ->> "
     "'currency', t ->> 'type', t ->> 'source', (t ->> 'exchange_rate')::numeric)"},
    {"payout", "payout_id", &stripe_sim::Account::payouts,
     "(r.status, r.amount, r.currency, r.automatic, r.reconciliation_status) IS NOT DISTINCT FROM "
     "(t ->> 'status', (t ->> 'amount')::bigint, t ->> 'currency', (t ->> 'automatic')::boolean, t "
     "->> 'reconciliation_status')"},
};

class MoneyDays : public testing::Test {
protected:
    MoneyDays() : random(static_cast<unsigned>(seed)) {
        world.configure_onboarding("fuse_at_least: 1000000");
        world.configure_reconciliation("every: 100ms\n    slowest: 200ms\n    verify_every: 1s");
        world.start();
        for (int i = 0; i < accounts; ++i) {
            const auto name = fmt::format("c{}", i);
            world.connect_company(name);
            names.push_back(name);
            ids.push_back(world.sql("SELECT account_id FROM pay.integrations WHERE company = '" +
                                    name + "'"));
            stripe().pay_out_daily(ids.back(), dice(3) > 0);
        }
    }

    /// A month of the first account is found at once, and read in slices while the daemon is killed
    /// repeatedly.
    void find_a_busy_month() {
        const auto begin = stripe().now() + 1;
        stripe().advance(30 * 86400);
        stripe().generate({{"charges", backlog},
                           {"account", ids.front()},
                           {"from", begin},
                           {"to", stripe().now()},
                           {"refunded", 0.1},
                           {"failed", 0.1},
                           {"disputed", 0.02}});
        // Slow enough that the daemon is killed before the end.
        world.stripe().faults().add(stripe_sim::Fault::from_json({{"kind", "latency"},
                                                                  {"delay_ms", 100},
                                                                  {"method", "GET"},
                                                                  {"path", "/v1/charges"},
                                                                  {"times", 1000000}}));
        for (int part = 1; part <= 3; ++part) {
            world.wait_for(
                fmt::format("(SELECT count(*) >= {} FROM pay_private.charge)", part * backlog / 5));
            die();
            EXPECT_LT(std::stoi(world.sql("SELECT count(*) FROM pay_private.charge")), backlog);
        }
        world.stripe().faults().clear();
    }
    void die() {
        world.kill();
        world.start();
        ++kills;
    }

    stripe_sim::World& stripe() { return world.stripe().world(); }
    int dice(int sides) { return std::uniform_int_distribution<>(0, sides - 1)(random); }

    /// One of the account's objects at random, or null.
    Json any(const std::string& account, stripe_sim::Collection stripe_sim::Account::*objects) {
        const auto lock = stripe().lock();
        std::vector<Json> all;
        (stripe().account(account).*objects).each([&](auto& record) {
            all.push_back(record.json());
        });
        return all.empty() ? Json()
                           : all[static_cast<std::size_t>(dice(static_cast<int>(all.size())))];
    }

    void charge(const std::string& account) {
        static const char* const kCurrencies[] = {"usd", "usd", "usd", "eur", "jpy", "kwd", "isk"};
        const std::string currency = kCurrencies[dice(7)];
        const int unit = currency == "isk" ? 100 : currency == "kwd" ? 10 : 1;
        Json params = {{"amount", (500 + dice(50000)) * unit}, {"currency", currency}};
        const int outcome = dice(8);
        if (outcome == 0)
            params["outcome"] = "declined";
        if (outcome == 1) {
            params["outcome"] = "delayed";
            params["settle_after"] = 86400 * (1 + dice(3));
            params["settle_outcome"] = dice(3) == 0 ? "insufficient_funds" : "ok";
        }
        stripe().add_charges(account, params);
    }

    /// The events of one day on an account.
    void live(const std::string& account) {
        using Account = stripe_sim::Account;
        try {
            switch (dice(12)) {
                case 0:
                case 1: {
                    const auto paid = any(account, &Account::charges);
                    if (!paid.is_null())
                        stripe().refund(account, {{"charge", paid.at("id")},
                                                  {"amount", paid.at("amount").get<std::int64_t>() /
                                                                 (1 + dice(3))}});
                    return;
                }
                case 2: {
                    const auto refund = any(account, &Account::refunds);
                    if (!refund.is_null())
                        stripe().update_refund(refund.at("id").get<std::string>(), "failed");
                    return;
                }
                case 3: {
                    const auto paid = any(account, &Account::charges);
                    if (!paid.is_null())
                        stripe().open_dispute(paid.at("id").get<std::string>());
                    return;
                }
                case 4: {
                    const auto dispute = any(account, &Account::disputes);
                    if (!dispute.is_null())
                        stripe().update_dispute(dispute.at("id").get<std::string>(),
                                                dice(2) == 0 ? "won" : "lost");
                    return;
                }
                case 5: {
                    const auto payout = any(account, &Account::payouts);
                    if (!payout.is_null() && dice(2) == 0)
                        stripe().update_payout(payout.at("id").get<std::string>(), "failed");
                    return;
                }
                case 6:
                    stripe().make_payout(account, {{"amount", 100}, {"currency", "usd"}});
                    return;
                default:
                    charge(account);
            }
        } catch (const std::exception&) {
            // Stripe refuses actions that do not fit the object.
        }
    }

    /// Failures of Stripe, the network and the daemon.
    void trouble() {
        const Json kFaults[] = {
            {{"kind", "status"},
             {"status", 500},
             {"method", "GET"},
             {"path", "/v1/"},
             {"times", 5}},
            {{"kind", "status"},
             {"status", 429},
             {"method", "GET"},
             {"path", "/v1/"},
             {"times", 5}},
            {{"kind", "reset_after"}, {"method", "GET"}, {"path", "/v1/refunds"}, {"times", 3}},
            {{"kind", "reset_before"}, {"method", "GET"}, {"path", "/v1/charges"}, {"times", 3}},
            {{"kind", "truncate"},
             {"bytes", 100},
             {"method", "GET"},
             {"path", "/v1/balance"},
             {"times", 3}},
        };
        const int what = dice(10);
        if (what < 5)
            world.stripe().faults().add(stripe_sim::Fault::from_json(kFaults[what]));
        else if (what == 5)
            stripe().set_visibility_delay(1000 * dice(600));
        else if (what == 6 || what == 8)
            die();
        else if (what == 7)
            leave(ids[static_cast<std::size_t>(dice(accounts))]);
    }

    /// The owner ends the connection and restores it the next day.
    void leave(const std::string& account) {
        stripe().deauthorize(account);
        away.push_back(account);
    }
    void come_back() {
        for (const auto& account : std::exchange(away, {}))
            stripe().reconnect(account);
    }

    /// Makes everything due that would be read again later.
    void let_time_pass() {
        for (const auto* table : {"charge", "refund", "dispute", "payout", "balance_transaction"})
            world.sql(
                fmt::format("UPDATE pay_private.{} SET next_check_at = now() WHERE next_check_at "
                            "> now()",
                            table));
        world.sql("UPDATE pay_private.stream SET next_run_at = now() WHERE next_run_at > now()");
    }

    /// The differences; "" if there are none.
    std::string differences(const std::string& account, const Kind& kind) {
        std::string truth;
        {
            const auto lock = stripe().lock();
            const auto& objects = stripe().account(account).*kind.objects;
            stripe_sim::ListQuery all;
            all.limit = objects.size();
            const auto page = objects.page(all, stripe().now_ms());
            for (const auto& item : page->items) {
                truth += truth.empty() ? "" : ",";
                item.append_to(truth);
            }
        }
        return world.sql(fmt::format(
            "SELECT string_agg(coalesce(r.{1}, t ->> 'id') || CASE WHEN t IS NULL THEN ' is not at "
            "Stripe' WHEN r.{1} IS NULL THEN ' is missing' ELSE ' differs: ' || t::text || ' / ' "
            "|| "
            "to_jsonb(r)::text END, '; ') FROM (SELECT t FROM "
            "jsonb_array_elements($json$[{2}]$json$::jsonb) t) s FULL JOIN (SELECT * FROM "
            "pay_private.{0} WHERE account_id = '{3}') r ON r.{1} = s.t ->> 'id' WHERE s.t IS NULL "
            "OR "
            "r.{1} IS NULL OR NOT ({4})",
            kind.table, kind.id, truth, account, kind.same));
    }
    std::string differences() {
        std::string all;
        for (const auto& account : ids)
            for (const auto& kind : kKinds)
                if (const auto found = differences(account, kind); !found.empty())
                    all += account + " " + kind.table + ": " + found + "\n";
        const auto broken =
            world.sql("SELECT string_agg(v::text, '; ') FROM pay_private.violation v");
        return broken.empty() ? all : all + "rules: " + broken;
    }

    const int accounts = from_environment("PAYSYNC_SOAK_ACCOUNTS", 4);
    const int days = from_environment("PAYSYNC_SOAK_DAYS", 10);
    const int backlog = from_environment("PAYSYNC_SOAK_BACKLOG", 2000);
    const int seed = from_environment("PAYSYNC_SOAK_SEED", 20261125);
    std::mt19937 random;
    Scenario world;
    std::vector<std::string> names;
    std::vector<std::string> ids;
    std::vector<std::string> away;  ///< accounts that their owner disconnected
    int kills = 0;
};

TEST_F(MoneyDays, TablesEqualStripeAfterwards) {
    find_a_busy_month();
    for (int day = 0; day < days; ++day) {
        for (const auto& account : ids)
            for (int i = dice(6); i > 0; --i)
                live(account);
        come_back();
        if (dice(4) > 0)
            trouble();
        stripe().advance(86400);
        if (day % 3 == 2)
            let_time_pass();
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    world.stripe().faults().clear();
    stripe().set_visibility_delay(0);
    come_back();
    stripe().advance(15 * 86400);
    std::string differs = "not compared";
    for (int second = 0; second < 120 && !differs.empty(); ++second) {
        let_time_pass();
        std::this_thread::sleep_for(std::chrono::seconds(1));
        differs = differences();
    }
    EXPECT_EQ(differs, "") << "seed " << seed;
    EXPECT_EQ(world.stop(), 0) << world.log();
    world.sql(
        "UPDATE pay_private.refund SET amount = amount + 1 WHERE ctid = (SELECT min(ctid) FROM "
        "pay_private.refund)");
    EXPECT_NE(differences(), "") << "the judge sees nothing";
    RecordProperty("account_days", accounts * days);
    RecordProperty("kills", kills);
    RecordProperty("ledger_rows",
                   world.sql("SELECT count(*) FROM pay_private.balance_transaction"));
}

}  // namespace
}  // namespace paysync::test
