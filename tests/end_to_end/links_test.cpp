// SPDX-License-Identifier: MIT
#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>
#include <signal.h>

/// Payment links from the first to the last one of a request, at Stripe and in the database.
namespace paysync::test {
namespace {

class Links : public testing::Test {
protected:
    Links() { world.start(); }

    std::string sent(const std::string& company = "bakery") {
        const auto id = world.request(company, "client@example.com");
        wait_sent(id);
        return id;
    }
    void wait_sent(const std::string& id) {
        world.wait_for("(SELECT delivery = 'sent' FROM pay.payment_requests WHERE request_id = '" +
                       id + "')");
    }
    std::string of(const std::string& id, const std::string& what) {
        return world.sql("SELECT " + what + " FROM pay.payment_requests WHERE request_id = '" + id +
                         "'");
    }
    void wait_for(const std::string& id, const std::string& condition) {
        world.wait_for("(SELECT " + condition + " FROM pay.payment_requests WHERE request_id = '" +
                       id + "')");
    }
    std::string account(const std::string& company = "bakery") {
        return world.sql("SELECT account_id FROM pay.integrations WHERE company = '" + company +
                         "'");
    }
    /// How many links with the request's id can be paid at Stripe.
    int payable(const std::string& id) {
        int count = 0;
        const auto lock = world.stripe().world().lock();
        world.stripe().world().each_account([&](stripe_sim::Account& account) {
            account.payment_links.each([&](stripe_sim::Record& record) {
                const auto link = record.json();
                if (link["metadata"].value("request_id", "") == id &&
                    world.stripe().world().link_open(link))
                    ++count;
            });
        });
        return count;
    }
    std::string pay(const std::string& link, const std::string& outcome = "ok") {
        const auto lock = world.stripe().world().lock();
        stripe_sim::PayInput input;
        input.outcome = outcome;
        return world.stripe().world().pay(link, input)["charge"].get<std::string>();
    }
    void settle(const std::string& charge, const std::string& outcome) {
        const auto lock = world.stripe().world().lock();
        world.stripe().world().settle(charge, outcome);
    }
    void fault(const stripe_sim::Json& script) {
        world.stripe().faults().add(stripe_sim::Fault::from_json(script));
    }
    /// Reconciliation is far behind: only Stripe knows of new payments.
    void read_nothing() {
        ASSERT_EQ(world.stop(), 0);
        world.sql("UPDATE pay_private.stream SET next_run_at = now() + interval '1 hour'");
        world.configure_reconciliation("every: 1h");
        world.start();
    }

    Scenario world;
};

TEST_F(Links, AResendAfterAPaymentThatIsNotReadYetMakesNoSecondLink) {
    world.connect_company("bakery");
    const auto id = sent();
    read_nothing();
    pay(of(id, "link_id"));
    world.sql("SELECT pay.resend_payment_request('" + id + "')");
    wait_for(id, "state = 'paid'");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.payment_link"), "1");
    EXPECT_EQ(payable(id), 0);
    EXPECT_EQ(world.mails_of(id).count, 1U);
}

TEST_F(Links, AReplacementWhileADebitIsPendingWaitsForItsEnd) {
    world.connect_company("bakery");
    const auto id = sent();
    read_nothing();
    const auto charge = pay(of(id, "link_id"), "delayed");
    world.sql("SELECT pay.replace_payment_link('" + id + "')");
    wait_for(id, "state = 'processing'");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.payment_link"), "1");
    settle(charge, "insufficient_funds");
    world.sql("SELECT pay_private.request_reread('" + account() + "', 'charges', ARRAY['" + charge +
              "']); SELECT pg_notify('pay_payment_due', '')");
    wait_for(id, "state = 'open' AND link_active");
    EXPECT_EQ(payable(id), 1) << "the debit failed, so there is another link";
    EXPECT_EQ(of(id, "link_problem"), "");
    pay(of(id, "link_id"));
    world.sql("UPDATE pay_private.stream SET next_run_at = now()");
    world.sql("SELECT pg_notify('pay_payment_due', '')");
    wait_for(id, "state = 'paid'");
}

TEST_F(Links, AnOpenPageOfTheOldLinkCannotBePaidAnyMore) {
    world.connect_company("bakery");
    const auto id = sent();
    const auto old = of(id, "link_id");
    const auto session = world.stripe().world().open_session(old, "")["id"].get<std::string>();
    world.sql("SELECT pay.replace_payment_link('" + id + "')");
    wait_for(id, "link_active AND link_id <> '" + old + "'");
    stripe_sim::PayInput input;
    input.session = session;
    input.force = true;
    EXPECT_ANY_THROW(world.stripe().world().pay(old, input)) << "its session has expired";
    EXPECT_EQ(payable(id), 1);
}

TEST_F(Links, AnOpenPageOfACancelledRequestCannotBePaidAnyMore) {
    world.connect_company("bakery");
    const auto id = sent();
    const auto link = of(id, "link_id");
    stripe_sim::PayInput input;
    input.session = world.stripe().world().open_session(link)["id"].get<std::string>();
    input.force = true;
    world.sql("SELECT pay.cancel_payment_request('" + id + "')");
    wait_for(id, "NOT link_active");
    EXPECT_ANY_THROW(world.stripe().world().pay(link, input)) << "its session has expired";
}

TEST_F(Links, NoMorePeoplePayThanTheRequestAllows) {
    world.connect_company("bakery");
    const auto id = world.sql(
        "SELECT pay.request_payment('bakery', 'client@example.com', 1250, 'usd', 'Fee', "
        "multi_party => true, max_payments => 2)");
    wait_sent(id);
    read_nothing();
    pay(of(id, "link_id"));
    const auto debit = pay(of(id, "link_id"), "delayed");
    EXPECT_EQ(payable(id), 0) << "Stripe counts, too";
    const auto read = [&] {
        world.sql(
            "UPDATE pay_private.stream SET next_run_at = now(); SELECT "
            "pg_notify('pay_payment_due', "
            "'')");
    };
    read();
    wait_for(id, "payments = 1 AND NOT link_active");
    settle(debit, "insufficient_funds");
    world.sql("SELECT pay_private.request_reread('" + account() + "', 'charges', ARRAY['" + debit +
              "'])");
    read();
    wait_for(id, "link_active");
    EXPECT_EQ(payable(id), 1) << "the debit failed, so there is a place again";
    pay(of(id, "link_id"));
    EXPECT_EQ(payable(id), 0) << "the new link has the places that are left";
    read();
    wait_for(id, "payments = 2 AND NOT link_active");
}

TEST_F(Links, ALinkThatItsOwnerSwitchedOffIsReplaced) {
    world.connect_company("bakery");
    const auto id = sent();
    const auto old = of(id, "link_id");
    world.stripe().world().update_payment_link(account(), old, {{"active", false}});
    // As if a day had passed.
    world.sql("UPDATE pay_private.payment_link SET created_at = now() - interval '1 day'");
    world.sql(
        "INSERT INTO pay_private.link_sweep (account_id, next_run_at) SELECT account_id, now() "
        "FROM "
        "pay.integrations ON CONFLICT (account_id) DO UPDATE SET next_run_at = now()");
    wait_for(id, "link_active AND link_id <> '" + old + "'");
    EXPECT_EQ(payable(id), 1);
    EXPECT_EQ(world.mails_of(id).count, 1U);
}

TEST_F(Links, ALinkThatNobodyKnowsIsFoundAndSwitchedOff) {
    world.connect_company("bakery");
    const auto id = sent();
    const auto known = of(id, "link_id");
    const stripe_sim::Json params = {
        {"line_items",
         {{{"quantity", 1},
           {"price_data",
            {{"currency", "usd"}, {"unit_amount", 1250}, {"product_data", {{"name", "x"}}}}}}}},
        {"metadata", {{"request_id", id}}}};
    world.stripe().world().create_payment_link(account(), params);
    EXPECT_EQ(payable(id), 2);
    world.sql(
        "INSERT INTO pay_private.link_sweep (account_id, next_run_at) SELECT account_id, now() "
        "FROM "
        "pay.integrations ON CONFLICT (account_id) DO UPDATE SET next_run_at = now()");
    world.wait_until("one payable link", [&] { return payable(id) == 1; });
    EXPECT_EQ(of(id, "link_id"), known);
}

TEST_F(Links, ALinkOfADaemonThatDiedIsSwitchedOffAfterACancel) {
    world.connect_company("bakery");
    ASSERT_EQ(world.stop(), 0);
    world.start("after-link-post");
    const auto id = world.request("bakery", "client@example.com");
    EXPECT_EQ(world.daemon().wait(), -SIGKILL) << world.log();
    EXPECT_EQ(payable(id), 1);
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.payment_link"), "0");
    world.sql("SELECT pay.cancel_payment_request('" + id + "')");
    // As if five minutes had passed.
    world.sql("UPDATE pay_private.stripe_call SET next_try_at = now()");
    world.start();
    world.wait_until("no payable link", [&] { return payable(id) == 0; });
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.payment_link"), "1");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.stripe_call WHERE finished_at IS NULL"),
              "0");
}

TEST_F(Links, AStoredFailureIsLookedUpAndNotWaitedFor) {
    world.connect_company("bakery");
    fault({{"kind", "500_after"}, {"method", "POST"}, {"path", "/v1/payment_links"}});
    const auto id = sent();
    EXPECT_EQ(payable(id), 1) << "the link that the failed call made";
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay_private.payment_link"), "1");
    pay(of(id, "link_id"));
    wait_for(id, "state = 'paid'");
}

TEST_F(Links, ARefusedLinkWaitsAndCorrectedSettingsHelp) {
    world.connect_company("bakery");
    fault({{"kind", "status"},
           {"status", 400},
           {"type", "invalid_request_error"},
           {"message", "The payment method type is invalid."},
           {"method", "POST"},
           {"path", "/v1/payment_links"},
           {"times", -1}});
    const auto id = world.request("bakery", "client@example.com");
    wait_for(id,
             "link_problem LIKE 'Stripe refuses the payment link:%' AND state = 'open' AND "
             "reason_code = 'stripe_refused'");
    const auto [code, out] = world.ctl({"doctor"});
    EXPECT_EQ(code, 1);
    EXPECT_NE(out.find("without a link that can be paid"), std::string::npos) << out;
    world.stripe().faults().clear();
    world.sql("SELECT pay.update_settings('bakery', payment_methods => '{card}')");
    wait_sent(id);
    EXPECT_EQ(of(id, "link_problem"), "");
}

TEST_F(Links, OneRefusedAccountDoesNotStopTheOthers) {
    world.connect_company("bakery");
    world.connect_company("florist");
    fault({{"kind", "permission"},
           {"method", "POST"},
           {"path", "/v1/payment_links"},
           {"account", account("florist")},
           {"times", -1}});
    std::vector<std::string> refused, good;
    for (int i = 0; i < 5; ++i) {
        refused.push_back(world.request("florist", "a@example.com"));
        good.push_back(world.request("bakery", "b@example.com"));
    }
    for (const auto& id : good)
        wait_sent(id);
    for (const auto& id : refused)
        wait_for(id, "state = 'open' AND reason_code = 'stripe_account_unreachable'");
    EXPECT_EQ(world.sql("SELECT count(*) FROM pay.runs WHERE job = 'payment_requests.send' AND "
                        "state = 'failed'"),
              "0");
    world.stripe().faults().clear();
    world.sql(
        "UPDATE pay_private.delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT "
        "NULL; SELECT pg_notify('pay_payment_request', '')");
    for (const auto& id : refused)
        wait_sent(id);
}

TEST_F(Links, APartPaymentLeavesTheRestToBePaid) {
    world.connect_company("bakery");
    const auto id = sent();
    const auto first = of(id, "link_id");
    world.stripe().world().add_charges(
        account(), {{"amount", 250}, {"currency", "usd"}, {"metadata", {{"request_id", id}}}});
    wait_for(id, "state = 'partially_paid' AND link_active AND link_id <> '" + first + "'");
    EXPECT_EQ(world.sql("SELECT amount FROM pay_private.payment_link WHERE wanted_active"), "1000");
    world.wait_until("one payable link", [&] { return payable(id) == 1; });
    pay(of(id, "link_id"));
    wait_for(id, "state = 'paid' AND amount_paid = 1250");
}

}  // namespace
}  // namespace paysync::test
