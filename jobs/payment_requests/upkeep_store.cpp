// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/upkeep_store.hpp"

#include <pqxx/pqxx>

#include <stdexcept>

namespace paysync::payment_requests::store {

void write_deployment(pqxx::work& tx, Settings::Deployment deployment) {
    if (!tx.exec_params1("SELECT pay_private.is_time_zone($1)", deployment.time_zone)[0].as<bool>())
        throw std::runtime_error("PostgreSQL does not know the time zone \"" +
                                 deployment.time_zone + "\" (jobs.payment_requests.time_zone)");
    const std::chrono::duration<double> distance = deployment.reminder_distance;
    tx.exec_params0(R"sql(
        UPDATE pay_private.deployment d
           SET max_message_size = $1, time_zone = $2, send_from = $3::time, send_until = $4::time,
               remind_distance = make_interval(secs => $5)
         WHERE (d.max_message_size, d.time_zone, d.send_from, d.send_until, d.remind_distance)
               IS DISTINCT FROM ($1::bigint, $2::text, $3::time, $4::time, make_interval(secs => $5)))sql",
                    deployment.max_message_size, deployment.time_zone, deployment.send_from,
                    deployment.send_until, distance.count());
}

int delete_old_calls(pqxx::work& tx, double older_than_seconds, int limit) {
    return static_cast<int>(tx.exec_params(R"sql(
        DELETE FROM pay_private.stripe_call
         WHERE idempotency_key IN (SELECT idempotency_key FROM pay_private.stripe_call
                                    WHERE created_at < now() - make_interval(secs => $1)
                                      AND finished_at IS NOT NULL
                                    ORDER BY created_at LIMIT $2))sql",
                                           older_than_seconds, limit)
                                .affected_rows());
}

int delete_old_attempts(pqxx::work& tx, double older_than_seconds, int limit) {
    return static_cast<int>(tx.exec_params(R"sql(
        DELETE FROM pay_private.delivery_attempt
         WHERE (delivery_id, attempt) IN (
                   SELECT t.delivery_id, t.attempt
                     FROM pay_private.delivery_attempt t JOIN pay_private.delivery d USING (delivery_id)
                    WHERE t.started_at < now() - make_interval(secs => $1) AND t.finished_at IS NOT NULL
                      AND d.next_attempt_at IS NULL AND d.state <> 'in_doubt'
                    LIMIT $2))sql",
                                           older_than_seconds, limit)
                                .affected_rows());
}

int delete_old_bytes(pqxx::work& tx, double older_than_seconds, int limit) {
    return tx
        .exec_params1("SELECT pay_private.prune_messages(make_interval(secs => $1), $2)",
                      older_than_seconds, limit)[0]
        .as<int>();
}

}  // namespace paysync::payment_requests::store
