// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/streams_store.hpp"
#include "tests/postgres/reconciliation/fixture.hpp"

namespace paysync::reconciliation::store {
namespace {

using test::an_hour_ago;
using test::charge;
using test::Json;

class ReconciliationStreams : public test::ReconciliationTest {
protected:
    void make_due() {
        run("UPDATE pay_private.stream SET next_run_at = now() - interval '1 second'");
    }
    /// The cursors of the walk's slices, newest first.
    std::string cursors() {
        return value(
            "SELECT string_agg(coalesce(cursor, 'NULL'), ' ' ORDER BY until DESC) FROM "
            "pay_private.slice");
    }
    /// "spans rows"
    std::string coverage() {
        return value("SELECT count(*) || ' ' || coalesce(sum(rows), 0) FROM pay_private.coverage");
    }
};

Json charge_at(const std::string& number, std::int64_t created) {
    auto item = charge(number);
    item["created"] = created;
    return item;
}

TEST_F(ReconciliationStreams, OnlyReadableAccountsGetAStream) {
    run("SELECT pay.register_company('beta', 'Beta Ltd')");
    run("INSERT INTO pay_private.integration (account_id, company, livemode, stage, access, "
        "current, "
        "disconnected_at) VALUES ('acct_2', 'beta', false, 'disconnected', 'ok', false, now()), "
        "('acct_3', 'beta', false, 'completed', 'revoked', false, NULL), "
        "('acct_4', 'beta', false, 'pending', 'ok', true, NULL)");
    EXPECT_EQ(call(add_streams), 1);
    EXPECT_EQ(call(add_streams), 0);
    EXPECT_EQ(column("SELECT account_id || '/' || stream FROM pay_private.stream ORDER BY 1"),
              "acct_1/charges acct_4/charges");
}

TEST_F(ReconciliationStreams, AStreamIsClaimedOnceTheLongestDueFirst) {
    call(release_done, lease_, false);
    connect("acct_2", "acme");
    connect("acct_3", "acme");
    connect("acct_4", "acme");
    run("UPDATE pay_private.stream SET next_run_at = now() - interval '1 min';"
        "UPDATE pay_private.stream SET next_run_at = now() - interval '2 min' "
        "WHERE account_id = 'acct_2';"
        "UPDATE pay_private.stream SET next_run_at = now() + interval '1 min' "
        "WHERE account_id = 'acct_3';"
        "UPDATE pay_private.integration SET stage = 'disconnected', disconnected_at = now() "
        "WHERE account_id = 'acct_4'");
    const auto first = claim();
    const auto second = claim();
    EXPECT_EQ(first.value().lease.account_id, "acct_2");
    EXPECT_EQ(second.value().lease.account_id, "acct_1");
    EXPECT_GT(second->lease.token, first->lease.token);
    EXPECT_FALSE(claim());
    run("UPDATE pay_private.stream SET leased_until = now() - interval '1 second' "
        "WHERE account_id = 'acct_2'");
    EXPECT_FALSE(claim_beside({"acct_2"}));
    EXPECT_EQ(claim().value().lease.account_id, "acct_2");
}

TEST_F(ReconciliationStreams, ARenewedLeaseLastsLonger) {
    call(leases::renew, kStreamLeases, lease_.token, 600.0);
    EXPECT_EQ(value("SELECT leased_until > now() + interval '500 s' FROM pay_private.stream"), "t");
}

TEST_F(ReconciliationStreams, TheFirstWalkBeginsAtTheHorizonOrWhenTheAccountWasMade) {
    const auto day = [this] {
        return value(
            "SELECT round(extract(epoch FROM now() - walk_from) / 86400) "
            "FROM pay_private.stream");
    };
    EXPECT_EQ(day(), "365");
    run("UPDATE pay_private.stream SET walk_from = NULL;"
        "DELETE FROM pay_private.slice;"
        "UPDATE pay_private.integration SET account_created_at = now() - interval '3 days'");
    next_turn();
    EXPECT_EQ(day(), "365") << "an account that existed before has older charges";
    run("UPDATE pay_private.stream SET walk_from = NULL;"
        "DELETE FROM pay_private.slice;"
        "UPDATE pay_private.integration SET origin = 'new'");
    next_turn();
    EXPECT_EQ(day(), "3");
}

TEST_F(ReconciliationStreams, AnUnfinishedWalkMovesOnlyTheCursor) {
    const auto from = value("SELECT walk_from FROM pay_private.stream");
    store({charge("2"), charge("1")}, true);
    EXPECT_EQ(cursors(), "ch_1");
    EXPECT_EQ(value("SELECT concat_ws('|', watermark, last_completed_at) FROM pay_private.stream"),
              "");
    EXPECT_EQ(coverage(), "0 0");

    // The daemon dies here: another daemon continues the walk at its cursor.
    run("UPDATE pay_private.stream SET leased_until = now() - interval '1 second'");
    const auto turn = claim().value();
    EXPECT_EQ(turn.slices.at(0).cursor, "ch_1");
    EXPECT_EQ(value("SELECT walk_from FROM pay_private.stream"), from);
    EXPECT_THROW(store({charge("0")}), LeaseLost);
}

TEST_F(ReconciliationStreams, AFinishedWalkMovesWatermarkAndCoverageTogether) {
    const auto from = value("SELECT walk_from FROM pay_private.stream");
    const auto proven = value("SELECT walk_started_at - interval '15 min' FROM pay_private.stream");
    const auto newest = an_hour_ago();
    store({charge_at("2", newest), charge_at("1", newest - 100)}, true);
    store({charge_at("0", newest - 200)});
    EXPECT_EQ(cursors(), "NULL") << "no slice is left";
    EXPECT_EQ(value("SELECT concat_ws('|', extract(epoch FROM watermark)::bigint, "
                    "walk_from, walk_max_created, walk_started_at) FROM pay_private.stream"),
              std::to_string(newest));
    EXPECT_EQ(value("SELECT next_run_at - last_completed_at FROM pay_private.stream"), "00:01:00");
    EXPECT_EQ(coverage(), "1 3");
    EXPECT_EQ(value("SELECT lower(span) FROM pay_private.coverage"), from);
    EXPECT_EQ(value("SELECT upper(span) FROM pay_private.coverage"), proven);
    EXPECT_EQ(
        value("SELECT count(DISTINCT x) FROM (SELECT xmin::text FROM pay_private.charge WHERE "
              "charge_id = 'ch_0' UNION ALL SELECT xmin::text FROM pay_private.stream UNION "
              "ALL SELECT xmin::text FROM pay_private.coverage) AS t(x)"),
        "1")
        << "all by one transaction";
}

TEST_F(ReconciliationStreams, AnEmptyAccountIsCoveredButHasNoWatermark) {
    store({});
    EXPECT_EQ(value("SELECT watermark FROM pay_private.stream"), "NULL");
    EXPECT_EQ(coverage(), "1 0");
    next_turn();
    store({});
    EXPECT_EQ(coverage(), "1 0");
}

TEST_F(ReconciliationStreams, TheNextWalkOverlapsAndExtendsTheCoverage) {
    run("UPDATE pay_private.stream SET walk_started_at = now() - interval '30 min'");
    const auto older = an_hour_ago();
    const auto newer = older + 1800;
    store({charge_at("1", older)});
    EXPECT_EQ(coverage(), "1 1");
    EXPECT_EQ(next_turn().slices.at(0).from, older - 900);
    store({charge_at("2", newer), charge_at("1", older)});
    EXPECT_EQ(coverage(), "1 2");
    EXPECT_EQ(value("SELECT extract(epoch FROM watermark)::bigint FROM pay_private.stream"),
              std::to_string(newer));
}

TEST_F(ReconciliationStreams, TheNextWalkLeavesNoGapAfterTheCoverage) {
    // The walk began long before it read its newest charge, so it covers less than that charge
    // suggests.
    run("UPDATE pay_private.stream SET walk_started_at = now() - interval '2 hours'");
    const auto newest = an_hour_ago() + 1800;
    store({charge_at("1", newest)});
    const auto proven =
        value("SELECT extract(epoch FROM upper(span))::bigint FROM pay_private.coverage");
    EXPECT_LE(next_turn().slices.at(0).from, std::stoll(proven));
    store({charge_at("1", newest)});
    EXPECT_EQ(coverage(), "1 1");
}

TEST_F(ReconciliationStreams, ASliceWithoutItsCursorStartsAgain) {
    store({charge("1")}, true);
    ListPage gone;
    gone.slice.from = next_turn().slices.at(0).from;
    store_pages({gone});
    EXPECT_EQ(cursors(), "NULL");
    run("UPDATE pay_private.stream SET lease_token = lease_token + 1");
    EXPECT_THROW(store_pages({gone}), LeaseLost);
}

/// A walk whose first page splits off an older slice: that page, the only page of the older slice,
/// and the last page of the rest.
class ReconciliationSlices : public ReconciliationStreams {
protected:
    ListPage page(const std::string& charge_id, std::int64_t created, bool has_more) {
        ListPage page;
        page.body = test::page_of({charge_at(charge_id, created)}, has_more);
        page.response = response();
        page.last = !has_more;
        page.slice.cursor = "ch_" + charge_id;
        return page;
    }
    ListPage head() {
        auto head = page("3", middle_ + 3600, true);
        head.slice.from = middle_;
        head.split_off = Slice{from_, middle_, ""};
        head.listed = {middle_ + 3601, middle_ + 3600};
        return head;
    }
    ListPage older() {
        auto older = page("1", middle_ - 100, false);
        older.slice.from = from_;
        older.slice.until = middle_;
        older.listed = {from_, middle_ - 1};
        return older;
    }
    ListPage newer() {
        auto newer = page("2", middle_ + 10, false);
        newer.slice.from = middle_;
        newer.listed = {middle_, middle_ + 3599};
        return newer;
    }
    std::string holes() {
        return value("SELECT count(*) FROM pay_private.violation WHERE invariant = 'INV-01'");
    }
    std::string proven_since() {
        return value(
            "SELECT string_agg(extract(epoch FROM lower(span))::bigint::text, ' ') FROM "
            "pay_private.coverage");
    }

    std::int64_t from_ = next_turn().slices.at(0).from;
    std::int64_t middle_ = an_hour_ago() - 7200;
};

TEST_F(ReconciliationSlices, EachSliceExtendsTheCoverageAndTheLastFinishesTheWalk) {
    EXPECT_FALSE(store_pages({head()}).finished);
    EXPECT_EQ(cursors(), "ch_3 NULL");
    EXPECT_FALSE(store_pages({older()}).finished) << "the newer part is still open";
    EXPECT_EQ(coverage(), "1 1");
    EXPECT_EQ(value("SELECT watermark FROM pay_private.stream"), "NULL");
    EXPECT_EQ(holes(), "0");
    EXPECT_TRUE(store_pages({newer()}).finished);
    EXPECT_EQ(coverage(), "1 3") << "both proofs are one";
    EXPECT_EQ(value("SELECT extract(epoch FROM watermark)::bigint FROM pay_private.stream"),
              std::to_string(middle_ + 3600));
}

TEST_F(ReconciliationSlices, ASliceSplitOffAndReadInOneBatchIsCovered) {
    EXPECT_FALSE(store_pages({head(), older()}).finished);
    EXPECT_EQ(coverage(), "1 1");
    EXPECT_TRUE(store_pages({newer()}).finished);
    EXPECT_EQ(coverage(), "1 3");
    EXPECT_EQ(proven_since(), std::to_string(from_));
    EXPECT_EQ(holes(), "0");
}

TEST_F(ReconciliationSlices, AShortenedSliceReadInOneBatchCoversOnlyItsRemainder) {
    EXPECT_FALSE(store_pages({head(), newer()}).finished) << "the older part is still open";
    EXPECT_EQ(proven_since(), std::to_string(middle_));
    EXPECT_TRUE(store_pages({older()}).finished);
    EXPECT_EQ(proven_since(), std::to_string(from_));
    EXPECT_EQ(holes(), "0");
}

TEST_F(ReconciliationStreams, AnUnfinishedWalkIsReleasedAsDue) {
    store({charge("1")}, true);
    call(release_done, lease_, false);
    EXPECT_TRUE(claim());
    EXPECT_EQ(cursors(), "ch_1");
}

TEST_F(ReconciliationStreams, AFinishedWalkIsReleasedForLater) {
    store({charge("1")});
    call(release_done, lease_, false);
    EXPECT_FALSE(claim());
    EXPECT_EQ(value("SELECT lease_token FROM pay_private.stream"), "NULL");
}

TEST_F(ReconciliationStreams, FailuresAreStoredAndRetriedWithGrowingPauses) {
    const auto pause_after = [this](const std::string& since) {
        run("UPDATE pay_private.stream SET last_completed_at = now() - interval '" + since + "'");
        const double pause = call(release_failed, lease_, "Stripe: server, HTTP 500", 60.0);
        make_due();
        lease_ = claim().value().lease;
        return pause;
    };
    EXPECT_NEAR(pause_after("1 min"), 60, 1);
    EXPECT_NEAR(pause_after("10 min"), 300, 1);
    EXPECT_NEAR(pause_after("3 days"), 3600, 1);
    EXPECT_EQ(value("SELECT last_error FROM pay_private.stream"), "Stripe: server, HTTP 500");
    store({});
    EXPECT_EQ(value("SELECT last_error FROM pay_private.stream"), "NULL");
}

TEST_F(ReconciliationStreams, AnUnreachableAccountIsCheckedByOnboarding) {
    call(release_unreachable, lease_, "gone", 60.0);
    EXPECT_EQ(value("SELECT account_id || ': ' || cause FROM pay_private.suspicion "
                    "WHERE next_read_at <= now()"),
              lease_.account_id + ": reading its charges was refused");
    EXPECT_FALSE(claim());
    EXPECT_THROW(call(release_failed, lease_, "again", 60.0), LeaseLost);
}

}  // namespace
}  // namespace paysync::reconciliation::store
