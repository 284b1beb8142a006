// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/pages_store.hpp"
#include "jobs/reconciliation/rereads_store.hpp"
#include "tests/postgres/reconciliation/fixture.hpp"

namespace paysync::reconciliation::store {
namespace {

using test::an_hour_ago;
using test::charge;

/// Objects that are fetched by id, and the effect on their rows.
class ReconciliationRereads : public test::ReconciliationTest {
protected:
    void make_due(const std::string& charge_id) {
        run("UPDATE pay_private.charge SET next_check_at = now() - interval '1 second' "
            "WHERE charge_id = '" +
            charge_id + "'");
    }
};

TEST_F(ReconciliationRereads, AVanishedChargeIsKeptAndIsADiscrepancyUntilASecond404) {
    auto pending = charge("1");
    pending["status"] = "pending";
    store({pending});
    make_due("ch_1");
    call(store_not_found, lease_, "ch_1", "req_9");
    call(store_not_found, lease_, "ch_1", "req_10");
    EXPECT_EQ(discrepancies(), "charge_vanished");
    EXPECT_EQ(value("SELECT next_check_at > now() FROM pay_private.charge WHERE gone_at IS NULL"),
              "t")
        << "two answers at once are one";
    EXPECT_EQ(value("SELECT count(*) FROM pay.my_payments"), "1");

    run("UPDATE pay_private.discrepancy SET detected_at = now() - interval '1 minute'");
    call(store_not_found, lease_, "ch_1", "req_11");
    EXPECT_EQ(discrepancies(), "NULL");
    EXPECT_EQ(value("SELECT gone_request_id FROM pay_private.charge WHERE gone_at IS NOT NULL AND "
                    "next_check_at IS NULL"),
              "req_11");
    EXPECT_EQ(value("SELECT resolution FROM pay_private.discrepancy WHERE state = 'explained'"),
              "Stripe does not have it any more: a second answer agreed, req_11");
    EXPECT_EQ(value("SELECT count(*) FROM pay.my_payments"), "0");

    EXPECT_EQ(store({pending}).written, 1) << "it is back";
    EXPECT_EQ(value("SELECT count(*) FROM pay.my_payments"), "1");
}

TEST_F(ReconciliationRereads, AnObjectMissingFromItsListIsFetchedById) {
    auto older = charge("1");
    older["created"] = an_hour_ago() - 100;
    auto oldest = charge("0");
    oldest["created"] = an_hour_ago() - 200;
    store({charge("2"), older, oldest});
    store({charge("2"), oldest});
    EXPECT_EQ(call(objects_to_reread, lease_, 10), std::vector<std::string>{"ch_1"});
    store({charge("2")}, true);
    EXPECT_EQ(call(objects_to_reread, lease_, 10), std::vector<std::string>{"ch_1"})
        << "the oldest may be on the next page";
    store_one("ch_1", older.dump());
    EXPECT_TRUE(call(objects_to_reread, lease_, 10).empty()) << "it was only shown late";
}

TEST_F(ReconciliationRereads, AnEarlierReadDoesNotOverwriteALaterOne) {
    auto item = charge("1");
    store({item});
    const auto early = response();
    item["amount_refunded"] = 500;
    EXPECT_EQ(store_one("ch_1", item.dump()).written, 1);
    item["amount_refunded"] = 0;
    EXPECT_EQ(call(store_object, lease_, "ch_1", item.dump(), early).written, 0);
    EXPECT_EQ(value("SELECT amount_refunded FROM pay_private.charge"), "500");
}

TEST_F(ReconciliationRereads, AReadByIdComparesAllColumns) {
    store({charge("1")});
    run("UPDATE pay_private.charge SET amount = 1, payer_name = NULL");
    EXPECT_EQ(store({charge("1")}).written, 0) << "a list is compared by its hash";
    EXPECT_EQ(store_one("ch_1", charge("1").dump()).written, 1);
    EXPECT_EQ(value("SELECT amount FROM pay_private.charge"), "1250");
    EXPECT_EQ(store_one("ch_1", charge("1").dump()).written, 0);
}

TEST_F(ReconciliationRereads, AQuarantinedObjectIsFetchedAgainByANewVersion) {
    auto broken = charge("1");
    broken["amount"] = "1250";
    EXPECT_EQ(store({broken}).refused, 1);
    EXPECT_TRUE(call(objects_to_reread, lease_, 10).empty());
    run("UPDATE pay_private.quarantine SET tried_by = '0.0.1'");
    EXPECT_EQ(call(objects_to_reread, lease_, 10), std::vector<std::string>{"ch_1"});
    store_one("ch_1", broken.dump());
    EXPECT_TRUE(call(objects_to_reread, lease_, 10).empty()) << "once for each version";
    run("UPDATE pay_private.quarantine SET tried_by = NULL");
    store_one("ch_1", charge("1").dump());
    EXPECT_EQ(value("SELECT count(*) FROM pay_private.quarantine"), "0");
}

TEST_F(ReconciliationRereads, ARandomSampleBoundsTheErrorOfAllRows) {
    store({charge("1"), charge("2"), charge("3")});
    run("UPDATE pay_private.charge SET amount = 7 WHERE charge_id = 'ch_2'");
    EXPECT_EQ(value("SELECT pay_private.draw_sample(10, '1 hour')"), "6") << "with the ledger rows";
    EXPECT_EQ(value("SELECT pay_private.draw_sample(10, '1 hour')"), "0") << "not so soon again";
    for (const auto& id : call(objects_to_reread, lease_, 10))
        store_one(id, charge(id.substr(3)).dump());
    EXPECT_EQ(value("SELECT concat_ws('|', stream, drawn, differed) FROM pay.audit"),
              "charges|3|1");
    EXPECT_EQ(value("SELECT amount FROM pay_private.charge WHERE charge_id = 'ch_2'"), "1250");
    // One of three differed: the share of errors at which so few are drawn once in twenty times.
    EXPECT_EQ(value("SELECT round(at_most::numeric, 4) FROM pay.audit"), "0.8646");
    EXPECT_EQ(value("SELECT round(pay_private.error_bound(300, 0)::numeric, 5)"), "0.00994")
        << "the rule of three";
    EXPECT_EQ(value("SELECT pay_private.error_bound(0, 0)"), "1");
}

}  // namespace
}  // namespace paysync::reconciliation::store
