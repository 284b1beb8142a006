// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/streams_store.hpp"

#include "jobs/onboarding/suspicion_store.hpp"
#include "jobs/row.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

namespace {

std::string or_empty(std::optional<std::int64_t> value) {
    return value ? std::to_string(*value) : std::string();
}

}  // namespace

int add_streams(pqxx::work& tx) {
    return static_cast<int>(tx.exec_params(R"sql(
        INSERT INTO pay_private.stream (account_id, stream)
        SELECT i.account_id, $1 FROM pay_private.integration i
         WHERE i.access = 'ok' AND i.stage <> 'disconnected'
           AND NOT EXISTS (SELECT FROM pay_private.stream s
                            WHERE s.account_id = i.account_id AND s.stream = $1)
        ON CONFLICT DO NOTHING)sql",
                                           kCharges)
                                .affected_rows());
}

std::optional<Turn> claim_due(pqxx::work& tx, Pace pace, double lease_seconds,
                              std::string daemon_id) {
    const auto rows =
        tx.exec_params(R"sql(
        WITH due AS (
            SELECT s.account_id, s.stream, i.origin, i.account_created_at
              FROM pay_private.stream s JOIN pay_private.integration i USING (account_id)
             WHERE s.stream = $1 AND s.next_run_at <= now()
               AND (s.leased_until IS NULL OR s.leased_until < now())
               AND i.access = 'ok' AND i.stage <> 'disconnected'
             ORDER BY s.next_run_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED)
        UPDATE pay_private.stream s
           SET lease_token = nextval('pay_private.lease_token'),
               leased_until = now() + make_interval(secs => $4), leased_by = $5,
               walk_started_at = coalesce(s.walk_started_at, now()),
               walk_from = coalesce(
                   s.walk_from,
                   least(s.watermark - make_interval(secs => $2),
                         (SELECT max(upper(c.span)) FROM pay_private.coverage c
                           WHERE c.account_id = s.account_id AND c.stream = s.stream
                             AND s.watermark IS NOT NULL)),
                   greatest(now() - make_interval(secs => $3),
                            CASE WHEN due.origin = 'new'
                                 THEN due.account_created_at - make_interval(secs => $2) END))
          FROM due WHERE s.account_id = due.account_id AND s.stream = due.stream
        RETURNING s.account_id, s.lease_token, floor(extract(epoch FROM s.walk_from))::bigint,
                  s.walk_cursor)sql",
                       kCharges, pace.overlap, pace.horizon, lease_seconds, daemon_id);
    if (rows.empty())
        return std::nullopt;
    const auto& row = rows[0];
    return Turn{{text(row[0]), row[1].as<std::int64_t>()}, row[2].as<std::int64_t>(), text(row[3])};
}

void renew_lease(pqxx::work& tx, std::int64_t token, double lease_seconds) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.stream SET leased_until = now() + make_interval(secs => $2)
         WHERE lease_token = $1)sql",
                    token, lease_seconds);
}

bool hold(pqxx::work& tx, const Lease& lease) {
    const auto rows = tx.exec_params(R"sql(
        SELECT i.livemode
          FROM pay_private.stream s JOIN pay_private.integration i USING (account_id)
         WHERE s.account_id = $1 AND s.stream = $2 AND s.lease_token = $3
           FOR NO KEY UPDATE OF s)sql",
                                     lease.account_id, kCharges, lease.token);
    if (rows.empty())
        throw LeaseLost(lease.account_id);
    return rows[0][0].as<bool>();
}

void advance_walk(pqxx::work& tx, const Lease& lease, const std::string& cursor,
                  std::optional<std::int64_t> max_created) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.stream
           SET walk_cursor = $3, walk_max_created = greatest(walk_max_created, to_timestamp(nullif($4, '')::bigint))
         WHERE account_id = $1 AND stream = $2)sql",
                    lease.account_id, kCharges, cursor, or_empty(max_created));
}

// What the walk proves ends an overlap before it began: whatever was created until then had time to
// become visible. The watermark is the newest creation time seen and never a clock of ours. Should
// the database's clock be ahead of Stripe's by more than the overlap leaves room for, the proof is
// early by that much until the next walk, which begins at the watermark all the same.
void finish_walk(pqxx::work& tx, const Lease& lease, const Pace& pace,
                 std::optional<std::int64_t> max_created) {
    tx.exec_params0(R"sql(
        WITH walk AS (
            SELECT account_id, stream, walk_started_at,
                   tstzrange(walk_from, greatest(
                       walk_from, walk_started_at - make_interval(secs => $3))) AS span
              FROM pay_private.stream WHERE account_id = $1 AND stream = $2),
        merged AS (
            DELETE FROM pay_private.coverage c USING walk w
             WHERE c.account_id = w.account_id AND c.stream = w.stream AND NOT isempty(w.span)
               AND (c.span && w.span OR c.span -|- w.span)
            RETURNING c.span, c.rows),
        fresh AS (
            SELECT count(*) AS rows
              FROM walk w JOIN pay_private.charge h ON h.account_id = w.account_id
               AND h.created >= lower(w.span) AND h.created < upper(w.span)
             WHERE NOT EXISTS (SELECT FROM merged m WHERE h.created <@ m.span))
        INSERT INTO pay_private.coverage (account_id, stream, span, read_at, rows)
        SELECT w.account_id, w.stream,
               range_merge(w.span, coalesce((SELECT range_merge(range_agg(m.span)) FROM merged m),
                                            w.span)),
               w.walk_started_at,
               (SELECT rows FROM fresh) + coalesce((SELECT sum(m.rows) FROM merged m), 0)
          FROM walk w WHERE NOT isempty(w.span))sql",
                    lease.account_id, kCharges, pace.overlap);
    tx.exec_params0(R"sql(
        UPDATE pay_private.stream
           SET watermark = greatest(watermark, walk_max_created,
                                to_timestamp(nullif($3, '')::bigint)),
               walk_from = NULL, walk_cursor = NULL, walk_max_created = NULL, walk_started_at = NULL,
               last_completed_at = now(), last_error = NULL,
               next_run_at = now() + make_interval(secs => $4)
         WHERE account_id = $1 AND stream = $2)sql",
                    lease.account_id, kCharges, or_empty(max_created), pace.rest);
}

void restart_walk(pqxx::work& tx, Lease lease) {
    hold(tx, lease);
    tx.exec_params0(R"sql(
        UPDATE pay_private.stream
           SET walk_cursor = NULL, walk_max_created = NULL, walk_started_at = now()
         WHERE account_id = $1 AND stream = $2)sql",
                    lease.account_id, kCharges);
}

void give_back(pqxx::work& tx, Lease lease) {
    tx.exec_params0(R"sql(
        UPDATE pay_private.stream
           SET lease_token = NULL, leased_until = NULL, leased_by = NULL,
               next_run_at = CASE WHEN walk_from IS NULL THEN next_run_at ELSE now() END
         WHERE account_id = $1 AND stream = $2 AND lease_token = $3)sql",
                    lease.account_id, kCharges, lease.token);
}

double put_off(pqxx::work& tx, Lease lease, std::string error, double at_least_seconds) {
    const auto rows =
        tx.exec_params(R"sql(
        UPDATE pay_private.stream
           SET lease_token = NULL, leased_until = NULL, leased_by = NULL, last_error = $4,
               next_run_at = now() + greatest(
                   make_interval(secs => $5),
                   least(interval '1 hour',
                         (now() - coalesce(last_completed_at, walk_started_at, now())) / 2))
         WHERE account_id = $1 AND stream = $2 AND lease_token = $3
        RETURNING extract(epoch FROM next_run_at - now())::float8)sql",
                       lease.account_id, kCharges, lease.token, error, at_least_seconds);
    if (rows.empty())
        throw LeaseLost(lease.account_id);
    return rows[0][0].as<double>();
}

double put_off_unreachable(pqxx::work& tx, Lease lease, std::string error,
                           double at_least_seconds) {
    const double pause = put_off(tx, lease, error, at_least_seconds);
    onboarding::store::suspect_one(tx, lease.account_id, "reading its charges was refused");
    return pause;
}

}  // namespace paysync::reconciliation::store
