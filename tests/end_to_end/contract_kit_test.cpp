// SPDX-License-Identifier: MIT
// The contract kit must leave the same rows as the daemon. The same life of a company is played in
// two databases: in one paysyncd works with Stripe's stand-in and a mail server, the other one the
// kit plays.
#include "jobs/embedded.hpp"
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace paysync::test {
namespace {

/// The actions that the life needs from an environment.
class World {
public:
    virtual ~World() = default;
    virtual std::string sql(const std::string& statement) = 0;
    /// Waits until no work is due.
    virtual void settle() = 0;
    virtual void submit_form(const std::string& command) = 0;
    virtual void pay(const std::string& request) = 0;
    virtual void refund(const std::string& charge) = 0;
};

class DaemonWorld : public World {
public:
    DaemonWorld() {
        for (const auto* name : {"refused@example.com", "in-doubt@example.com"}) {
            smtp_sim::Rule rule;
            rule.stage = smtp_sim::Stage::rcpt;
            rule.recipient = name;
            if (name == std::string("in-doubt@example.com")) {
                rule.stage = smtp_sim::Stage::dot;
                rule.act = smtp_sim::Act::cut_before_reply;
            } else {
                rule.reply = smtp_sim::Reply{550, "5.1.1 no such mailbox"};
            }
            scenario_.smtp().add_rule(rule);
        }
        scenario_.start();
    }
    std::string sql(const std::string& statement) override { return scenario_.sql(statement); }
    void settle() override {
        scenario_.wait_for(R"sql(
            NOT EXISTS (SELECT FROM pay.commands WHERE state IN ('queued', 'running'))
            AND NOT EXISTS (SELECT FROM pay_private.delivery WHERE state IN ('queued', 'ready', 'sending', 'committing')
                               AND next_attempt_at < now() + interval '1 minute')
            AND NOT EXISTS (SELECT FROM pay_private.payment_link WHERE active AND NOT wanted_active))sql");
    }
    void submit_form(const std::string& command) override { scenario_.submit_onboarding(command); }
    void pay(const std::string& request) override {
        const auto link =
            sql("SELECT link_id FROM pay.payment_requests WHERE request_id = '" + request + "'");
        {
            const auto lock = scenario_.stripe().world().lock();
            scenario_.stripe().world().pay(link);
        }
        scenario_.wait_for(
            "(SELECT amount_paid > 0 FROM pay.payment_requests WHERE request_id = '" + request +
            "')");
    }
    void refund(const std::string& charge) override {
        const auto account =
            sql("SELECT account_id FROM pay.my_payments WHERE charge_id = '" + charge + "'");
        {
            const auto lock = scenario_.stripe().world().lock();
            scenario_.stripe().world().refund(account, stripe_sim::Json{{"charge", charge}});
        }
        // The charge and its refund are two streams.
        scenario_.wait_for("(SELECT refunded > 0 FROM pay.my_payments WHERE charge_id = '" +
                           charge + "') AND EXISTS (SELECT FROM pay.refunds WHERE charge_id = '" +
                           charge + "')");
    }

private:
    Scenario scenario_;
};

class KitWorld : public World {
public:
    KitWorld() {
        for (const auto& file : embedded::contract_kit())
            sql(std::string(file.text));
    }
    std::string sql(const std::string& statement) override {
        pqxx::work tx(connection_);
        const auto rows = tx.exec(statement);
        tx.commit();
        return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
    }
    void settle() override {
        while (sql("SELECT pay_kit.play()") != "0") {
        }
    }
    void submit_form(const std::string&) override {}
    void pay(const std::string& request) override { sql("SELECT pay_kit.pay('" + request + "')"); }
    void refund(const std::string& charge) override {
        sql("SELECT pay_kit.refund('" + charge + "')");
    }

private:
    TempDatabase database_;
    pqxx::connection connection_{database_.dsn()};
};

constexpr const char* kSeen = R"sql(
    SELECT string_agg(line, E'\n' ORDER BY part, place) FROM (
        SELECT 1 AS part, row_number() OVER (ORDER BY seq) AS place,
               format('command %s %s %s %s', kind, state, error_code, result_url IS NOT NULL) AS line FROM pay.commands
        UNION ALL
        SELECT 2, row_number() OVER (ORDER BY company),
               format('integration %s %s %s %s, may %s %s %s %s', company, stage, stage_detail, blocker, can_connect, can_manage,
                      can_disconnect, can_reconnect) FROM pay.integrations
        UNION ALL
        SELECT 3, row_number() OVER (ORDER BY e.company, e.seq), format('stage %s %s -> %s', e.company, e.from_stage, e.to_stage)
          FROM pay.stage_history e
        UNION ALL
        SELECT 4, row_number() OVER (ORDER BY request_key),
               format('request %s %s %s %s, link %s, paid %s', request_key, state, delivery, reason_code, link_active, amount_paid)
          FROM pay.payment_requests
        UNION ALL
        SELECT 5, row_number() OVER (ORDER BY r.request_key, d.kind, d.recipient, d.number),
               format('mail %s %s %s %s %s', r.request_key, d.kind, d.recipient, d.number, d.state)
          FROM pay.deliveries d JOIN pay.payment_requests r USING (request_id)
        UNION ALL
        SELECT 6, row_number() OVER (ORDER BY r.request_key),
               format('payment %s %s %s %s, back %s, %s', r.request_key, p.status, p.amount, p.currency, p.refunded, p.method)
          FROM pay.my_payments p JOIN pay.payment_requests r USING (request_id)
        UNION ALL
        SELECT 7, row_number() OVER (ORDER BY email), format('suppressed %s', email) FROM pay.suppression
        UNION ALL
        SELECT 8, row_number() OVER (ORDER BY company, setting), format('setting %s %s %s', company, setting, state) FROM pay.settings
    ) seen)sql";

std::string request(World& world, const std::string& key, const std::string& name,
                    const std::string& more = "") {
    return world.sql(fmt::format(
        "SELECT pay.request_payment('bakery', '{}@example.com', 1250, 'usd', 'Invoice', "
        "request_key => '{}'{})",
        name, key, more));
}

std::string life(World& world) {
    world.sql(
        "SELECT pay.register_company('bakery', 'The Bakery', email => 'owner@example.com', country "
        "=> 'US')");
    world.sql(
        "SELECT pay.register_company('idle', 'Idle', email => 'idle@example.com', country => "
        "'US')");
    world.sql(
        "SELECT pay.update_settings('bakery', payment_methods => '{card}', application_fee_percent "
        "=> 1)");
    world.sql("SELECT pay.refresh('idle')");
    const auto waits = request(world, "waits", "waits");
    world.settle();
    const auto connect = world.sql("SELECT pay.connect('bakery', 'owner@example.com')");
    world.settle();
    world.submit_form(connect);
    world.sql("SELECT pay.finalize('bakery')");
    world.settle();
    world.sql("SELECT pay.connect('bakery', 'owner@example.com')");
    world.sql(
        "INSERT INTO pay.suppression (email, reason) VALUES ('suppressed@example.com', 'manual')");
    const auto paid = request(world, "paid", "client", ", cc => '{books@example.com}'");
    const auto back = request(world, "refunded", "client");
    const auto cancelled = request(world, "cancelled", "client");
    const auto replaced = request(world, "replaced", "client");
    request(world, "suppressed", "suppressed");
    request(world, "refused", "refused");
    request(world, "in-doubt", "in-doubt");
    world.settle();
    world.sql("SELECT pay.cancel_payment_request('" + cancelled + "')");
    world.sql("SELECT pay.resend_payment_request('" + replaced + "')");
    world.pay(paid);
    world.pay(back);
    world.settle();
    world.refund(
        world.sql("SELECT charge_id FROM pay.my_payments WHERE request_id = '" + back + "'"));
    world.sql("SELECT pay.disconnect('bakery', 'invented')");
    world.settle();
    const auto asked = world.sql("SELECT pay.disconnect('bakery')");
    world.settle();
    world.sql(
        "SELECT pay.disconnect('bakery', (SELECT result ->> 'confirmation' FROM pay.commands WHERE "
        "command_id = '" +
        asked + "'))");
    world.settle();
    request(world, "held", "client");
    world.settle();
    world.sql(
        "SELECT pay.reconnect('bakery', account_id, 'nobody@example.com') FROM pay.integrations "
        "WHERE company = 'bakery'");
    world.settle();
    world.sql(
        "SELECT pay.reconnect('bakery', account_id, 'owner@example.com') FROM pay.integrations "
        "WHERE company = 'bakery'");
    world.settle();
    return world.sql(kSeen);
}

TEST(ContractKit, LeavesTheSameRowsAsTheDaemon) {
    DaemonWorld daemon;
    KitWorld kit;
    const auto wanted = life(daemon);
    EXPECT_NE(wanted.find("request paid paid sent"), std::string::npos) << wanted;
    EXPECT_EQ(life(kit), wanted);
}

}  // namespace
}  // namespace paysync::test
