// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/deliveries_store.hpp"
#include "jobs/payment_requests/links_store.hpp"
#include "jobs/payment_requests/requests_store.hpp"
#include "tests/support/store_test.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace paysync::payment_requests::store {
namespace {

class RequestsStore : public test::StoreTest {
protected:
    RequestsStore() {
        run("SELECT pay.register_company('acme', 'Acme', email => 'pay@acme.test')");
        run("INSERT INTO pay_private.integration (account_id, company, livemode) VALUES ('acct_1', "
            "'acme', false)");
        run("SELECT pay_private.record_stage('acct_1', 'completed', 'enabled', 'none', 'test', "
            "'req_1')");
    }

    std::string request() {
        return run("SELECT pay.request_payment('acme', 'p@example.com', 1000, 'eur', 'Invoice')");
    }
    std::string delivery_of(const std::string& id) {
        return run("SELECT state || '/' || delivery FROM pay.payment_request WHERE request_id = '" +
                   id + "'");
    }
    void expire_leases() {
        run("UPDATE pay.payment_request SET leased_until = now() - interval '1 second'");
    }

    /// Claims, links and freezes; yields the open attempt.
    Delivery begin(const std::string& id, std::int64_t& token) {
        const auto claim = call(&claim_due, 10, 60.0, std::string("d1"));
        EXPECT_EQ(claim.requests.size(), 1U);
        token = claim.token;
        if (claim.requests.at(0).link_id.empty()) {
            EXPECT_TRUE(call(&link_created, id, token, std::string("acct_1"), false,
                             "plink_" + id.substr(0, 8), std::string("https://buy.example/x")));
        }
        call(&freeze, id, std::string("p@example.com"), "m." + id + "@x.test",
             "plink_" + id.substr(0, 8), std::string("Subject: x\r\n\r\nhello\0\xff", 22));
        const auto delivery = call(&begin_attempt, id, token);
        EXPECT_TRUE(delivery.has_value());
        return *delivery;
    }
};

TEST_F(RequestsStore, ClaimsEachRequestOnceAndCarriesItsContent) {
    const auto id = request();
    const auto first = call(&claim_due, 10, 60.0, std::string("d1"));
    ASSERT_EQ(first.requests.size(), 1U);
    EXPECT_EQ(first.requests[0].request_id, id);
    EXPECT_EQ(first.requests[0].account_id, "acct_1");
    EXPECT_EQ(first.requests[0].stage, "completed");
    EXPECT_FALSE(first.requests[0].frozen);
    EXPECT_EQ(first.requests[0].company_email, "pay@acme.test");
    EXPECT_TRUE(call(&claim_due, 10, 60.0, std::string("d2")).requests.empty());
    expire_leases();
    const auto second = call(&claim_due, 10, 60.0, std::string("d2"));
    ASSERT_EQ(second.requests.size(), 1U);
    EXPECT_GT(second.token, first.token);
}

TEST_F(RequestsStore, FreezesTheBytesOnceForEachLink) {
    const auto id = request();
    std::int64_t token = 0;
    const auto delivery = begin(id, token);
    const std::string frozen("Subject: x\r\n\r\nhello\0\xff", 22);
    const auto link = "plink_" + id.substr(0, 8);
    EXPECT_EQ(delivery.bytes, frozen);
    const auto freeze_again = [&](const std::string& to_link) {
        call(&freeze, id, std::string("p@example.com"), std::string("other@x.test"), to_link,
             std::string("other bytes"));
        return run(
            "SELECT (message = 'other bytes'::bytea)::text || message_id FROM "
            "pay_private.delivery");
    };
    EXPECT_EQ(freeze_again(link), "falsem." + id + "@x.test");
    expire_leases();
    const auto again = call(&claim_due, 10, 60.0, std::string("d1"));
    EXPECT_TRUE(again.requests.at(0).frozen) << "nobody has to compose it again";
    token = again.token;

    // The company came back from a disconnect: the old link is dead, and the letter never went out.
    run("UPDATE pay_private.payment_link SET wanted_active = false");
    call(&link_created, id, token, std::string("acct_1"), false, std::string("plink_new"),
         std::string("https://buy.example/y"));
    EXPECT_FALSE(call(&begin_attempt, id, token).has_value()) << "the letter has the old link";
    EXPECT_EQ(freeze_again("plink_new"), "truem." + id + "@x.test");
    EXPECT_TRUE(call(&begin_attempt, id, token).has_value());
}

TEST_F(RequestsStore, LetsALateWorkerChangeNothing) {
    const auto id = request();
    std::int64_t token = 0;
    const auto late = begin(id, token);
    expire_leases();
    std::int64_t newer = 0;
    const auto current = begin(id, newer);
    EXPECT_EQ(current.attempt, late.attempt + 1);

    EXPECT_FALSE(call(&commit_attempt, late.delivery_id, late.attempt, token));
    EXPECT_FALSE(call(&fail, id, token, std::string("x"), std::string("y")));
    EXPECT_FALSE(call(&postpone, id, token, 5.0, std::string("x"), std::string("y")));
    EXPECT_FALSE(call(&record_deferred, late.delivery_id, late.attempt, Answer{"deferred", 451, ""},
                      5.0, true));
    EXPECT_FALSE(call(&abandon_attempt, late.delivery_id, late.attempt, Answer{"not_sent", 0, ""}));
    EXPECT_EQ(delivery_of(id), "open/sending");
    EXPECT_TRUE(call(&commit_attempt, current.delivery_id, current.attempt, newer));
    EXPECT_TRUE(
        call(&record_sent, current.delivery_id, current.attempt, Answer{"accepted", 250, "ok"}));
    EXPECT_EQ(delivery_of(id), "open/sent");
}

TEST_F(RequestsStore, KeepsTheDotBackOnceTheLeaseIsOver) {
    const auto id = request();
    std::int64_t token = 0;
    const auto delivery = begin(id, token);
    expire_leases();
    EXPECT_FALSE(call(&commit_attempt, delivery.delivery_id, delivery.attempt, token))
        << "another daemon may take the row at any moment";
}

TEST_F(RequestsStore, KeepsTheDotBackOnceTheRequestIsCancelled) {
    const auto id = request();
    std::int64_t token = 0;
    const auto delivery = begin(id, token);
    run("SELECT pay.cancel_payment_request('" + id + "')");
    EXPECT_FALSE(call(&commit_attempt, delivery.delivery_id, delivery.attempt, token));
    EXPECT_FALSE(call(&begin_attempt, id, token).has_value());
    EXPECT_EQ(call(&claim_unwanted_links, 10, 60.0).size(), 1U);
    EXPECT_TRUE(call(&claim_unwanted_links, 10, 60.0).empty()) << "not twice at once";
}

TEST_F(RequestsStore, ShowsAnAbandonedPromiseAsDoubtAndSettlesItByWordOrProof) {
    for (const auto* end : {"sent", "resend", "late answer", "paid"}) {
        SCOPED_TRACE(end);
        const auto id = request();
        std::int64_t token = 0;
        const auto delivery = begin(id, token);
        ASSERT_TRUE(call(&commit_attempt, delivery.delivery_id, delivery.attempt, token));
        if (std::string(end) == "paid")
            run("UPDATE pay.payment_request SET state = 'paid' WHERE request_id = '" + id + "'");
        EXPECT_TRUE(call(&settle_abandoned, false).empty()) << "not while the lease holds";
        expire_leases();
        const auto doubtful = call(&settle_abandoned, false);
        if (std::string(end) == "paid") {
            EXPECT_TRUE(doubtful.empty());
            EXPECT_EQ(delivery_of(id), "paid/sent");
            continue;
        }
        EXPECT_EQ(doubtful, std::vector<std::string>{id});
        EXPECT_EQ(delivery_of(id), "open/in_doubt");
        EXPECT_TRUE(call(&claim_due, 10, 60.0, std::string("d2")).requests.empty())
            << "nobody repeats it";
        if (std::string(end) == "late answer") {
            EXPECT_TRUE(call(&record_sent, delivery.delivery_id, delivery.attempt,
                             Answer{"accepted", 250, "ok"}));
            EXPECT_EQ(delivery_of(id), "open/sent");
            continue;
        }
        EXPECT_TRUE(call(&resolve_in_doubt, id, std::string(end) == "sent"));
        EXPECT_FALSE(call(&resolve_in_doubt, id, true)) << "only once";
        EXPECT_EQ(delivery_of(id), std::string(end) == "sent" ? "open/sent" : "open/deferred");
        run("UPDATE pay.payment_request SET state = 'cancelled' WHERE request_id = '" + id + "'");
    }
}

TEST_F(RequestsStore, QueuesAnAbandonedPromiseAgainWhenTheOperatorSaysSo) {
    const auto id = request();
    std::int64_t token = 0;
    const auto delivery = begin(id, token);
    ASSERT_TRUE(call(&commit_attempt, delivery.delivery_id, delivery.attempt, token));
    expire_leases();
    EXPECT_EQ(call(&settle_abandoned, true).size(), 1U);
    EXPECT_EQ(delivery_of(id), "open/deferred");
    std::int64_t newer = 0;
    EXPECT_EQ(begin(id, newer).bytes, delivery.bytes) << "with the same bytes";
}

TEST_F(RequestsStore, RecordsASecondLinkAsUnwanted) {
    const auto id = request();
    std::int64_t token = 0;
    begin(id, token);
    call(&link_created, id, token, std::string("acct_1"), false, std::string("plink_second"),
         std::string("https://buy.example/y"));
    EXPECT_EQ(
        run("SELECT wanted_active FROM pay_private.payment_link WHERE link_id = 'plink_second'"),
        "f");
}

TEST_F(RequestsStore, RefusalsEndTheRequestAndSuppressTheUnknown) {
    const auto id = request();
    std::int64_t token = 0;
    const auto delivery = begin(id, token);
    EXPECT_TRUE(call(&record_refused, delivery.delivery_id, delivery.attempt,
                     Answer{"refused", 550, "550 5.1.1 unknown"}, std::string("mail_refused"),
                     true));
    EXPECT_EQ(delivery_of(id), "failed/failed");
    EXPECT_EQ(run("SELECT wanted_active FROM pay_private.payment_link"), "f");
    request();
    EXPECT_TRUE(call(&claim_due, 10, 60.0, std::string("d1")).requests.at(0).suppressed);
}

TEST_F(RequestsStore, ExpiresWhatWasNotPaidInTime) {
    const auto id = run(
        "SELECT pay.request_payment('acme', 'p@example.com', 1000, 'eur', 'Invoice', expires_at => "
        "now() + "
        "interval '1 hour')");
    EXPECT_EQ(call(&expire_due), 0);
    run("UPDATE pay.payment_request SET send_after = send_after, expires_at = now() + interval '1 "
        "microsecond'");
    EXPECT_EQ(call(&expire_due), 1);
    EXPECT_EQ(delivery_of(id), "expired/cancelled");
}

}  // namespace
}  // namespace paysync::payment_requests::store
