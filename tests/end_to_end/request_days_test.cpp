// SPDX-License-Identifier: MIT
#include "tests/support/environment.hpp"
#include "tests/support/request_events.hpp"
#include "tests/support/request_facts.hpp"
#include "tests/support/request_model.hpp"
#include "tests/support/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <thread>

/// Payment requests of several companies with all that can happen to them, in random order from a
/// seed, while the daemon reads only now and then, is killed, and Stripe and the mail server fail.
/// Afterwards state, link and mails of each request equal those of a model (RequestModel) that
/// knows nothing of the schema. PAYSYNC_SOAK_REQUESTS, PAYSYNC_SOAK_COMPANIES and PAYSYNC_SOAK_SEED
/// set the size and the seed (scripts/soak payment_requests).
namespace paysync::test {
namespace {

using stripe_sim::Json;

class RequestDays : public testing::Test {
protected:
    RequestDays() : events(world, static_cast<unsigned>(seed)) {
        world.configure_onboarding("fuse_at_least: 1000000");
        world.configure_payment_requests("first_retry: 1s\n    last_retry: 1s");
        world.configure_reconciliation("every: 100ms\n    slowest: 200ms\n    verify_every: 1s");
        world.configure_log("info");
        world.start();
        for (int i = 0; i < companies; ++i) {
            const auto name = fmt::format("c{}", i);
            world.connect_company(name);
            names.push_back(name);
            accounts.push_back(world.sql(
                "SELECT account_id FROM pay.integrations WHERE company = '" + name + "'"));
        }
    }

    stripe_sim::World& stripe() { return world.stripe().world(); }
    int dice(int sides) { return events.dice(sides); }

    void live() {
        for (int i = 0; i < per_round; ++i) {
            const auto company = static_cast<std::size_t>(dice(companies));
            asked.push_back(events.ask(names[company], accounts[company]));
        }
        // The payers of new requests get their links first.
        if (dice(3) > 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(dice(1500)));
        const StripeFacts facts(stripe(), accounts);
        for (int i = 0; i < 4 * per_round; ++i) {
            auto& one = asked[static_cast<std::size_t>(dice(static_cast<int>(asked.size())))];
            const auto links = facts.links.find(one.id);
            events.happen(one,
                          links == facts.links.end() ? std::vector<LinkFacts>() : links->second);
        }
    }

    /// What happens until the daemon reads again.
    void jump() {
        switch (dice(8)) {
            case 0:
                die();
                break;
            case 1:
                world.kill();
                live();
                world.start();
                ++kills;
                break;
            case 2:
                fail_at_stripe();
                break;
            case 3:
                world.smtp().add_rule({.stage = smtp_sim::Stage::connect,
                                       .times = 5,
                                       .reply = smtp_sim::Reply{421, "4.3.2 Not now"}});
                break;
            case 4:
                leave();
                break;
            default:
                std::this_thread::sleep_for(std::chrono::milliseconds(dice(500)));
        }
    }
    void die() {
        world.kill();
        world.start();
        ++kills;
    }
    void fail_at_stripe() {
        static const Json kFaults[] = {
            {{"kind", "status"}, {"status", 500}, {"path", "/v1/"}, {"times", 10}},
            {{"kind", "status"}, {"status", 429}, {"path", "/v1/"}, {"times", 10}},
            {{"kind", "500_after"},
             {"status", 500},
             {"method", "POST"},
             {"path", "/v1/payment_links"},
             {"times", 3}},
            {{"kind", "status"},
             {"status", 500},
             {"remembered", true},
             {"method", "POST"},
             {"path", "/v1/payment_links"},
             {"times", 3}},
            {{"kind", "reset_after"},
             {"method", "POST"},
             {"path", "/v1/payment_links"},
             {"times", 3}},
            {{"kind", "reset_before"}, {"method", "GET"}, {"path", "/v1/charges"}, {"times", 3}},
        };
        world.stripe().faults().add(stripe_sim::Fault::from_json(kFaults[dice(6)]));
    }
    /// The owner ends the connection and restores it a while later.
    void leave() {
        away.push_back(accounts[static_cast<std::size_t>(dice(companies))]);
        stripe().deauthorize(away.back());
    }
    void come_back() {
        for (const auto& account : std::exchange(away, {}))
            stripe().reconnect(account);
    }

    /// Makes everything due that would be looked at again later.
    void let_time_pass() {
        static const std::pair<const char*, const char*> kPauses[] = {
            {"pay_private.charge", "next_check_at"},
            {"pay_private.refund", "next_check_at"},
            {"pay_private.dispute", "next_check_at"},
            {"pay_private.balance_transaction", "next_check_at"},
            {"pay_private.stream", "next_run_at"},
            {"pay_private.link_sweep", "next_run_at"},
            {"pay_private.payment_link", "next_attempt_at"},
            {"pay_private.stripe_call", "next_try_at"},
            {"pay_private.delivery", "next_attempt_at"},
            {"pay.payment_request", "link_wanted_at"}};
        // Rows that the daemon has locked are left for the next time: it locks in another order.
        for (const auto& [table, column] : kPauses)
            world.sql(
                fmt::format("UPDATE {0} SET {1} = now() WHERE ctid = ANY (ARRAY(SELECT ctid FROM "
                            "{0} WHERE {1} > now() FOR UPDATE SKIP LOCKED))",
                            table, column));
    }

    /// A person lets a mail account go on that many refusals have stopped, looks into the mail
    /// server's log and settles the deliveries in doubt.
    void look_after_mails() {
        if (const auto held = world.sql("SELECT mail_account FROM pay_private.mail_account_hold");
            !held.empty())
            world.ctl({"mail", "resume", held});
        const auto doubts =
            Json::parse(world.sql("SELECT coalesce(json_agg(json_build_object('id', delivery_id, "
                                  "'message', message_id)), "
                                  "'[]') FROM pay.deliveries WHERE state = 'in_doubt'"));
        if (doubts.empty())
            return;
        const auto delivered = world.smtp().accepted_by_header("Message-ID");
        for (const auto& doubt : doubts) {
            const bool arrived =
                delivered.contains("<" + doubt["message"].get<std::string>() + ">");
            const auto id = doubt["id"].get<std::string>();
            // As 'paysyncctl mail resolve' does, of which hundreds would take minutes.
            const auto resolve = [&](const char* sent) {
                return world.sql(
                    fmt::format("SELECT pay_private.resolve_mail('{}', {})", id, sent));
            };
            if (arrived || resolve("false") == "0")
                resolve("true");
        }
    }

    /// The differences between the model and the rows, one a line; "" if there are none.
    std::string differences() {
        const StripeFacts facts(stripe(), accounts);
        const auto rows = Json::parse(world.sql(
            "SELECT json_object_agg(r.request_id, json_build_object('state', r.state, 'closed_as', "
            "coalesce(r.closed_as, ''), 'paid', r.amount_paid, 'refunded', r.amount_refunded, "
            "'disputed', r.amount_disputed, 'processing', r.amount_processing, 'authorized', "
            "r.amount_authorized, 'problem', coalesce(r.link_problem, ''))) FROM "
            "pay.payment_requests r"));
        std::string all;
        differing.clear();
        for (const auto& one : asked) {
            const auto differs = differences(one, facts, rows.at(one.id));
            if (!differs.empty())
                differing.push_back(&one);
            all += differs;
        }
        return all + unfinished(facts);
    }

    /// Deliveries that should have gone out or been cancelled. Those that ask for money wait while
    /// a payment is under way.
    std::string unfinished(const StripeFacts& facts) {
        const auto rows = Json::parse(world.sql(
            "SELECT coalesce(json_agg(json_build_object('request', d.request_id, 'text', "
            "concat_ws(' ', d.kind, d.state, d.reason_text, r.state, r.link_problem))), '[]') FROM "
            "pay.deliveries d JOIN pay.payment_requests r USING (request_id) WHERE d.state IN "
            "('queued', 'ready', 'sending', 'committing', 'deferred', 'in_doubt') AND NOT (d.kind "
            "IN ('request', 'reminder', 'debit_failed') AND r.state IN ('processing', "
            "'authorized'))"));
        std::string all;
        for (const auto& row : rows)
            for (const auto& one : asked)
                if (row["request"] == one.id && (strict_links || payable(facts, one).first > 0))
                    all += fmt::format("delivery of {}: {}: {}\n", one.id,
                                       row["text"].get<std::string>(), one.history);
        return all;
    }

    std::string differences(const Asked& one, const StripeFacts& facts, const Json& row) {
        const auto closed_as = row["closed_as"].get<std::string>();
        RequestFacts known{.amount = one.amount,
                           .multi_party = one.multi_party,
                           .max_payments = one.max_payments,
                           .closed_as = closed_as};
        if (const auto found = facts.charges.find(one.id); found != facts.charges.end())
            known.charges = found->second;
        const RequestModel model(known);
        std::string all;
        const auto differ = [&](const std::string& what, const auto& is, const auto& ought) {
            if (is != ought)
                all += fmt::format("{} ({} of {}{}): {} is {}, not {}\n", one.id, one.email,
                                   one.amount, one.multi_party ? ", multi-party" : "", what, is,
                                   ought);
        };
        differ("state", row["state"].get<std::string>(), model.state);
        differ("amount_paid", row["paid"].get<std::int64_t>(), model.captured);
        differ("amount_refunded", row["refunded"].get<std::int64_t>(), model.given_back);
        differ("amount_disputed", row["disputed"].get<std::int64_t>(), model.disputed);
        differ("amount_processing", row["processing"].get<std::int64_t>(), model.processing);
        differ("amount_authorized", row["authorized"].get<std::int64_t>(), model.authorized);
        if (!closed_as.empty() && !one.may_be_closed_as.contains(closed_as))
            all += one.id + ": nobody closed it as " + closed_as + "\n";
        const auto [count, asks] = payable(facts, one);
        if (strict_links || count > 1 || !model.wants_link) {
            differ("the number of its payable links", count, model.wants_link ? 1 : 0);
            if (count == 1)
                differ("the amount of its link", asks, model.link_amount);
        }
        if (!all.empty())
            all += fmt::format("    {}, closed_as '{}', link_problem '{}': {}\n", model.state,
                               closed_as, row["problem"].get<std::string>(), one.history);
        return all;
    }

    /// The request's links, deliveries and charges, for a person who looks into a difference.
    std::string rows_of(const Asked& one) {
        std::string all;
        for (const auto* table : {"pay.payment_request", "pay_private.payment_link",
                                  "pay_private.delivery", "pay_private.charge"})
            all +=
                fmt::format("    {}: {}\n", table,
                            world.sql(fmt::format("SELECT string_agg(jsonb_strip_nulls(to_jsonb(t) "
                                                  "- 'raw')::text, E'\\n        ') "
                                                  "FROM {} t WHERE request_id = '{}'",
                                                  table, one.id)));
        return all;
    }

    /// How many links of the request a payer can pay, and the amount that the last one asks for.
    static std::pair<int, std::int64_t> payable(const StripeFacts& facts, const Asked& one) {
        std::pair<int, std::int64_t> all{0, 0};
        if (const auto found = facts.links.find(one.id); found != facts.links.end())
            for (const auto& link : found->second)
                if (link.payable)
                    all = {all.first + 1, link.amount};
        return all;
    }

    /// Each message arrived once with the same bytes; what is called sent did arrive; a payment
    /// that nothing happened to afterwards has one receipt.
    std::string wrong_mails() {
        std::string all;
        const auto delivered = world.smtp().accepted_by_header("Message-ID");
        for (const auto& [message, accepted] : delivered)
            if (accepted.count != 1 || !accepted.identical)
                all += fmt::format("{} arrived {} times\n", message, accepted.count);
        const auto rows = Json::parse(world.sql(
            "SELECT coalesce(json_agg(json_build_object('message', message_id, 'request', "
            "request_id, 'kind', kind, 'charge', charge_id, 'outcome', last_outcome)), '[]') FROM "
            "pay.deliveries WHERE state = 'sent'"));
        std::map<std::string, int> receipts;
        for (const auto& row : rows) {
            const bool there = delivered.contains("<" + row["message"].get<std::string>() + ">");
            if (!there && row["outcome"] == "accepted")
                all += row.dump() + " did not arrive\n";
            if (row["kind"] == "receipt")
                ++receipts[row["charge"].get<std::string>()];
        }
        const StripeFacts facts(stripe(), accounts);
        for (const auto& one : asked)
            for (const auto& id : one.charges) {
                const bool plain =
                    !events.touched().contains(id) && !one.refused && taken(facts, one, id);
                if (receipts[id] > 1 || (plain && receipts[id] != 1))
                    all += fmt::format("{} of {} has {} receipts: {}\n", id, one.id, receipts[id],
                                       one.history + "\n" + rows_of(one));
            }
        return all;
    }
    static bool taken(const StripeFacts& facts, const Asked& one, const std::string& id) {
        const auto found = facts.charges.find(one.id);
        if (found != facts.charges.end())
            for (const auto& charge : found->second)
                if (charge.charge_id == id)
                    return charge.taken();
        return false;
    }

    void settle() {
        world.stripe().faults().clear();
        come_back();
        std::string differs = "not compared";
        for (int second = 0; second < patience && !differs.empty(); ++second) {
            let_time_pass();
            std::this_thread::sleep_for(std::chrono::seconds(1));
            look_after_mails();
            differs = differences();
        }
        const auto log = world.log();
        std::string rows;
        for (std::size_t i = 0; i < std::min<std::size_t>(differing.size(), 5); ++i)
            rows += differing[i]->id + "\n" + rows_of(*differing[i]);
        EXPECT_EQ(differs.substr(0, 8000), "")
            << "PAYSYNC_SOAK_SEED=" << seed << "\n"
            << rows << log.substr(log.size() - std::min<std::size_t>(log.size(), 4000));
    }

    const int requests = from_environment("PAYSYNC_SOAK_REQUESTS", 120);
    const int companies = from_environment("PAYSYNC_SOAK_COMPANIES", 3);
    const int seed = from_environment("PAYSYNC_SOAK_SEED", 20261130);
    const int patience = from_environment("PAYSYNC_SOAK_PATIENCE", 60 + requests / 20);
    /// 0: only that no request has a link that it must not have. 1: also that each request that
    /// wants a link has it, for the right amount.
    const bool strict_links = from_environment("PAYSYNC_SOAK_LINKS", 1) != 0;
    const int per_round = std::max(10, requests / 100);
    Scenario world;
    RequestEvents events;
    std::vector<std::string> names;
    std::vector<std::string> accounts;
    std::vector<std::string> away;  ///< accounts that their owner disconnected
    std::vector<Asked> asked;
    std::vector<const Asked*> differing;  ///< from the model, when they were compared last
    int kills = 0;
};

TEST_F(RequestDays, StatesLinksAndMailsEqualTheModel) {
    while (static_cast<int>(asked.size()) < requests) {
        live();
        jump();
        if (dice(3) == 0)
            come_back();
    }
    settle();
    EXPECT_EQ(wrong_mails().substr(0, 8000), "") << "PAYSYNC_SOAK_SEED=" << seed;
    EXPECT_EQ(world.stop(), 0) << world.log();
    RecordProperty("requests", static_cast<int>(asked.size()));
    RecordProperty("kills", kills);
}

}  // namespace
}  // namespace paysync::test
