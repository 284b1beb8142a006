// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/upkeep_store.hpp"
#include "tests/postgres/payment_requests/queue_fixture.hpp"

namespace paysync::payment_requests::store {
namespace {

using Upkeep = MailQueue;

TEST_F(Upkeep, SqlKnowsTheConfiguration) {
    Settings::Deployment deployment;
    deployment.max_message_size = 5000000;
    deployment.time_zone = "Europe/Vienna";
    deployment.send_from = "08:00";
    deployment.send_until = "20:00";
    deployment.reminder_distance = std::chrono::minutes(10);
    call(&write_deployment, deployment);
    EXPECT_EQ(run("SELECT concat_ws(' ', max_message_size, time_zone, send_from, send_until, "
                  "remind_distance) FROM pay_private.deployment"),
              "5000000 Europe/Vienna 08:00:00 20:00:00 00:10:00");
    EXPECT_EQ(run("SELECT pay_private.time_zone_of('acme')"), "Europe/Vienna");
    deployment.time_zone = "Mars/Olympus";
    EXPECT_THROW(call(&write_deployment, deployment), std::runtime_error);
}

TEST_F(Upkeep, OldRecordsAreDeletedInSteps) {
    run("INSERT INTO pay_private.stripe_call (idempotency_key, path, body, purpose, subject, "
        "created_at, status, finished_at) SELECT 'old' || n, '/', '', 'x', 'x', now() - interval "
        "'3 days', 200, CASE WHEN n < 5 THEN now() END FROM generate_series(1, 5) n");
    run("INSERT INTO pay_private.stripe_call (idempotency_key, path, body, purpose, subject, "
        "status, finished_at) VALUES ('new', '/', '', 'x', 'x', 200, now())");
    EXPECT_EQ(call(&delete_old_calls, 86400.0, 3), 3);
    EXPECT_EQ(call(&delete_old_calls, 86400.0, 3), 1);
    EXPECT_EQ(run("SELECT string_agg(idempotency_key, ' ' ORDER BY idempotency_key) FROM "
                  "pay_private.stripe_call"),
              "new old5")
        << "a call without an answer stays";
}

TEST_F(Upkeep, AttemptsStayWhileTheirDeliveryIsWorkedOn) {
    request();
    const auto [delivery, attempt] = begin();
    run("UPDATE pay_private.delivery_attempt SET started_at = now() - interval '3 days'");
    EXPECT_EQ(call(&delete_old_attempts, 86400.0, 10), 0);
    ASSERT_TRUE(commit(delivery, attempt.number));
    ASSERT_TRUE(accepted(delivery, attempt.number));
    EXPECT_EQ(call(&delete_old_attempts, 86400.0, 10), 1);
}

TEST_F(Upkeep, BytesStayWhileTheirDeliveryIsWorkedOn) {
    request();
    const auto [delivery, attempt] = begin();
    run("UPDATE pay_private.message SET frozen_at = now() - interval '3 days'");
    EXPECT_EQ(call(&delete_old_bytes, 86400.0, 10), 0);
    ASSERT_TRUE(commit(delivery, attempt.number));
    ASSERT_TRUE(accepted(delivery, attempt.number));
    EXPECT_EQ(call(&delete_old_bytes, 86400.0, 10), 1);
}

}  // namespace
}  // namespace paysync::payment_requests::store
