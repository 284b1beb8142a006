-- SPDX-License-Identifier: MIT
-- Reading from Stripe: when a row is due again, reading an object by its id or a range again, and what was not read yet.

CREATE OR REPLACE FUNCTION pay_private.next_check(created timestamptz, may_change_until timestamptz, not_before timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE WHEN may_change_until > now() THEN greatest(
               now() + least(interval '1 day', greatest(interval '1 minute', (now() - created) / 2)), not_before) END;
$$;
COMMENT ON FUNCTION pay_private.next_check(timestamptz, timestamptz, timestamptz) IS
    'When to read an object again: after half its age, so that the interval grows while it can still change; NULL = it cannot change.';

CREATE OR REPLACE FUNCTION pay_private.stream_of(object_id text) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT k.stream FROM stream_kind k WHERE split_part(object_id, '_', 1) = ANY (k.id_prefixes);
$$;
COMMENT ON FUNCTION pay_private.stream_of(text) IS 'The stream of the objects whose ids begin like this one; NULL = none.';

CREATE OR REPLACE FUNCTION pay_private.request_reread(account_id text, stream text, object_ids text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    mirror text;
    id text;
BEGIN
    SELECT k.table_name, k.id_column INTO mirror, id FROM stream_kind k WHERE k.stream = request_reread.stream;
    IF mirror IS NULL THEN
        RETURN;
    END IF;
    -- With hash 0 the row is written even if it is unchanged, and everything that follows from a change is done again.
    EXECUTE format('UPDATE pay_private.%I SET row_hash = 0 WHERE account_id = $1 AND %I = ANY ($2)', mirror, id)
      USING account_id, object_ids;
    INSERT INTO reread AS r (account_id, stream, object_id, reason)
    SELECT request_reread.account_id, request_reread.stream, o, 'repair' FROM unnest(object_ids) o WHERE o IS NOT NULL
    ON CONFLICT (account_id, stream, object_id) DO UPDATE SET reason = 'repair';
    UPDATE stream s SET next_run_at = now()
     WHERE s.account_id = request_reread.account_id AND s.stream = request_reread.stream;
END $$;
COMMENT ON FUNCTION pay_private.request_reread(text, text, text[]) IS
    'Requests that these objects of a stream are read by their ids at once, and that their rows are written even if unchanged.';

CREATE OR REPLACE FUNCTION pay_private.request_walk(account_id text, stream text, since timestamptz, until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    now_end CONSTANT timestamptz := to_timestamp(253402300799);
BEGIN
    -- The newest objects are part of the walk, otherwise its end would not prove that everything up to then is read. A daemon
    -- that works on the stream has its slices in memory and would overwrite these; without the lease it cannot.
    UPDATE stream s
       SET lease_token = NULL, leased_until = NULL, leased_by = NULL, walk_from = date_trunc('second', least(s.walk_from, request_walk.since, s.watermark)),
           walk_started_at = NULL, next_run_at = now()
     WHERE s.account_id = request_walk.account_id AND s.stream = request_walk.stream;
    INSERT INTO slice AS p (account_id, stream, until, since)
    SELECT request_walk.account_id, request_walk.stream, p.until, min(p.since)
      FROM (SELECT CASE WHEN request_walk.until >= now() THEN now_end
                        ELSE date_trunc('second', request_walk.until) + interval '1 second' END AS until,
                   date_trunc('second', request_walk.since) AS since
             UNION ALL
            SELECT now_end, date_trunc('second', least(s.watermark, (
                       SELECT max(upper(c.span)) FROM pay_private.coverage c
                        WHERE c.account_id = s.account_id AND c.stream = s.stream), now()) - interval '15 minutes')
              FROM stream s
             WHERE s.account_id = request_walk.account_id AND s.stream = request_walk.stream) p
     GROUP BY p.until
    ON CONFLICT (account_id, stream, until) DO UPDATE SET since = least(p.since, excluded.since), cursor = NULL;
END $$;
COMMENT ON FUNCTION pay_private.request_walk(text, text, timestamptz, timestamptz) IS
    'Requests that objects created in this range are listed again, besides open slices and the newest objects. The stream is due at once.';

CREATE OR REPLACE VIEW pay_private.coverage_gap AS
SELECT s.account_id, s.stream,
       tstzmultirange(tstzrange(least(s.since, min(lower(c.span))), max(upper(c.span)))) - range_agg(c.span)
           - coalesce((SELECT range_agg(tstzrange(x.since, x.until)) FROM pay_private.slice x
                        WHERE x.account_id = s.account_id AND x.stream = s.stream), '{}') AS gaps
  FROM pay_private.stream s
  JOIN pay_private.coverage c ON c.account_id = s.account_id AND c.stream = s.stream
 GROUP BY s.account_id, s.stream;
COMMENT ON VIEW pay_private.coverage_gap IS 'Ranges between the begin of a stream and the end of its coverage that were not read and are not being read now.';
COMMENT ON COLUMN pay_private.coverage_gap.account_id IS 'The Stripe account; empty = the platform''s own.';
COMMENT ON COLUMN pay_private.coverage_gap.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.coverage_gap.gaps IS 'Ranges of creation; empty = none.';

CREATE OR REPLACE VIEW pay.coverage AS
SELECT i.company, s.account_id, s.stream, lower(c.span) AS complete_from, upper(c.span) AS complete_to,
       now() - upper(c.span) AS late_by, coalesce(c.rows, 0) AS objects,
       nullif(h.gaps::text, '{}') AS holes, s.last_completed_at,
       s.next_run_at, s.last_error,
       (SELECT count(*) FROM pay_private.quarantine q
         WHERE q.account_id = s.account_id AND q.stream = s.stream) AS quarantined,
       (SELECT count(*) FROM pay_private.discrepancy d
         WHERE d.account_id = s.account_id AND d.state = 'open') AS open_discrepancies,
       s.balance_proven_at
  FROM pay_private.stream s
  LEFT JOIN pay_private.integration i ON i.account_id = s.account_id
  LEFT JOIN pay_private.coverage_gap h ON h.account_id = s.account_id AND h.stream = s.stream
  LEFT JOIN LATERAL (
       SELECT range_merge(range_agg(v.span)) AS span, sum(v.rows)::bigint AS rows
         FROM pay_private.coverage v WHERE v.account_id = s.account_id AND v.stream = s.stream) c ON true;
COMMENT ON VIEW pay.coverage IS 'The range of creation times that was read completely, per account and kind of object; an empty range means that the first walk goes on.';
COMMENT ON COLUMN pay.coverage.company IS 'The company; NULL = the platform itself.';
COMMENT ON COLUMN pay.coverage.account_id IS 'Its Stripe account; empty = the platform''s own.';
COMMENT ON COLUMN pay.coverage.stream IS 'The kind of object.';
COMMENT ON COLUMN pay.coverage.complete_from IS 'Everything that was made from here on is there,';
COMMENT ON COLUMN pay.coverage.complete_to IS 'up to here, except for the gaps in holes.';
COMMENT ON COLUMN pay.coverage.late_by IS 'How far that is behind now.';
COMMENT ON COLUMN pay.coverage.objects IS 'How many objects were listed in it.';
COMMENT ON COLUMN pay.coverage.last_completed_at IS 'When the last walk was finished.';
COMMENT ON COLUMN pay.coverage.next_run_at IS 'When the next one is due.';
COMMENT ON COLUMN pay.coverage.last_error IS 'Why the last walk stopped; NULL = it did not.';
COMMENT ON COLUMN pay.coverage.quarantined IS 'Objects that could not be read.';
COMMENT ON COLUMN pay.coverage.open_discrepancies IS 'Open discrepancies of the account.';
COMMENT ON COLUMN pay.coverage.holes IS 'Ranges since the stream begins that were not read and are not being read; NULL = none.';
COMMENT ON COLUMN pay.coverage.balance_proven_at IS
    'Of the ledger: the moment of the balance that the last check saw it add up to, in the currency where that is longest ago; NULL = not yet, or another stream.';
