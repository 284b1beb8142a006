// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/streams_store.hpp"

#include "daemon/base/db/column.hpp"
#include "daemon/base/db/row.hpp"
#include "daemon/base/db/statement.hpp"
#include "jobs/accounts/suspicion_store.hpp"
#include "jobs/reconciliation/charges_store.hpp"
#include "jobs/reconciliation/ledger_store.hpp"
#include "jobs/reconciliation/stream_kind.hpp"

#include <pqxx/pqxx>

namespace paysync::reconciliation::store {

namespace {

std::string or_empty(std::optional<std::int64_t> value) {
    return value ? std::to_string(*value) : std::string();
}

[[noreturn]] void throw_lease_lost(const StreamLease& lease) {
    throw LeaseLost("the lease on " + lease.account_id +
                    " was lost, or the account is not ours to read any more");
}

/// The slices of the stream's walk. A walk that begins has one, from walk_from until now.
std::vector<Slice> open_slices(pqxx::work& tx, const StreamLease& lease) {
    const auto rows = db::execute(tx, R"sql(
        WITH begun AS (
            INSERT INTO pay_private.slice (account_id, stream, until, since)
            SELECT s.account_id, s.stream, to_timestamp($3), s.walk_from
              FROM pay_private.stream s
             WHERE s.account_id = $1 AND s.stream = $2
               AND NOT EXISTS (SELECT FROM pay_private.slice o
                                WHERE o.account_id = s.account_id AND o.stream = s.stream)
            RETURNING since, until, cursor),
        all_of AS (
            SELECT since, until, cursor FROM begun
            UNION ALL
            SELECT since, until, cursor FROM pay_private.slice WHERE account_id = $1 AND stream = $2)
        SELECT extract(epoch FROM since)::bigint, extract(epoch FROM until)::bigint, cursor
          FROM all_of ORDER BY until DESC)sql",
                                  lease.account_id, lease.stream, kOpenEnd);
    std::vector<Slice> slices;
    for (const auto& row : rows)
        slices.push_back({row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), text(row[2])});
    return slices;
}

}  // namespace

int add_streams(pqxx::work& tx) {
    Column streams, of_platform;
    for (const auto* kind : stream_kinds()) {
        streams.add(kind->stream);
        of_platform.add(kind->of_platform);
    }
    return static_cast<int>(tx.exec_params(R"sql(
        INSERT INTO pay_private.stream (account_id, stream)
        SELECT DISTINCT CASE WHEN k.of_platform THEN $3 ELSE i.account_id END, k.stream
          FROM pay_private.integration i CROSS JOIN unnest($1::text[], $2::boolean[]) AS k (stream, of_platform)
         WHERE i.access = 'ok' AND i.stage <> 'disconnected'
           AND NOT EXISTS (SELECT FROM pay_private.stream s
                            WHERE s.account_id = CASE WHEN k.of_platform THEN $3 ELSE i.account_id END
                              AND s.stream = k.stream)
        ON CONFLICT DO NOTHING)sql",
                                           streams.literal(), of_platform.literal(), kPlatform)
                                .affected_rows());
}

// synchronous_commit = off here and in release_done(): if the server forgets a claim in a crash,
// nothing can be stored under its token (decision 15).
std::optional<Turn> claim_due(pqxx::work& tx, WalkTimes times, std::vector<std::string> busy,
                              double lease_seconds, std::string daemon_id) {
    const auto rows = db::execute(tx, R"sql(
        WITH due AS (
            SELECT s.account_id, s.stream, s.walk_from, s.watermark, i.origin, i.account_created_at
              FROM pay_private.stream s LEFT JOIN pay_private.integration i USING (account_id)
             WHERE s.next_run_at <= now()
               AND (s.leased_until IS NULL OR s.leased_until < now())
               AND (s.account_id = $6 OR i.access = 'ok' AND i.stage <> 'disconnected')
               AND s.account_id <> ALL ($7::text[])
             ORDER BY s.next_run_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED),
        begun AS (
            SELECT account_id, stream, date_trunc('second', coalesce(
                   due.walk_from,
                   least(due.watermark - make_interval(secs => $1),
                         (SELECT max(upper(c.span)) FROM pay_private.coverage c
                           WHERE c.account_id = due.account_id AND c.stream = due.stream
                             AND due.watermark IS NOT NULL),
                         (SELECT min(b.created) FROM pay_private.balance_transaction b
                           WHERE b.account_id = due.account_id AND due.stream = $5 AND b.next_check_at <= now()
                             AND due.watermark IS NOT NULL)),
                   greatest(now() - make_interval(secs => $2),
                            CASE WHEN due.origin = 'new'
                                 THEN due.account_created_at - make_interval(secs => $1) END))) AS walk_from
              FROM due)
        UPDATE pay_private.stream s
           SET lease_token = nextval('pay_private.lease_token'),
               leased_until = now() + make_interval(secs => $3), leased_by = $4,
               walk_started_at = coalesce(s.walk_started_at, now()), walk_from = begun.walk_from,
               since = coalesce(s.since, begun.walk_from)
          FROM begun, set_config('synchronous_commit', 'off', true)
         WHERE s.account_id = begun.account_id AND s.stream = begun.stream
        RETURNING s.account_id, s.stream, s.lease_token)sql",
                                  times.overlap, times.horizon, lease_seconds, daemon_id,
                                  kLedger.stream, kPlatform, text_array(busy));
    if (rows.empty())
        return std::nullopt;
    const auto& row = rows[0];
    Turn turn;
    turn.lease = StreamLease{text(row[0]), text(row[1]), row[2].as<std::int64_t>()};
    turn.slices = open_slices(tx, turn.lease);
    return turn;
}

std::optional<bool> lock_stream(pqxx::work& tx, const StreamLease& lease) {
    const auto rows = db::execute(tx, R"sql(
        SELECT i.livemode
          FROM pay_private.stream s LEFT JOIN pay_private.integration i USING (account_id)
         WHERE s.account_id = $1 AND s.stream = $2 AND s.lease_token = $3
           AND (s.account_id = $4 OR i.access = 'ok' AND i.stage <> 'disconnected')
           FOR NO KEY UPDATE OF s)sql",
                                  lease.account_id, lease.stream, lease.token, kPlatform);
    if (rows.empty())
        throw_lease_lost(lease);
    if (rows[0][0].is_null())
        return std::nullopt;
    return rows[0][0].as<bool>();
}

namespace {

void store_open_slices(pqxx::work& tx, const StreamLease& lease, const std::vector<Slice>& slices) {
    Column untils, froms, cursors;
    for (const auto& slice : slices) {
        untils.add(slice.until);
        froms.add(slice.from);
        cursors.add(slice.cursor);
    }
    db::execute(tx, R"sql(
        INSERT INTO pay_private.slice AS s (account_id, stream, until, since, cursor)
        SELECT $1, $2, to_timestamp(t.until), to_timestamp(t.since), nullif(t.cursor, '')
          FROM unnest($3::bigint[], $4::bigint[], $5::text[]) AS t (until, since, cursor)
        ON CONFLICT (account_id, stream, until) DO UPDATE SET since = excluded.since, cursor = excluded.cursor)sql",
                lease.account_id, lease.stream, untils.literal(), froms.literal(),
                cursors.literal());
}

/// Makes a slice that was read completely coverage, and deletes it.
///
/// The proof ends an overlap before the walk began: objects that Stripe shows late were visible by
/// then. The watermark is the newest creation time seen, never a time of our clock. If the
/// database's clock is ahead of Stripe's by more than the overlap, the proof is ahead by as much;
/// so the next walk begins no later than where the proof ends (claim_due()). The range comes from
/// the slice's last page, not from its row: one batch may split or shorten the slice and close it.
void prove_slice(pqxx::work& tx, const StreamLease& lease, const WalkTimes& times,
                 const Slice& slice) {
    static const StatementPerKind kProve(R"sql(
        WITH read AS (
            DELETE FROM pay_private.slice WHERE account_id = $1 AND stream = $2 AND until = to_timestamp($4)),
        walk AS (
            SELECT s.account_id, s.stream, s.walk_started_at,
                   tstzrange(to_timestamp($5), greatest(to_timestamp($5), least(to_timestamp($4),
                       s.walk_started_at - make_interval(secs => $3)))) AS span
              FROM pay_private.stream s WHERE s.account_id = $1 AND s.stream = $2),
        merged AS (
            DELETE FROM pay_private.coverage c USING walk w
             WHERE c.account_id = w.account_id AND c.stream = w.stream AND NOT isempty(w.span)
               AND (c.span && w.span OR c.span -|- w.span)
            RETURNING c.span, c.rows),
        fresh AS (
            SELECT count(*) AS rows
              FROM walk w JOIN {table} h ON h.account_id = w.account_id
               AND h.created >= lower(w.span) AND h.created < upper(w.span)
             WHERE NOT EXISTS (SELECT FROM merged m WHERE h.created <@ m.span))
        INSERT INTO pay_private.coverage (account_id, stream, span, read_at, rows)
        SELECT w.account_id, w.stream,
               range_merge(w.span, coalesce((SELECT range_merge(range_agg(m.span)) FROM merged m),
                                            w.span)),
               w.walk_started_at,
               (SELECT rows FROM fresh) + coalesce((SELECT sum(m.rows) FROM merged m), 0)
          FROM walk w WHERE NOT isempty(w.span))sql");
    db::execute_composed(tx, kProve.of(lease.stream),
                         {lease.account_id, lease.stream, std::to_string(times.overlap),
                          std::to_string(slice.until), std::to_string(slice.from)});
}

void finish_walk(pqxx::work& tx, const StreamLease& lease, const WalkTimes& times) {
    const auto& kind = stream_kind(lease.stream);
    if (kind.rechecked_by_walk) {
        static const StatementPerKind kRechecked(R"sql(
            UPDATE {table} m SET next_check_at = now() + interval '6 hours'
              FROM pay_private.stream s
             WHERE s.account_id = $1 AND s.stream = $2
               AND m.account_id = $1 AND m.next_check_at <= now() AND m.created >= s.walk_from)sql");
        db::execute_composed(tx, kRechecked.of(lease.stream), {lease.account_id, lease.stream});
    }
    db::execute(tx, R"sql(
        UPDATE pay_private.stream s
           SET watermark = greatest(s.watermark, s.walk_max_created),
               walk_from = NULL, walk_max_created = NULL, walk_started_at = NULL,
               walk_written = 0, last_completed_at = now(), last_error = NULL,
               quiet_walks = quiet.walks,
               next_run_at = now() + make_interval(
                   secs => greatest($3, least($3 * power(2, least(quiet.walks, 30)), $4)))
          FROM (SELECT CASE WHEN q.walk_written > 0 THEN 0
                            -- In the order of an index, or a plan for any account reads all links.
                            WHEN $5 AND (SELECT l.link_id FROM pay_private.payment_link l
                                          WHERE l.account_id = q.account_id AND l.active AND l.wanted_active
                                          ORDER BY l.created_at LIMIT 1) IS NOT NULL THEN 0
                            ELSE q.quiet_walks + 1 END AS walks
                  FROM pay_private.stream q WHERE q.account_id = $1 AND q.stream = $2) quiet
         WHERE s.account_id = $1 AND s.stream = $2)sql",
                lease.account_id, lease.stream, times.rest, times.slowest, kind.hurried_by_links);
}

}  // namespace

bool advance_walk(pqxx::work& tx, const StreamLease& lease, const WalkTimes& times,
                  const WalkProgress& progress) {
    if (!progress.open.empty())
        store_open_slices(tx, lease, progress.open);
    for (const auto& slice : progress.closed)
        prove_slice(tx, lease, times, slice);
    const auto rows =
        db::execute(tx, R"sql(
        UPDATE pay_private.stream
           SET walk_written = walk_written + $4,
               walk_max_created = greatest(walk_max_created, to_timestamp(nullif($3, '')::bigint))
         WHERE account_id = $1 AND stream = $2
        RETURNING NOT EXISTS (SELECT FROM pay_private.slice WHERE account_id = $1 AND stream = $2))sql",
                    lease.account_id, lease.stream, or_empty(progress.newest), progress.written);
    if (progress.closed.empty() || !rows[0][0].as<bool>())
        return false;
    finish_walk(tx, lease, times);
    return true;
}

void release_done(pqxx::work& tx, StreamLease lease, bool more) {
    db::execute(tx, R"sql(
        UPDATE pay_private.stream
           SET lease_token = NULL, leased_until = NULL, leased_by = NULL, last_error = NULL,
               failing_since = NULL,
               next_run_at = CASE WHEN walk_from IS NULL AND NOT $4 THEN next_run_at ELSE now() END
          FROM set_config('synchronous_commit', 'off', true)
         WHERE account_id = $1 AND stream = $2 AND lease_token = $3)sql",
                lease.account_id, lease.stream, lease.token, more);
}

void release_unchanged(pqxx::work& tx, StreamLease lease, std::string error) {
    db::execute(tx, R"sql(
        UPDATE pay_private.stream
           SET lease_token = NULL, leased_until = NULL, leased_by = NULL,
               last_error = coalesce(nullif($4, ''), last_error),
               failing_since = CASE WHEN $4 = '' THEN failing_since
                                    ELSE coalesce(failing_since, now()) END
         WHERE account_id = $1 AND stream = $2 AND lease_token = $3)sql",
                lease.account_id, lease.stream, lease.token, error);
}

double release_failed(pqxx::work& tx, StreamLease lease, std::string error,
                      double at_least_seconds) {
    const auto rows =
        tx.exec_params(R"sql(
        UPDATE pay_private.stream
           SET lease_token = NULL, leased_until = NULL, leased_by = NULL, last_error = $4,
               failing_since = coalesce(failing_since, now()),
               next_run_at = now() + greatest(
                   make_interval(secs => $5),
                   least(interval '1 hour',
                         (now() - coalesce(last_completed_at, walk_started_at, now())) / 2))
         WHERE account_id = $1 AND stream = $2 AND lease_token = $3
        RETURNING extract(epoch FROM next_run_at - now())::float8)sql",
                       lease.account_id, lease.stream, lease.token, error, at_least_seconds);
    if (rows.empty())
        throw_lease_lost(lease);
    return rows[0][0].as<double>();
}

double release_unreachable(pqxx::work& tx, StreamLease lease, std::string error,
                           double at_least_seconds) {
    const double pause = release_failed(tx, lease, error, at_least_seconds);
    onboarding::store::suspect_account(tx, lease.account_id,
                                       "reading its " + lease.stream + " was refused");
    return pause;
}

}  // namespace paysync::reconciliation::store
