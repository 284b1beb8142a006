// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/refunds_store.hpp"
#include "tests/postgres/payment_requests/queue_fixture.hpp"

namespace paysync::payment_requests::store {
namespace {

class RefundOrders : public MailQueue {
protected:
    std::string charged(const std::string& charge_id, const std::string& request_id,
                        int captured = 1000, int refunded = 0) {
        run(fmt::format(
            "INSERT INTO pay_private.charge (account_id, charge_id, livemode, created, amount, "
            "amount_captured, amount_refunded, currency, status, paid, captured, request_id, "
            "matched_by, row_hash, read_at) VALUES ('acct_acme', '{}', false, now() - interval '1 "
            "day', 1000, {}, {}, 'eur', 'succeeded', true, true, '{}', 'metadata', 1, now())",
            charge_id, captured, refunded, request_id));
        return charge_id;
    }
    /// The order's id, or the SQLSTATE of the refusal.
    std::string refund(const std::string& arguments) {
        try {
            return run("SELECT pay.refund('acme', " + arguments + ")");
        } catch (const pqxx::sql_error& e) {
            return e.sqlstate();
        }
    }
    static NoRefund refused(const std::string& code) {
        NoRefund why;
        why.code = code;
        why.words = "no";
        why.is_final = true;
        return why;
    }
    std::string state(const std::string& id) {
        return run("SELECT state FROM pay.refund_orders WHERE refund_order_id = '" + id + "'");
    }
};

TEST_F(RefundOrders, NeverExceedWhatWasCapturedAndNotGivenBack) {
    const auto id = request();
    charged("ch_1", id, 800, 300);  // 200 were never captured, 100 went back
    EXPECT_EQ(refund("charge_id => 'ch_1', amount => 701"), "PY409");
    const auto first = refund("charge_id => 'ch_1', amount => 500");
    EXPECT_EQ(state(first), "queued");
    EXPECT_EQ(refund("charge_id => 'ch_1', amount => 201"), "PY409") << "a queued order counts";
    const auto rest = refund("request_id => '" + id + "'");
    EXPECT_EQ(run("SELECT amount FROM pay.refund_orders WHERE refund_order_id = '" + rest + "'"),
              "200");
    EXPECT_EQ(refund("charge_id => 'ch_1'"), "PY409") << "nothing is left";
    call(&record_no_refund, first, refused("charge_disputed"));
    EXPECT_EQ(state(first), "refused");
    EXPECT_NE(refund("charge_id => 'ch_1', amount => 500"), "PY409") << "its money is there again";
}

TEST_F(RefundOrders, AreRefusedInWords) {
    const auto id = request();
    EXPECT_EQ(refund("request_id => '" + id + "'"), "PY409") << "nothing was paid";
    charged("ch_1", id);
    charged("ch_2", id);
    EXPECT_EQ(refund("request_id => '" + id + "'"), "PY409") << "which one?";
    EXPECT_EQ(refund("charge_id => 'ch_9'"), "PY404");
    EXPECT_EQ(refund("request_id => gen_random_uuid()"), "PY404");
    EXPECT_EQ(refund("amount => 5"), "PY400");
    EXPECT_EQ(refund("charge_id => 'ch_1', reason => 'because'"), "PY400");
    EXPECT_EQ(refund("charge_id => 'ch_1', amount => -5"), "PY400");
    connect("other");
    EXPECT_THROW(run("SELECT pay.refund('other', charge_id => 'ch_1')"), pqxx::sql_error)
        << "another company's payment";
    run("INSERT INTO pay_private.dispute (account_id, dispute_id, livemode, created, charge_id, "
        "amount, currency, status, reason, charge_refundable, row_hash, read_at) VALUES "
        "('acct_acme', 'dp_1', false, now(), 'ch_1', 1000, 'eur', 'needs_response', 'x', false, 1, "
        "now())");
    EXPECT_EQ(refund("charge_id => 'ch_1'"), "PY409") << "disputed";
}

TEST_F(RefundOrders, TheSameKeyIsTheSameOrder) {
    const auto id = request();
    charged("ch_1", id);
    const auto order = refund("charge_id => 'ch_1', amount => 1000, request_key => 'k'");
    EXPECT_EQ(refund("charge_id => 'ch_1', amount => 1000, request_key => 'k'"), order);
    EXPECT_EQ(refund("charge_id => 'ch_1', amount => 400, request_key => 'k'"), "PY409");
}

TEST_F(RefundOrders, AreClaimedInTurnsAndShowWhatStripeSays) {
    const auto id = request();
    charged("ch_1", id);
    const auto order = refund("request_id => '" + id + "', amount => 400");
    const auto claimed = call(&claim_refund_orders, 10, std::vector<std::string>());
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].charge_id, "ch_1");
    EXPECT_EQ(claimed[0].amount, 400);
    EXPECT_EQ(claimed[0].attempt, 1);
    EXPECT_TRUE(call(&claim_refund_orders, 10, std::vector<std::string>()).empty()) << "it rests";
    EXPECT_FALSE(claimed[0].may_exist);
    stripe::NewCall post;
    post.key = "k";
    post.account = "acct_acme";
    post.path = "/v1/refunds";
    post.purpose = "refund";
    post.subject = order;
    call(&begin_refund, order, post);
    EXPECT_EQ(run("SELECT may_exist FROM pay_private.refund_order"), "t");
    auto waits = refused("stripe_unavailable");
    waits.is_final = false;
    waits.may_exist = true;
    call(&record_no_refund, order, waits);
    EXPECT_EQ(state(order), "queued");
    EXPECT_EQ(run("SELECT may_exist AND answered_at IS NULL AND next_attempt_at IS NOT NULL FROM "
                  "pay_private.refund_order"),
              "t");
    call(&record_refund_made, order, MadeRefund{"re_1", "pending", {}});
    EXPECT_EQ(state(order), "pending");
    EXPECT_EQ(refund("charge_id => 'ch_1', amount => 601"), "PY409")
        << "the charge was read before the refund was made";
    run("INSERT INTO pay_private.refund (account_id, refund_id, created, charge_id, amount, "
        "currency, status, row_hash, read_at) VALUES ('acct_acme', 're_1', now(), 'ch_1', 400, "
        "'eur', 'succeeded', 1, now())");
    EXPECT_EQ(state(order), "succeeded");
}

}  // namespace
}  // namespace paysync::payment_requests::store
