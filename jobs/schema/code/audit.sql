-- SPDX-License-Identifier: MIT
-- The audit: drawing rows at random, and what their comparison with Stripe says about all of them.

CREATE OR REPLACE FUNCTION pay_private.error_bound(sampled bigint, differed bigint, confidence double precision DEFAULT 0.95)
RETURNS double precision
LANGUAGE plpgsql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    low double precision := 0;
    high double precision := 1;
    share double precision;
    term double precision;
    at_most double precision;
BEGIN
    IF sampled <= 0 OR differed >= sampled THEN
        RETURN 1;
    END IF;
    -- The largest share of wrong rows at which a sample with so few wrong ones is still this likely.
    FOR step IN 1..60 LOOP
        share := (low + high) / 2;
        at_most := 0;
        term := sampled * ln(1 - share);
        FOR k IN 0..differed LOOP
            IF k > 0 THEN
                term := term + ln((sampled - k + 1)::double precision / k) + ln(share) - ln(1 - share);
            END IF;
            IF term > -700 THEN
                at_most := at_most + exp(term);
            END IF;
        END LOOP;
        IF at_most > 1 - confidence THEN
            low := share;
        ELSE
            high := share;
        END IF;
    END LOOP;
    RETURN high;
END $$;
COMMENT ON FUNCTION pay_private.error_bound(bigint, bigint, double precision) IS
    'The upper bound of the share of wrong rows, at this confidence, after so many of a random sample were wrong (Clopper-Pearson, one-sided); 1 = nothing is known.';

CREATE OR REPLACE FUNCTION pay_private.draw_sample(size integer, pause interval) RETURNS integer
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    mirrored record;
    drawn integer;
    total integer := 0;
    rows_there bigint;
BEGIN
    -- One daemon draws at a time.
    IF NOT pg_try_advisory_xact_lock(hashtext('pay_private.draw_sample'))
       OR EXISTS (SELECT FROM reread r WHERE r.reason = 'audit' AND r.asked_at > now() - pause)
       OR EXISTS (SELECT FROM audited a WHERE a.audited_at > now() - pause) THEN
        RETURN 0;
    END IF;
    DELETE FROM audited a WHERE a.audited_at < now() - interval '90 days';
    FOR mirrored IN SELECT k.stream, k.table_name, k.id_column FROM stream_kind k WHERE NOT k.of_platform LOOP
        SELECT greatest(c.reltuples, 0) INTO rows_there FROM pg_class c
         WHERE c.oid = ('pay_private.' || quote_ident(mirrored.table_name))::regclass;
        -- A share of the table's pages with many times more rows than are wanted; of a small table all.
        EXECUTE format(
            'INSERT INTO pay_private.reread (account_id, stream, object_id, reason)
             SELECT m.account_id, %L, m.%I, ''audit''
               FROM pay_private.%I m TABLESAMPLE SYSTEM (%s)
               JOIN pay_private.integration i ON i.account_id = m.account_id AND i.access = ''ok'' AND i.stage <> ''disconnected''
              WHERE m.gone_at IS NULL AND (m.next_check_at IS NULL OR m.next_check_at > now())
              ORDER BY random() LIMIT $1
             ON CONFLICT DO NOTHING',
            mirrored.stream, mirrored.id_column, mirrored.table_name,
            CASE WHEN rows_there > 100000 THEN least(100, 100.0 * size * 100 / rows_there) ELSE 100 END)
        USING size;
        GET DIAGNOSTICS drawn = ROW_COUNT;
        total := total + drawn;
    END LOOP;
    RETURN total;
END $$;
COMMENT ON FUNCTION pay_private.draw_sample(integer, interval) IS
    'Draws up to so many objects of each kind at random and requests that they are read by their ids. Draws none if an earlier draw was within the pause. Returns how many.';

CREATE OR REPLACE VIEW pay.audit AS
SELECT a.stream, count(*) AS drawn, count(*) FILTER (WHERE a.differed) AS differed,
       pay_private.error_bound(count(*), count(*) FILTER (WHERE a.differed)) AS at_most, max(a.audited_at) AS last_at
  FROM pay_private.audited a WHERE a.audited_at > now() - interval '30 days' GROUP BY a.stream;
COMMENT ON VIEW pay.audit IS 'Results of the audit: objects that were drawn at random in the last 30 days and read again, and the share of wrong rows that follows.';
COMMENT ON COLUMN pay.audit.stream IS 'The kind of object.';
COMMENT ON COLUMN pay.audit.drawn IS 'How many were read again.';
COMMENT ON COLUMN pay.audit.differed IS 'How many of their rows were not as Stripe said; they were corrected by it.';
COMMENT ON COLUMN pay.audit.at_most IS 'With 95 % confidence no larger share of all rows is wrong, 0 to 1.';
COMMENT ON COLUMN pay.audit.last_at IS 'When the last one was read.';
