-- SPDX-License-Identifier: MIT
-- A long walk is read in slices of time side by side; objects that have to be read by their id wait in one place,
-- whoever wants them.

CREATE TABLE pay_private.slice (
    account_id text NOT NULL,
    stream text NOT NULL,
    until timestamptz NOT NULL,
    since timestamptz NOT NULL,
    cursor text,
    PRIMARY KEY (account_id, stream, until),
    CONSTRAINT slice_stream FOREIGN KEY (account_id, stream) REFERENCES pay_private.stream ON DELETE CASCADE
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE pay_private.slice IS 'The parts of open walks: what was created in [since, until) is still to be listed, newest first.';
COMMENT ON COLUMN pay_private.slice.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.slice.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.slice.until IS 'Its end, which it does not have itself; the end of the year 9999 for the part that goes on until now.';
COMMENT ON COLUMN pay_private.slice.since IS 'Its begin; moves up when the older half becomes a slice of its own.';
COMMENT ON COLUMN pay_private.slice.cursor IS 'Last object that was stored of it; it goes on behind it. NULL = at its newest end.';
INSERT INTO pay_private.slice (account_id, stream, until, since, cursor)
SELECT account_id, stream, to_timestamp(253402300799), walk_from, walk_cursor
  FROM pay_private.stream WHERE walk_from IS NOT NULL;
ALTER TABLE pay_private.stream DROP COLUMN walk_cursor;

CREATE TABLE pay_private.reread (
    account_id text NOT NULL,
    stream text NOT NULL,
    object_id text NOT NULL,
    reason text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, stream, object_id)
);
COMMENT ON TABLE pay_private.reread IS 'Objects that are to be read by their id with the next turn of their stream.';
COMMENT ON COLUMN pay_private.reread.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.reread.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.reread.object_id IS 'Stripe''s id.';
COMMENT ON COLUMN pay_private.reread.reason IS 'not listed = a list that must have had it did not; audit = drawn at random; repair = a discrepancy is about it.';
COMMENT ON COLUMN pay_private.reread.asked_at IS 'Since when.';

ALTER TABLE pay_private.quarantine ADD COLUMN tried_by text;
COMMENT ON COLUMN pay_private.quarantine.tried_by IS 'The version of paysync that could not read it; another one tries again.';

CREATE TABLE pay_private.application_fee (
    account_id text NOT NULL,
    application_fee_id text NOT NULL,
    created timestamptz NOT NULL,
    charged_account_id text NOT NULL,
    charge_id text,
    amount bigint NOT NULL,
    amount_refunded bigint NOT NULL,
    currency text NOT NULL,
    balance_transaction_id text,
    row_hash bigint NOT NULL,
    read_at timestamptz NOT NULL,
    stripe_request_id text,
    next_check_at timestamptz,
    gone_at timestamptz,
    gone_request_id text,
    PRIMARY KEY (account_id, application_fee_id)
) WITH (fillfactor = 90);
CREATE INDEX application_fee_by_created ON pay_private.application_fee (account_id, created DESC, application_fee_id);
CREATE INDEX application_fee_by_charge ON pay_private.application_fee (charged_account_id, charge_id);
COMMENT ON TABLE pay_private.application_fee IS 'What the platform took of the charges of connected accounts, as Stripe last showed it.';
COMMENT ON COLUMN pay_private.application_fee.account_id IS 'Whose object it is: empty, the platform''s own.';
COMMENT ON COLUMN pay_private.application_fee.application_fee_id IS 'Stripe''s id, fee_.';
COMMENT ON COLUMN pay_private.application_fee.created IS 'When Stripe made it.';
COMMENT ON COLUMN pay_private.application_fee.charged_account_id IS 'The connected account that the charge is on.';
COMMENT ON COLUMN pay_private.application_fee.charge_id IS 'The charge.';
COMMENT ON COLUMN pay_private.application_fee.amount IS 'Minor units of currency.';
COMMENT ON COLUMN pay_private.application_fee.amount_refunded IS 'Minor units given back.';
COMMENT ON COLUMN pay_private.application_fee.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.application_fee.balance_transaction_id IS 'The row of the platform''s ledger.';
COMMENT ON COLUMN pay_private.application_fee.row_hash IS 'Hash of what Stripe sent; an equal one costs no write.';
COMMENT ON COLUMN pay_private.application_fee.read_at IS 'When Stripe was asked for the answer that this row comes from.';
COMMENT ON COLUMN pay_private.application_fee.stripe_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.application_fee.next_check_at IS 'When to read it again; a refund of its charge has it read.';
COMMENT ON COLUMN pay_private.application_fee.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.application_fee.gone_request_id IS 'Stripe''s Request-Id of that answer.';

CREATE VIEW pay.platform_fees AS
SELECT i.company, f.application_fee_id AS fee_id, f.charged_account_id AS account_id, f.charge_id, c.request_id,
       f.created AS created_at, f.amount, f.amount * u.unit AS amount_decimal, f.amount_refunded AS refunded, f.currency
  FROM pay_private.application_fee f
  LEFT JOIN pay_private.integration i ON i.account_id = f.charged_account_id
  LEFT JOIN pay_private.charge c ON c.account_id = f.charged_account_id AND c.charge_id = f.charge_id
  LEFT JOIN pay_private.currency u ON u.code = f.currency
 WHERE f.gone_at IS NULL;
COMMENT ON VIEW pay.platform_fees IS 'What the platform took of its companies'' payments.';
COMMENT ON COLUMN pay.platform_fees.company IS 'Of whose payment; NULL = of an account that is none of ours.';
COMMENT ON COLUMN pay.platform_fees.fee_id IS 'Stripe''s id of the application fee.';
COMMENT ON COLUMN pay.platform_fees.account_id IS 'The account that the payment is on.';
COMMENT ON COLUMN pay.platform_fees.charge_id IS 'The payment.';
COMMENT ON COLUMN pay.platform_fees.request_id IS 'The payment request that it pays; NULL = none of ours.';
COMMENT ON COLUMN pay.platform_fees.created_at IS 'When Stripe took it.';
COMMENT ON COLUMN pay.platform_fees.amount IS 'Minor units of currency.';
COMMENT ON COLUMN pay.platform_fees.amount_decimal IS 'The same as a decimal number.';
COMMENT ON COLUMN pay.platform_fees.refunded IS 'Minor units given back.';
COMMENT ON COLUMN pay.platform_fees.currency IS 'Three lower-case letters.';

CREATE TABLE pay_private.audited (
    audited_at timestamptz NOT NULL DEFAULT now(),
    account_id text NOT NULL,
    stream text NOT NULL,
    object_id text NOT NULL,
    differed boolean NOT NULL,
    stripe_request_id text NOT NULL
);
CREATE INDEX audited_by_time ON pay_private.audited (audited_at);
COMMENT ON TABLE pay_private.audited IS 'Objects that were drawn at random and read again, and whether their rows were as Stripe says.';
COMMENT ON COLUMN pay_private.audited.audited_at IS 'When.';
COMMENT ON COLUMN pay_private.audited.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.audited.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.audited.object_id IS 'Stripe''s id.';
COMMENT ON COLUMN pay_private.audited.differed IS 'Whether the row had to be changed.';
COMMENT ON COLUMN pay_private.audited.stripe_request_id IS 'Stripe''s Request-Id of the answer.';

CREATE FUNCTION pay_private.error_bound(sampled bigint, differed bigint, confidence double precision DEFAULT 0.95)
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
    -- The largest share of wrong rows with which so few would still have been drawn (Clopper and Pearson).
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
    'With this confidence no larger share of all rows is wrong, when so many of those drawn at random were (Clopper and Pearson, one-sided); 1 = nothing is known.';

CREATE FUNCTION pay_private.draw_sample(size integer, pause interval) RETURNS integer
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    mirrored record;
    drawn integer;
    total integer := 0;
    rows_there bigint;
BEGIN
    -- One daemon draws for all.
    IF NOT pg_try_advisory_xact_lock(hashtext('pay_private.draw_sample'))
       OR EXISTS (SELECT FROM reread r WHERE r.reason = 'audit' AND r.asked_at > now() - pause)
       OR EXISTS (SELECT FROM audited a WHERE a.audited_at > now() - pause) THEN
        RETURN 0;
    END IF;
    DELETE FROM audited a WHERE a.audited_at < now() - interval '90 days';
    FOR mirrored IN SELECT * FROM (VALUES ('charges', 'charge', 'charge_id'), ('refunds', 'refund', 'refund_id'),
            ('disputes', 'dispute', 'dispute_id'), ('payouts', 'payout', 'payout_id'),
            ('balance_transactions', 'balance_transaction', 'balance_transaction_id')) AS v (stream, tab, id) LOOP
        SELECT greatest(c.reltuples, 0) INTO rows_there FROM pg_class c
         WHERE c.oid = ('pay_private.' || quote_ident(mirrored.tab))::regclass;
        -- A share of the table's pages with many times more rows than are wanted; of a small table all.
        EXECUTE format(
            'INSERT INTO pay_private.reread (account_id, stream, object_id, reason)
             SELECT m.account_id, %L, m.%I, ''audit''
               FROM pay_private.%I m TABLESAMPLE SYSTEM (%s)
               JOIN pay_private.integration i ON i.account_id = m.account_id AND i.access = ''ok'' AND i.stage <> ''disconnected''
              WHERE m.gone_at IS NULL AND (m.next_check_at IS NULL OR m.next_check_at > now())
              ORDER BY random() LIMIT $1
             ON CONFLICT DO NOTHING',
            mirrored.stream, mirrored.id, mirrored.tab,
            CASE WHEN rows_there > 100000 THEN least(100, 100.0 * size * 100 / rows_there) ELSE 100 END)
        USING size;
        GET DIAGNOSTICS drawn = ROW_COUNT;
        total := total + drawn;
    END LOOP;
    RETURN total;
END $$;
COMMENT ON FUNCTION pay_private.draw_sample(integer, interval) IS
    'Draws up to so many objects of each kind at random, which are read again with the next turn of their streams, unless some were drawn within the pause; yields how many.';

CREATE VIEW pay.audit AS
SELECT a.stream, count(*) AS drawn, count(*) FILTER (WHERE a.differed) AS differed,
       pay_private.error_bound(count(*), count(*) FILTER (WHERE a.differed)) AS at_most, max(a.audited_at) AS last_at
  FROM pay_private.audited a WHERE a.audited_at > now() - interval '30 days' GROUP BY a.stream;
COMMENT ON VIEW pay.audit IS 'What reading objects again that were drawn at random in the last 30 days says of all rows.';
COMMENT ON COLUMN pay.audit.stream IS 'The kind of object.';
COMMENT ON COLUMN pay.audit.drawn IS 'How many were read again.';
COMMENT ON COLUMN pay.audit.differed IS 'How many of their rows were not as Stripe said; they were corrected by it.';
COMMENT ON COLUMN pay.audit.at_most IS 'With 95 % confidence no larger share of all rows is wrong, 0 to 1.';
COMMENT ON COLUMN pay.audit.last_at IS 'When the last one was read.';
