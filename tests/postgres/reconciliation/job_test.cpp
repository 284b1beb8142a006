// SPDX-License-Identifier: MIT
#include "daemon/base/db/pool.hpp"
#include "daemon/base/mail/sender.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/reconciliation/read_job.hpp"
#include "jobs/stripe/budget.hpp"
#include "jobs/stripe/client.hpp"
#include "jobs/stripe/error.hpp"
#include "jobs/stripe/form.hpp"
#include "tests/postgres/reconciliation/fixture.hpp"
#include "tests/support/fake_http.hpp"
#include "tests/support/run_task.hpp"

namespace paysync::reconciliation {
namespace {

using test::charge;
using test::Json;
using test::page_of;

class NoMail final : public mail::Sender {
public:
    std::vector<mail::AccountState> accounts() const override { return {}; }
    void clear_refusals(const std::string&) override {}
    Task<mail::Admission> admit(std::string, std::string, std::stop_token) override {
        throw std::logic_error("no mail here");
    }
    Task<mail::SendResult> send(std::unique_ptr<mail::Permit>, mail::OutgoingMessage,
                                mail::CommitPoint&, std::stop_token) override {
        throw std::logic_error("reconciliation sends no mail");
    }
};

/// Whole passes of the job with a scripted Stripe. Every account's watermark is known, and so is
/// the first call of each walk.
class ReconciliationJob : public test::ReconciliationTest {
protected:
    ReconciliationJob() {
        call(store::release_done, lease_, false);
        db::Pool::Options options;
        options.conninfo = database_.dsn();
        options.workers = 2;
        pool_.emplace(loop_, options);
        settle_account("acct_1");
        read_in_parts(1);
    }

    void read_in_parts(int slices) {
        Settings settings;
        settings.slices = slices;
        job_.emplace(settings);
    }

    /// The account was read up to some time ago, and is due.
    void settle_account(const std::string& account_id) {
        run(
            fmt::format("UPDATE pay_private.stream SET walk_from = NULL, walk_started_at = NULL, "
                        "watermark = to_timestamp({0}), next_run_at = now() - interval '1 min', "
                        "last_completed_at = now() WHERE account_id = '{1}';"
                        "DELETE FROM pay_private.slice WHERE account_id = '{1}'",
                        kFrom + 900, account_id));
    }
    void connect_settled(const std::string& account_id) {
        connect(account_id, "acme");
        settle_account(account_id);
    }

    /// Rows that an earlier walk stored.
    void store_before(const std::vector<Json>& items) {
        run("UPDATE pay_private.stream SET next_run_at = now() - interval '1 s'");
        lease_ = claim().value().lease;
        store(items);
        call(store::release_done, lease_, false);
        settle_account("acct_1");
    }

    static std::string list_url(const std::string& cursor = "", std::int64_t from = kFrom,
                                std::int64_t until = 0) {
        stripe::Form query;
        query.add("created[gte]", from);
        if (until != 0)
            query.add("created[lt]", until);
        query.add("limit", 100);
        query.add("expand[]", "data.balance_transaction");
        if (!cursor.empty())
            query.add("starting_after", cursor);
        return "https://api.stripe.com" + stripe::query("/v1/charges", query);
    }
    static std::string error(const std::string& code, const std::string& message = "no") {
        return Json{
            {"error", {{"type", "invalid_request_error"}, {"code", code}, {"message", message}}}}
            .dump();
    }

    void pass() {
        Context context{loop_, clock_,       *pool_,     client_,
                        mail_, LeaseTimes(), "daemon-1", stop_.get_token()};
        run_task(loop_, job_->run(context));
    }
    std::string charges() {
        return column("SELECT account_id || '/' || charge_id FROM pay_private.charge ORDER BY 1");
    }
    std::string last_error(const std::string& account_id) {
        return value("SELECT last_error FROM pay_private.stream WHERE account_id = '" + account_id +
                     "'");
    }
    std::string leases() {
        return value("SELECT count(*) FROM pay_private.stream WHERE leased_until IS NOT NULL");
    }

    static constexpr std::int64_t kFrom = 1700000000;
    Loop loop_;
    LoopClock clock_{loop_};
    FakeHttp http_;
    stripe::Budget::Options budget_options_{1000, 1000, 8, 0.2};
    stripe::Budget budget_{clock_, budget_options_};
    stripe::Client client_{http_, clock_, budget_, stripe::Client::Options()};
    NoMail mail_;
    std::optional<db::Pool> pool_;
    std::stop_source stop_;
    std::optional<ReadJob> job_;
};

TEST_F(ReconciliationJob, ReadsAllPagesAndThenNothingIsDue) {
    http_.on("GET", list_url(), 200, page_of({charge("3"), charge("2")}, true));
    http_.on("GET", list_url("ch_2"), 200, page_of({charge("1")}));
    pass();
    EXPECT_EQ(charges(), "acct_1/ch_1 acct_1/ch_2 acct_1/ch_3");
    EXPECT_EQ(FakeHttp::header(http_.requests().at(0), "Stripe-Account"), "acct_1");
    EXPECT_TRUE(http_.exhausted());
    EXPECT_EQ(leases(), "0");
    pass();
    EXPECT_EQ(http_.requests().size(), 2u) << "nothing is due";
}

TEST_F(ReconciliationJob, AFailingAccountDelaysNoOther) {
    connect_settled("acct_2");
    connect_settled("acct_3");
    int turn = 0;
    const auto by_account = [&turn](const http::Request& request) {
        http::Response response;
        ++turn;
        const auto account = FakeHttp::header(request, "Stripe-Account");
        response.status = account == "acct_1" ? 400 : 200;
        response.body = account == "acct_1"   ? error("parameter_invalid_integer")
                        : account == "acct_2" ? "<html>not a list</html>"
                                              : page_of({charge("7")});
        return response;
    };
    for (int i = 0; i < 3; ++i)
        http_.handle("GET", list_url(), by_account);
    pass();
    EXPECT_EQ(turn, 3);
    EXPECT_EQ(charges(), "acct_3/ch_7");
    EXPECT_NE(last_error("acct_1").find("parameter_invalid_integer"), std::string::npos);
    EXPECT_NE(last_error("acct_2"), "NULL");
    EXPECT_EQ(last_error("acct_3"), "NULL");
    EXPECT_EQ(leases(), "0");
    pass();
    EXPECT_EQ(turn, 3) << "the broken ones are put off";
}

TEST_F(ReconciliationJob, ALostAccountIsReportedToOnboarding) {
    http_.on("GET", list_url(), 403, error("account_invalid"));
    pass();
    EXPECT_EQ(value("SELECT account_id || ' ' || cause FROM pay_private.suspicion"),
              "acct_1 reading its charges was refused");
    EXPECT_EQ(value("SELECT stage FROM pay_private.integration"), "completed");
}

TEST_F(ReconciliationJob, ARefusedKeyFailsThePassAndDelaysNoAccount) {
    http_.on("GET", list_url(), 401, error("api_key_expired"));
    EXPECT_THROW(pass(), stripe::Error);
    EXPECT_NE(last_error("acct_1").find("api_key_expired"), std::string::npos);
    EXPECT_EQ(value("SELECT next_run_at <= now() AND failing_since IS NOT NULL FROM "
                    "pay_private.stream"),
              "t");
    EXPECT_EQ(leases(), "0");
}

TEST_F(ReconciliationJob, AMissingPermissionDelaysItsStreamOnly) {
    connect_settled("acct_2");
    const auto by_account = [](const http::Request& request) {
        const bool lacked = FakeHttp::header(request, "Stripe-Account") == "acct_1";
        http::Response response;
        response.status = lacked ? 403 : 200;
        response.body = lacked ? error("", "Having the 'rak_charge_read' permission …")
                               : page_of({charge("7")});
        return response;
    };
    for (int i = 0; i < 2; ++i)
        http_.handle("GET", list_url(), by_account);
    pass();
    EXPECT_EQ(charges(), "acct_2/ch_7");
    EXPECT_NE(last_error("acct_1").find("rak_charge_read"), std::string::npos);
    EXPECT_EQ(last_error("acct_2"), "NULL");
    EXPECT_EQ(leases(), "0");
}

TEST_F(ReconciliationJob, AnObjectThatCannotBeReadDelaysNoOther) {
    std::vector<Json> pending;
    for (const auto* id : {"1", "2", "3"}) {
        pending.push_back(charge(id));
        pending.back()["status"] = "pending";
    }
    store_before(pending);
    run("UPDATE pay_private.charge SET next_check_at = now() - interval '1 s'");
    stripe::Form expand;
    expand.add("expand[]", "balance_transaction");
    const auto url = [&](const std::string& id) {
        return "https://api.stripe.com" + stripe::query("/v1/charges/ch_" + id, expand);
    };
    http_.on("GET", list_url(), 200, page_of({}));
    for (const auto* id : {"1", "2", "3"})
        http_.on("GET", url(id), std::string(id) == "2" ? 400 : 200,
                 std::string(id) == "2" ? error("parameter_invalid") : charge(id).dump());
    pass();
    EXPECT_TRUE(http_.exhausted());
    EXPECT_EQ(value("SELECT string_agg(charge_id || ' ' || status, ', ' ORDER BY charge_id) FROM "
                    "pay_private.charge"),
              "ch_1 succeeded, ch_2 pending, ch_3 succeeded");
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.charge WHERE next_check_at <= now()"), "0");
    EXPECT_EQ(last_error("acct_1"), "NULL");
}

TEST_F(ReconciliationJob, AStreamWithMoreObjectsToCheckIsDueAtOnce) {
    std::vector<Json> pending;
    for (int i = 10; i < 35; ++i) {
        pending.push_back(charge(std::to_string(i)));
        pending.back()["status"] = "pending";
    }
    store_before(pending);
    run("UPDATE pay_private.charge SET next_check_at = now() - interval '1 s'");
    stripe::Form expand;
    expand.add("expand[]", "balance_transaction");
    for (int turn = 0; turn < 2; ++turn)
        http_.on("GET", list_url(), 200, page_of({}));
    for (int i = 10; i < 35; ++i)
        http_.on(
            "GET",
            "https://api.stripe.com" + stripe::query("/v1/charges/ch_" + std::to_string(i), expand),
            200, charge(std::to_string(i)).dump());
    pass();
    EXPECT_TRUE(http_.exhausted());
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.charge WHERE status = 'succeeded'"), "25");
}

TEST_F(ReconciliationJob, AVanishedCursorRestartsTheWalk) {
    http_.on("GET", list_url(), 200, page_of({charge("3")}, true));
    http_.on("GET", list_url("ch_3"), 404, error("resource_missing"));
    http_.on("GET", list_url(), 200, page_of({charge("2")}));
    pass();
    EXPECT_EQ(charges(), "acct_1/ch_2 acct_1/ch_3");
    EXPECT_EQ(last_error("acct_1"), "NULL");
}

TEST_F(ReconciliationJob, ALongWalkIsSplitIntoSlicesThatAreReadInParallel) {
    read_in_parts(2);
    const auto newest = test::an_hour_ago();
    const auto middle = kFrom + (newest - kFrom) / 2;
    auto older = charge("1");
    older["created"] = middle - 7;
    http_.on("GET", list_url(), 200, page_of({charge("3")}, true));
    // The newer half continues after the first page; the older one begins at its newest end.
    http_.on("GET", list_url("ch_3", middle), 200, page_of({charge("2")}));
    http_.on("GET", list_url("", kFrom, middle), 200, page_of({older}));
    pass();
    EXPECT_TRUE(http_.exhausted());
    EXPECT_EQ(charges(), "acct_1/ch_1 acct_1/ch_2 acct_1/ch_3");
    EXPECT_EQ(value("SELECT extract(epoch FROM lower(span))::bigint || ' ' || rows FROM "
                    "pay_private.coverage"),
              std::to_string(kFrom) + " 3");
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.slice"), "0");
}

TEST_F(ReconciliationJob, AnInterruptedWalkContinuesAtItsCursor) {
    http_.on("GET", list_url(), 200, page_of({charge("3")}, true));
    http_.on("GET", list_url("ch_3"), 400, error("parameter_unknown"));
    pass();
    EXPECT_EQ(charges(), "acct_1/ch_3");
    run("UPDATE pay_private.stream SET next_run_at = now() - interval '1 s'");
    http_.on("GET", list_url("ch_3"), 200, page_of({charge("2")}));
    pass();
    EXPECT_EQ(charges(), "acct_1/ch_2 acct_1/ch_3");
    EXPECT_EQ(value("SELECT walk_from FROM pay_private.stream"), "NULL");
}

TEST_F(ReconciliationJob, APendingChargeAndAnUnmatchedPaymentAreFollowedUp) {
    const auto id = request();
    auto pending = charge("1");
    pending["status"] = "pending";
    store_before({pending});
    run("UPDATE pay_private.charge SET next_check_at = now() - interval '1 s'");

    stripe::Form expand, intent;
    expand.add("expand[]", "balance_transaction");
    intent.add("payment_intent", "pi_1");
    http_.on("GET", list_url(), 200, page_of({}));
    http_.on("GET", "https://api.stripe.com" + stripe::query("/v1/charges/ch_1", expand), 200,
             charge("1").dump());
    http_.on("GET", "https://api.stripe.com" + stripe::query("/v1/checkout/sessions", intent), 200,
             page_of({Json{{"id", "cs_1"},
                           {"object", "checkout.session"},
                           {"payment_intent", "pi_1"},
                           {"payment_link", "plink_" + id}}}));
    pass();
    EXPECT_TRUE(http_.exhausted());
    EXPECT_EQ(standing(id), "paid 1250 false");
}

TEST_F(ReconciliationJob, AMissingChargeIsADiscrepancyAndTheTurnContinues) {
    auto pending = charge("1");
    pending["status"] = "pending";
    store_before({pending});
    run("UPDATE pay_private.charge SET next_check_at = now() - interval '1 s'");
    stripe::Form expand;
    expand.add("expand[]", "balance_transaction");
    http_.on("GET", list_url(), 200, page_of({}));
    http_.on("GET", "https://api.stripe.com" + stripe::query("/v1/charges/ch_1", expand), 404,
             error("resource_missing"));
    pass();
    EXPECT_EQ(discrepancies(), "charge_vanished");
    EXPECT_EQ(last_error("acct_1"), "NULL");
}

TEST_F(ReconciliationJob, StoppingReleasesTheLease) {
    http_.handle("GET", list_url(), [this](const http::Request&) -> http::Response {
        stop_.request_stop();
        throw http::ConnectionError("cut off");
    });
    EXPECT_ANY_THROW(pass());
    EXPECT_EQ(leases(), "0");
    EXPECT_EQ(last_error("acct_1"), "NULL");
}

}  // namespace
}  // namespace paysync::reconciliation
