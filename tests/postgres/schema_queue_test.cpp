// SPDX-License-Identifier: MIT
#include "tests/postgres/schema_database.hpp"

namespace paysync::test {
namespace {

class SchemaQueue : public SchemaTest {
protected:
    /// A stored request, linked and with a frozen mail.
    std::string linked_request() {
        const auto id = value(insert_request() + " RETURNING request_id");
        run("INSERT INTO pay_private.payment_link (link_id, request_id, account_id, url, active, "
            "wanted_active) VALUES ('plink_1', '" +
            id +
            "', 'acct_1', 'https://buy.example.com/1', true, true);"
            "INSERT INTO pay_private.delivery (request_id, kind, recipient, message_id, link_id, "
            "message) VALUES ('" +
            id + "', 'request', 'payer@example.com', 'm1@example.com', 'plink_1', 'text');" +
            "UPDATE pay.payment_request SET delivery = 'ready', account_id = 'acct_1'");
        return id;
    }
};

TEST_F(SchemaQueue, WorkColumnsOfANewRequestStartFresh) {
    run(insert_request({{"state", "'paid'"},
                        {"delivery", "'sent'"},
                        {"reason_code", "'x'"},
                        {"reason_text", "'x'"},
                        {"attempts", "7"},
                        {"next_attempt_at", "NULL"},
                        {"send_after", "'2100-01-01Z'"},
                        {"account_id", "'acct_1'"},
                        {"livemode", "true"},
                        {"paid_at", "now()"},
                        {"amount_paid", "5"},
                        {"sent_at", "now()"},
                        {"cancel_requested_at", "now()"},
                        {"lease_token", "1"},
                        {"leased_until", "'2100-01-01Z'"},
                        {"leased_by", "'x'"},
                        {"requested_by", "'somebody'"},
                        {"created_at", "'2001-01-01Z'"}}));
    EXPECT_EQ(value(R"(SELECT (state, delivery, attempts, amount_paid) = ('open', 'queued', 0, 0)
                          AND next_attempt_at = send_after AND requested_by = session_user
                          AND created_at > '2020-01-01' AND num_nonnulls(reason_code, reason_text,
                              account_id, livemode, paid_at, sent_at, cancel_requested_at,
                              lease_token, leased_until, leased_by) = 0
                         FROM pay.payment_request)"),
              "t");
}

TEST_F(SchemaQueue, WorkColumnsOfANewCommandStartFresh) {
    run(R"(INSERT INTO pay.command (company, kind, state, finished_at, result_url,
                                    result_url_expires_at, lease_token, attempts, requested_by)
           VALUES ('acme', 'refresh', 'done', now(), 'https://x.test', now(), 1, 9, 'somebody'))");
    EXPECT_EQ(value(R"(SELECT state = 'queued' AND attempts = 0 AND requested_by = session_user
                          AND num_nonnulls(finished_at, result_url, lease_token) = 0
                         FROM pay.command)"),
              "t");
}

TEST_F(SchemaQueue, WhatARowAsksForNeverChanges) {
    run(insert_request() + "; INSERT INTO pay.command (company, kind) VALUES ('acme', 'manage');");
    EXPECT_EQ(outcome("UPDATE pay.payment_request SET amount = 1"), "PY409");
    EXPECT_EQ(outcome("UPDATE pay.payment_request SET to_email = 'thief@example.com'"), "PY409");
    EXPECT_EQ(outcome("UPDATE pay.payment_request SET amount = amount, priority = 3"), "accepted");
    EXPECT_EQ(outcome("UPDATE pay.command SET kind = 'disconnect'"), "PY409");
    EXPECT_EQ(outcome("UPDATE pay.command SET state = 'running'"), "accepted");
}

TEST_F(SchemaQueue, ARequestThatNeedsNoMoreSendingLeavesTheQueue) {
    for (const auto* change :
         {"delivery = 'sent'", "delivery = 'failed', state = 'failed'", "delivery = 'in_doubt'",
          "delivery = 'suppressed'", "state = 'cancelled'", "state = 'paid'",
          "delivery = 'in_doubt', next_attempt_at = now()"}) {
        const auto id = value(insert_request() + " RETURNING request_id");
        const auto set = std::string("UPDATE pay.payment_request SET ") + change +
                         " WHERE request_id = '" + id + "' RETURNING next_attempt_at";
        EXPECT_EQ(value(set), "NULL") << change;
    }
    const auto id = value(insert_request() + " RETURNING request_id");
    for (const auto* delivery : {"linked", "ready", "sending", "committing", "deferred"}) {
        const auto set = std::string("UPDATE pay.payment_request SET delivery = '") + delivery +
                         "' WHERE request_id = '" + id + "' RETURNING next_attempt_at IS NOT NULL";
        EXPECT_EQ(value(set), "t") << delivery;
    }
}

TEST_F(SchemaQueue, CancelStopsTheMailAndUnwantsTheLink) {
    const auto id = linked_request();
    const auto cancel = "SELECT pay.cancel_payment_request('" + id + "')";
    EXPECT_EQ(value(cancel), "cancelled");
    EXPECT_EQ(value(R"(SELECT state || ' ' || delivery || ' ' || reason_code || ' ' || link_active
                              || ' ' || (cancel_requested_at IS NOT NULL)
                         FROM pay.payment_requests)"),
              "cancelled cancelled cancelled true true");
    EXPECT_EQ(value("SELECT state FROM pay.deliveries"), "cancelled");
    EXPECT_EQ(value(R"(SELECT wanted_active || ' ' || deactivation_reason
                         FROM pay_private.payment_link)"),
              "false cancelled");
    EXPECT_EQ(value(cancel), "cancelled") << "again";
}

TEST_F(SchemaQueue, CancelKeepsWhatTheMailServerMayHave) {
    const auto id = linked_request();
    run("UPDATE pay.payment_request SET delivery = 'committing';"
        "UPDATE pay_private.delivery SET state = 'committing'");
    EXPECT_EQ(value("SELECT pay.cancel_payment_request('" + id + "')"), "cancelled");
    EXPECT_EQ(value("SELECT delivery FROM pay.payment_requests"), "committing");
    EXPECT_EQ(value("SELECT state FROM pay.deliveries"), "committing");
}

TEST_F(SchemaQueue, CancelComesTooLateForAPaidRequest) {
    const auto id = linked_request();
    run("UPDATE pay.payment_request SET state = 'paid'");
    EXPECT_EQ(value("SELECT pay.cancel_payment_request('" + id + "')"), "paid");
    EXPECT_EQ(value("SELECT wanted_active FROM pay_private.payment_link"), "t");
    EXPECT_EQ(outcome("SELECT pay.cancel_payment_request(gen_random_uuid())"), "PY404");
}

TEST_F(SchemaQueue, ARequestHasOneWantedLink) {
    const auto id = linked_request();
    const auto second = [&](const char* wanted) {
        return "INSERT INTO pay_private.payment_link (link_id, request_id, account_id, url, "
               "active, wanted_active) VALUES ('plink_2', '" +
               id + "', 'acct_1', 'https://buy.example.com/2', true, " + wanted + ")";
    };
    EXPECT_EQ(outcome(second("true")), "23505 payment_link_one_wanted");
    EXPECT_EQ(outcome(second("false")), "accepted");
    EXPECT_EQ(value("SELECT link_id FROM pay.payment_requests"), "plink_1");
}

TEST_F(SchemaQueue, AHundredThousandRequestsInOneStatement) {
    run(R"(INSERT INTO pay.payment_request (company, to_email, amount, currency, description,
                                            request_key)
           SELECT 'acme', 'payer' || i || '@example.com', i, 'eur', 'Invoice ' || i, 'i' || i
             FROM generate_series(1, 100000) i)");
    EXPECT_EQ(value("SELECT count(*) || ' ' || min(seq) || ' ' || max(seq) FROM "
                    "pay.payment_request WHERE next_attempt_at <= now() AND state = 'open'"),
              "100000 1 100000");
}

TEST_F(SchemaQueue, OneCommandOfACompanyRunsAtATime) {
    run("INSERT INTO pay.command (company, kind) VALUES ('acme', 'manage'), ('acme', 'refresh')");
    EXPECT_EQ(outcome("UPDATE pay.command SET state = 'running' WHERE kind = 'manage'"),
              "accepted");
    EXPECT_EQ(outcome("UPDATE pay.command SET state = 'running' WHERE kind = 'refresh'"),
              "23505 command_one_running");
}

}  // namespace
}  // namespace paysync::test
