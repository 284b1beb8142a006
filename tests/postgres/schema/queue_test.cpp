// SPDX-License-Identifier: MIT
#include "tests/postgres/schema/database.hpp"

namespace paysync::test {
namespace {

class SchemaQueue : public SchemaTest {
protected:
    /// Ends a request by what leads to this state: a charge, or a decision.
    void end(const std::string& id, const std::string& state) {
        if (state == "cancelled" || state == "expired" || state == "failed") {
            run("SELECT pay_private.close_request('" + id + "', '" + state + "', '" + state +
                "', 'words')");
            return;
        }
        const std::string captured = state == "overpaid" ? "2000" : "1250";
        const std::string refunded = state == "refunded" ? "1250" : "0";
        run("INSERT INTO pay_private.charge (account_id, charge_id, livemode, created, status, "
            "paid, captured, amount, amount_captured, amount_refunded, currency, request_id, "
            "row_hash, read_at) VALUES ('acct_1', 'ch_' || left('" +
            id + "', 8), false, now(), 'succeeded', true, true, " + captured + ", " + captured +
            ", " + refunded + ", 'usd', '" + id +
            "', 1, now()); SELECT pay_private.settle_requests('{" + id + "}')");
    }

    /// A stored request with a link and a frozen message.
    std::string linked_request() {
        const auto id = value(insert_request() + " RETURNING request_id");
        run("INSERT INTO pay_private.payment_link (link_id, request_id, account_id, amount, url, "
            "active, "
            "wanted_active) VALUES ('plink_1', '" +
            id +
            "', 'acct_1', 1250, 'https://buy.example.com/1', true, true);"
            "INSERT INTO pay_private.message (request_id, delivery_id, message_id, link_id, size, "
            "sha256, bytes) SELECT request_id, delivery_id, 'm1@example.com', 'plink_1', 4, "
            "sha256('text'), 'text' FROM pay_private.delivery WHERE message_key IS NULL;"
            "UPDATE pay_private.delivery d SET state = 'ready', message_key = m.message_key FROM "
            "pay_private.message m WHERE m.delivery_id = d.delivery_id;"
            "UPDATE pay.payment_request SET account_id = 'acct_1'");
        return id;
    }
};

TEST_F(SchemaQueue, ANewRequestStartsWithCleanWorkColumns) {
    run(insert_request({{"state", "'paid'"},
                        {"reason_code", "'x'"},
                        {"reason_text", "'x'"},
                        {"send_after", "'2100-01-01Z'"},
                        {"account_id", "'acct_1'"},
                        {"livemode", "true"},
                        {"paid_at", "now()"},
                        {"amount_paid", "5"},
                        {"cancel_requested_at", "now()"},
                        {"link_wanted_at", "now()"},
                        {"requested_by", "'somebody'"},
                        {"created_at", "'2001-01-01Z'"}}));
    EXPECT_EQ(value(R"(SELECT (state, delivery, attempts, amount_paid) = ('open', 'queued', 0, 0)
                          AND next_attempt_at = send_after AND requested_by = session_user
                          AND created_at > '2020-01-01' AND num_nonnulls(reason_code, reason_text,
                              account_id, livemode, paid_at, sent_at, cancel_requested_at) = 0
                         FROM pay.payment_requests)"),
              "t");
    EXPECT_EQ(value("SELECT link_wanted_at FROM pay.payment_request"), "NULL");
    EXPECT_EQ(value("SELECT kind || ' ' || recipient || ' ' || number || ' ' || company FROM "
                    "pay_private.delivery"),
              "request payer@example.com 1 acme");
}

TEST_F(SchemaQueue, ANewCommandStartsWithCleanWorkColumns) {
    run(R"(INSERT INTO pay.command (company, kind, state, finished_at, result_url,
                                    result_url_expires_at, lease_token, attempts, requested_by)
           VALUES ('acme', 'refresh', 'done', now(), 'https://x.test', now(), 1, 9, 'somebody'))");
    EXPECT_EQ(value(R"(SELECT state = 'queued' AND attempts = 0 AND requested_by = session_user
                          AND num_nonnulls(finished_at, result_url, lease_token) = 0
                         FROM pay.command)"),
              "t");
}

TEST_F(SchemaQueue, TheContentOfARequestNeverChanges) {
    run(insert_request() + "; INSERT INTO pay.command (company, kind) VALUES ('acme', 'manage');");
    EXPECT_EQ(outcome("UPDATE pay.payment_request SET amount = 1"), "PY409");
    EXPECT_EQ(outcome("UPDATE pay.payment_request SET to_email = 'thief@example.com'"), "PY409");
    EXPECT_EQ(outcome("UPDATE pay.payment_request SET cc = '{thief@example.com}'"), "PY409");
    EXPECT_EQ(outcome("UPDATE pay.payment_request SET amount = amount"), "accepted");
    EXPECT_EQ(outcome("UPDATE pay.command SET kind = 'disconnect'"), "PY409");
    EXPECT_EQ(outcome("UPDATE pay.command SET state = 'running'"), "accepted");
}

TEST_F(SchemaQueue, AnEndedDeliveryIsNotDue) {
    const auto freeze =
        std::string("UPDATE pay_private.delivery SET message_key = 1, accepted_at = now()");
    const auto set_state = [](const std::string& id, const std::string& state) {
        return "UPDATE pay_private.delivery SET lease_token = 1, state = '" + state +
               "' WHERE request_id = '" + id + "' RETURNING next_attempt_at IS NULL";
    };
    for (const auto* state : {"sent", "failed", "in_doubt", "suppressed", "cancelled"}) {
        const auto id = value(insert_request() + " RETURNING request_id");
        run(freeze);
        EXPECT_EQ(value(set_state(id, state)), "t") << state;
        EXPECT_EQ(value("SELECT count(lease_token) FROM pay_private.delivery WHERE request_id = '" +
                        id + "'"),
                  "0");
    }
    const auto id = value(insert_request() + " RETURNING request_id");
    run(freeze);
    for (const auto* state : {"ready", "sending", "committing", "deferred"})
        EXPECT_EQ(value(set_state(id, state)), "f") << state;
}

TEST_F(SchemaQueue, EveryEndOfARequestEndsItsDeliveriesAndItsLink) {
    for (const std::string state :
         {"paid", "overpaid", "refunded", "cancelled", "expired", "failed"}) {
        SCOPED_TRACE(state);
        run("TRUNCATE pay.payment_request CASCADE");
        const auto id = linked_request();
        run("INSERT INTO pay_private.delivery (request_id, company, kind, recipient) SELECT "
            "request_id, company, 'reminder', to_email FROM pay.payment_request");
        end(id, state);
        EXPECT_EQ(value("SELECT state FROM pay.payment_request"), state);
        EXPECT_EQ(column("SELECT DISTINCT state FROM pay_private.delivery WHERE kind IN "
                         "('request', 'reminder')"),
                  "cancelled");
        const auto why =
            state == "cancelled" || state == "expired" || state == "failed" ? state : "paid";
        EXPECT_EQ(value("SELECT wanted_active || ' ' || deactivation_reason FROM "
                        "pay_private.payment_link"),
                  "false " + why);
    }
}

TEST_F(SchemaQueue, ASharedLinkOutlivesAPayment) {
    const auto id = linked_request();
    run("ALTER TABLE pay.payment_request DISABLE TRIGGER payment_request_fixed;"
        "UPDATE pay.payment_request SET multi_party = true");
    end(id, "paid");
    EXPECT_EQ(value("SELECT wanted_active FROM pay_private.payment_link"), "t");
    run("SELECT pay.cancel_payment_request('" + id + "')");
    EXPECT_EQ(value("SELECT wanted_active FROM pay_private.payment_link"), "f");
}

TEST_F(SchemaQueue, RemindersAreQueuedWhenTheFirstDeliveryIsSent) {
    const auto id = value(insert_request({{"due_on", "current_date + 10"},
                                          {"reminders", "'{-3, 0, 7, 7, -10, -200}'"}}) +
                          " RETURNING request_id");
    const auto reminders =
        "SELECT number || ' ' || (next_attempt_at AT TIME ZONE 'UTC')::date - (now() AT TIME ZONE "
        "'UTC')::date FROM pay_private.delivery WHERE kind = 'reminder' ORDER BY 1";
    EXPECT_EQ(column(reminders), "NULL");
    run("UPDATE pay_private.delivery SET state = 'sent', accepted_at = now(), "
        "message_key = 1");
    EXPECT_EQ(column(reminders), "3 7 4 10 5 17") << "what is today or earlier is left out";
    end(id, "paid");
    EXPECT_EQ(column("SELECT DISTINCT state FROM pay_private.delivery WHERE kind = 'reminder'"),
              "cancelled");
    EXPECT_EQ(outcome(insert_request({{"reminders", "'{1}'"}})),
              "23514 payment_request_reminders_need_due_on");
}

TEST_F(SchemaQueue, CancelStopsTheDeliveryAndMakesTheLinkUnwanted) {
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

TEST_F(SchemaQueue, CancelKeepsADeliveryInTransmission) {
    const auto id = linked_request();
    run("UPDATE pay_private.delivery SET state = 'committing'");
    EXPECT_EQ(value("SELECT pay.cancel_payment_request('" + id + "')"), "cancelled");
    EXPECT_EQ(value("SELECT delivery FROM pay.payment_requests"), "committing");
    EXPECT_EQ(value("SELECT state FROM pay.deliveries"), "committing");
}

TEST_F(SchemaQueue, CancelComesTooLateForAPaidRequest) {
    const auto id = linked_request();
    end(id, "paid");
    EXPECT_EQ(value("SELECT pay.cancel_payment_request('" + id + "')"), "paid");
    EXPECT_EQ(value("SELECT deactivation_reason FROM pay_private.payment_link"), "paid");
    EXPECT_EQ(outcome("SELECT pay.cancel_payment_request(gen_random_uuid())"), "PY404");
}

TEST_F(SchemaQueue, ARequestHasOneWantedLink) {
    const auto id = linked_request();
    const auto second = [&](const char* wanted) {
        return "INSERT INTO pay_private.payment_link (link_id, request_id, account_id, amount, "
               "url, "
               "active, wanted_active) VALUES ('plink_2', '" +
               id + "', 'acct_1', 1250, 'https://buy.example.com/2', true, " + wanted + ")";
    };
    EXPECT_EQ(outcome(second("true")), "23505 payment_link_one_wanted");
    EXPECT_EQ(outcome(second("false")), "accepted");
    EXPECT_EQ(value("SELECT link_id FROM pay.payment_requests"), "plink_1");
}

TEST_F(SchemaQueue, AHundredThousandRequestsCanBeInsertedAtOnce) {
    run(R"(INSERT INTO pay.payment_request (company, to_email, amount, currency, description,
                                            request_key)
           SELECT 'acme', 'payer' || i || '@example.com', 50 + i, 'eur', 'Invoice ' || i, 'i' || i
             FROM generate_series(1, 100000) i)");
    EXPECT_EQ(value("SELECT count(*) || ' ' || min(seq) || ' ' || max(seq) FROM "
                    "pay_private.delivery WHERE next_attempt_at <= now() AND state = 'queued'"),
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
