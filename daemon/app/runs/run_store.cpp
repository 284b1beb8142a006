// SPDX-License-Identifier: MIT
#include "daemon/app/runs/run_store.hpp"

#include "daemon/base/db/row.hpp"

#include <pqxx/pqxx>

namespace paysync::runs::store {

namespace {

using Result = SlotClaim::Result;
using Missed = schedule::Schedule::Missed;
using Overlap = schedule::Schedule::Overlap;

/// A slot whose runs are lost is tried again only so often: it may be what kills the daemons.
constexpr int kMaxRunsOfSlot = 3;

SlotTime slot_of(const pqxx::field& field) {
    return SlotTime(std::chrono::seconds(field.as<std::int64_t>()));
}

std::int64_t unix_seconds(SlotTime slot) {
    return slot.time_since_epoch().count();
}

void mark_lost_runs(pqxx::work& tx, const std::string& job) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.run SET state = 'lost', finished_at = alive_until,
               reason = 'its daemon died'
         WHERE job = $1 AND state = 'running' AND alive_until < now())sql",
                    job);
}

void mark_slot_settled(pqxx::work& tx, const SlotRequest& request) {
    tx.exec_params0(
        "UPDATE pay_private.job SET last_slot = greatest(last_slot, to_timestamp($2)) WHERE job = "
        "$1",
        request.job, unix_seconds(request.slot));
}

SlotClaim skip_slot(pqxx::work& tx, const SlotRequest& request, const DaemonLease& daemon,
                    const char* reason) {
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.run (job, cause, slot, state, daemon, finished_at, reason)
        VALUES ($1, 'slot', to_timestamp($2), 'skipped', $3, now(), $4))sql",
                    request.job, unix_seconds(request.slot), daemon.id, std::string(reason));
    mark_slot_settled(tx, request);
    return {Result::skipped, 0};
}

}  // namespace

void register_jobs(pqxx::work& tx, std::vector<RegisteredJob> jobs) {
    for (const auto& known : jobs)
        tx.exec_params0(R"sql(
            INSERT INTO pay_private.job (job, schedule) VALUES ($1, $2)
            ON CONFLICT (job) DO UPDATE SET schedule = excluded.schedule, schedule_since = now()
             WHERE job.schedule <> excluded.schedule)sql",
                        known.job, known.schedule);
}

int heartbeat(pqxx::work& tx, DaemonLease daemon, std::string version,
              std::vector<std::string> jobs_with_pass) {
    tx.exec_params0(R"sql(
        INSERT INTO pay_private.daemon (daemon, version, alive_until)
        VALUES ($1, $2, now() + make_interval(secs => $3))
        ON CONFLICT (daemon) DO UPDATE SET seen_at = now(), alive_until = excluded.alive_until)sql",
                    daemon.id, version, daemon.seconds);
    if (!jobs_with_pass.empty())
        tx.exec_params0(
            "UPDATE pay_private.job SET last_pass_at = now() WHERE job = ANY ($1::text[])",
            text_array(jobs_with_pass));
    tx.exec0("DELETE FROM pay_private.daemon WHERE alive_until < now() - interval '1 day'");
    return tx.exec1("SELECT count(*) FROM pay_private.daemon WHERE alive_until > now()")[0]
        .as<int>();
}

void unregister_daemon(pqxx::work& tx, std::string daemon) {
    tx.exec_params0("UPDATE pay_private.daemon SET alive_until = now() WHERE daemon = $1", daemon);
}

std::map<std::string, JobControl> read_controls(pqxx::work& tx) {
    std::map<std::string, JobControl> controls;
    for (const auto& row : tx.exec(R"sql(
        SELECT j.job, j.paused_at IS NOT NULL,
               EXISTS (SELECT FROM pay_private.run r WHERE r.job = j.job AND r.state = 'queued')
          FROM pay_private.job j)sql"))
        controls[text(row[0])] = {row[1].as<bool>(), row[2].as<bool>()};
    return controls;
}

SlotPlan plan_slot(pqxx::work& tx, std::string job) {
    const auto row = tx.exec_params1(R"sql(
        SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint,
               floor(extract(epoch FROM greatest(j.schedule_since, j.last_slot)))::bigint,
               j.paused_at IS NOT NULL,
               CASE WHEN j.last_slot >= j.schedule_since AND count(r.run_id) BETWEEN 1 AND $2 - 1
                     AND bool_and(r.state = 'lost' OR r.state = 'running' AND r.alive_until < now())
                    THEN floor(extract(epoch FROM j.last_slot))::bigint END
          FROM pay_private.job j LEFT JOIN pay_private.run r ON r.job = j.job AND r.slot = j.last_slot
         WHERE j.job = $1 GROUP BY j.job)sql",
                                     job, kMaxRunsOfSlot);
    SlotPlan plan;
    plan.now = std::chrono::sys_time<std::chrono::milliseconds>(
        std::chrono::milliseconds(row[0].as<std::int64_t>()));
    plan.settled_until = slot_of(row[1]);
    plan.paused = row[2].as<bool>();
    if (!row[3].is_null())
        plan.lost_slot = slot_of(row[3]);
    return plan;
}

SlotClaim claim_slot(pqxx::work& tx, SlotRequest request, DaemonLease daemon) {
    // Daemons that want the same slot wait for this lock.
    const auto paused =
        tx.exec_params1(
              "SELECT paused_at IS NOT NULL FROM pay_private.job WHERE job = $1 FOR UPDATE",
              request.job)[0]
            .as<bool>();
    if (paused)
        return {Result::paused, 0};
    mark_lost_runs(tx, request.job);
    const auto state = tx.exec_params1(R"sql(
        SELECT EXISTS (SELECT FROM pay_private.run WHERE job = $1 AND slot = to_timestamp($2) AND state <> 'lost')
            OR EXISTS (SELECT FROM pay_private.job WHERE job = $1 AND last_slot >= to_timestamp($2)
                AND NOT EXISTS (SELECT FROM pay_private.run WHERE job = $1 AND slot = last_slot AND state = 'lost'
                                   AND slot = to_timestamp($2))),
               EXISTS (SELECT FROM pay_private.run WHERE job = $1 AND state = 'running'))sql",
                                       request.job, unix_seconds(request.slot));
    if (state[0].as<bool>())
        return {Result::taken, 0};
    const bool running = state[1].as<bool>();
    if ((running || request.overlapped) && request.overlap == Overlap::skip)
        return skip_slot(tx, request, daemon, "the previous run had not ended");
    if (running)
        return {Result::busy, 0};
    if (request.late && request.missed == Missed::skip)
        return skip_slot(tx, request, daemon, "no daemon could run it at its time");
    const auto run =
        tx.exec_params1(R"sql(
        INSERT INTO pay_private.run (job, cause, slot, state, daemon, started_at, heartbeat_at, alive_until)
        VALUES ($1, 'slot', to_timestamp($2), 'running', $3, now(), now(), now() + make_interval(secs => $4))
        RETURNING run_id)sql",
                        request.job, unix_seconds(request.slot), daemon.id, daemon.seconds);
    mark_slot_settled(tx, request);
    return {Result::claimed, run[0].as<std::int64_t>()};
}

std::int64_t request_run(pqxx::work& tx, std::string job) {
    return tx.exec_params1("SELECT pay_private.run_job($1)", job)[0].as<std::int64_t>();
}

bool pause_job(pqxx::work& tx, std::string job, std::string reason) {
    return tx.exec_params1("SELECT pay_private.pause_job($1, $2)", job, reason)[0].as<bool>();
}

bool resume_job(pqxx::work& tx, std::string job) {
    return tx.exec_params1("SELECT pay_private.resume_job($1)", job)[0].as<bool>();
}

std::int64_t claim_requested_run(pqxx::work& tx, std::string job, DaemonLease daemon) {
    const auto rows = tx.exec_params(R"sql(
        UPDATE pay_private.run SET state = 'running', daemon = $2, started_at = now(), heartbeat_at = now(),
               alive_until = now() + make_interval(secs => $3)
         WHERE run_id = (SELECT run_id FROM pay_private.run WHERE job = $1 AND state = 'queued'
                          ORDER BY run_id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING run_id)sql",
                                     job, daemon.id, daemon.seconds);
    return rows.empty() ? 0 : rows[0][0].as<std::int64_t>();
}

std::int64_t open_run(pqxx::work& tx, std::string job, double seconds, DaemonLease daemon) {
    mark_lost_runs(tx, job);
    return tx
        .exec_params1(R"sql(
            INSERT INTO pay_private.run (job, cause, state, daemon, started_at, heartbeat_at, alive_until)
            VALUES ($1, 'pass', 'running', $2, now() - make_interval(secs => $3), now(),
                    now() + make_interval(secs => $4))
            RETURNING run_id)sql",
                      job, daemon.id, seconds, daemon.seconds)[0]
        .as<std::int64_t>();
}

void renew_run(pqxx::work& tx, std::int64_t run_id, DaemonLease daemon) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.run SET heartbeat_at = now(), alive_until = now() + make_interval(secs => $3)
         WHERE run_id = $1 AND daemon = $2 AND state = 'running')sql",
                    run_id, daemon.id, daemon.seconds);
}

void finish_run(pqxx::work& tx, std::int64_t run_id, Outcome outcome) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.run SET state = $2, finished_at = now(), done = $3, failed = $4,
               reason = nullif($5, '')
         WHERE run_id = $1 AND state = 'running')sql",
                    run_id, std::string(to_string(outcome.state)), outcome.done, outcome.failed,
                    outcome.reason);
}

void add_summaries(pqxx::work& tx, std::vector<PassSummary> summaries, std::string daemon) {
    for (const auto& summary : summaries)
        tx.exec_params0(R"sql(
            INSERT INTO pay_private.run (job, cause, state, daemon, started_at, finished_at, passes, done,
                                         failed, reason)
            VALUES ($1, 'pass', $2, $3, now() - make_interval(secs => $4), now() - make_interval(secs => $5),
                    $6, $7, $8, nullif($9, '')))sql",
                        summary.job, std::string(to_string(summary.outcome.state)), daemon,
                        summary.began_seconds_ago, summary.ended_seconds_ago, summary.passes,
                        summary.outcome.done, summary.outcome.failed, summary.outcome.reason);
}

int delete_old_runs(pqxx::work& tx, double older_than_seconds) {
    return static_cast<int>(tx.exec_params(R"sql(
        DELETE FROM pay_private.run WHERE run_id IN (
            SELECT run_id FROM pay_private.run WHERE finished_at < now() - make_interval(secs => $1)
             ORDER BY finished_at LIMIT 10000))sql",
                                           older_than_seconds)
                                .affected_rows());
}

}  // namespace paysync::runs::store
