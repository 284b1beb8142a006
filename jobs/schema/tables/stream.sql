-- SPDX-License-Identifier: MIT
-- How far each stream was read: walks and their slices, proven coverage, objects to read by id, quarantine, audit.

CREATE TABLE pay_private.stream (
    account_id text NOT NULL,
    stream text NOT NULL,
    watermark timestamptz,
    walk_from timestamptz,
    walk_max_created timestamptz,
    walk_started_at timestamptz,
    last_completed_at timestamptz,
    last_error text,
    next_run_at timestamptz DEFAULT now(),
    lease_token bigint,
    leased_until timestamptz,
    leased_by text,
    walk_written bigint NOT NULL DEFAULT 0,
    quiet_walks integer NOT NULL DEFAULT 0,
    since timestamptz,
    failing_since timestamptz,
    balance_proven_at timestamptz,
    PRIMARY KEY (account_id, stream)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX stream_due ON pay_private.stream (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE INDEX stream_leased ON pay_private.stream (lease_token) WHERE lease_token IS NOT NULL;
COMMENT ON TABLE pay_private.stream IS 'One kind of Stripe object of one account: how far it was read, and when it is due.';
COMMENT ON COLUMN pay_private.stream.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.stream.stream IS 'The kind of object, for example charges.';
COMMENT ON COLUMN pay_private.stream.watermark IS 'Newest creation time of the last finished walk; the next begins an overlap before it.';
COMMENT ON COLUMN pay_private.stream.walk_from IS 'Where the open walk ends: nothing created before it is listed.';
COMMENT ON COLUMN pay_private.stream.walk_max_created IS 'Newest creation time that the open walk saw.';
COMMENT ON COLUMN pay_private.stream.walk_started_at IS 'When the open walk began.';
COMMENT ON COLUMN pay_private.stream.last_completed_at IS 'When the last walk was finished.';
COMMENT ON COLUMN pay_private.stream.last_error IS 'Why the last walk stopped; NULL once one is finished.';
COMMENT ON COLUMN pay_private.stream.next_run_at IS 'When to walk next; NULL = not at all.';
COMMENT ON COLUMN pay_private.stream.lease_token IS 'Fencing token of the daemon that walks it.';
COMMENT ON COLUMN pay_private.stream.leased_until IS 'When another daemon may take it over.';
COMMENT ON COLUMN pay_private.stream.leased_by IS 'Which daemon walks it.';
COMMENT ON COLUMN pay_private.stream.walk_written IS 'How many objects the open walk found new or changed.';
COMMENT ON COLUMN pay_private.stream.quiet_walks IS 'How many walks in a row found nothing new or changed: the next comes later each time.';
COMMENT ON COLUMN pay_private.stream.since IS
    'From where its first walk reached, or one that was asked for; what was created later must be there. NULL = it never ran.';
COMMENT ON COLUMN pay_private.stream.failing_since IS 'Since when each of its turns has failed; NULL = the last one did not.';
COMMENT ON COLUMN pay_private.stream.balance_proven_at IS
    'Of the ledger: the moment of the balance that it was last seen to add up to, in the currency where that is longest ago.';

-- A long walk is split into slices of time that are read in parallel. Objects to be read by their id wait in one table.

CREATE TABLE pay_private.slice (
    account_id text NOT NULL,
    stream text NOT NULL,
    until timestamptz NOT NULL,
    since timestamptz NOT NULL,
    cursor text,
    PRIMARY KEY (account_id, stream, until),
    CONSTRAINT slice_stream FOREIGN KEY (account_id, stream) REFERENCES pay_private.stream ON DELETE CASCADE
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE pay_private.slice IS 'The parts of open walks: objects created in [since, until) are still to be listed, newest first.';
COMMENT ON COLUMN pay_private.slice.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.slice.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.slice.until IS 'Its end, which it does not have itself; the end of the year 9999 for the part that goes on until now.';
COMMENT ON COLUMN pay_private.slice.since IS 'Its begin; moves up when the older half becomes a slice of its own.';
COMMENT ON COLUMN pay_private.slice.cursor IS 'Last object that was stored of it; it goes on behind it. NULL = at its newest end.';

CREATE TABLE pay_private.coverage (
    account_id text NOT NULL,
    stream text NOT NULL,
    span tstzrange NOT NULL CONSTRAINT coverage_span_not_empty CHECK (NOT isempty(span)),
    read_at timestamptz NOT NULL,
    rows bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, stream, span)
);
COMMENT ON TABLE pay_private.coverage IS 'Ranges of creation time that a finished walk has read completely; written in the transaction of their rows.';
COMMENT ON COLUMN pay_private.coverage.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.coverage.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.coverage.span IS 'The range, with its begin and without its end.';
COMMENT ON COLUMN pay_private.coverage.read_at IS 'When the walk that proves it began.';
COMMENT ON COLUMN pay_private.coverage.rows IS 'How many objects it listed.';

CREATE TABLE pay_private.reread (
    account_id text NOT NULL,
    stream text NOT NULL,
    object_id text NOT NULL,
    reason text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, stream, object_id)
);
COMMENT ON TABLE pay_private.reread IS 'Objects to be read by their id in the next turn of their stream.';
COMMENT ON COLUMN pay_private.reread.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.reread.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.reread.object_id IS 'Stripe''s id.';
COMMENT ON COLUMN pay_private.reread.reason IS 'not listed = a list that must have had it did not; audit = drawn at random; repair = a discrepancy is about it.';
COMMENT ON COLUMN pay_private.reread.asked_at IS 'Since when.';

CREATE TABLE pay_private.quarantine (
    account_id text NOT NULL,
    stream text NOT NULL,
    object_id text NOT NULL,
    raw text NOT NULL,
    error text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 1,
    tried_by text,
    PRIMARY KEY (account_id, stream, object_id)
);
COMMENT ON TABLE pay_private.quarantine IS 'Objects of Stripe that could not be parsed, kept as they came for a later version.';
COMMENT ON COLUMN pay_private.quarantine.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.quarantine.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.quarantine.object_id IS 'Its id, or a hash of its text when it has none.';
COMMENT ON COLUMN pay_private.quarantine.raw IS 'The object''s text as it came.';
COMMENT ON COLUMN pay_private.quarantine.error IS 'Why it could not be read.';
COMMENT ON COLUMN pay_private.quarantine.first_seen IS 'When it first came.';
COMMENT ON COLUMN pay_private.quarantine.last_seen IS 'When it last came.';
COMMENT ON COLUMN pay_private.quarantine.attempts IS 'How often it was tried.';
COMMENT ON COLUMN pay_private.quarantine.tried_by IS 'The version of paysync that could not read it; another one tries again.';

CREATE TABLE pay_private.audited (
    audited_at timestamptz NOT NULL DEFAULT now(),
    account_id text NOT NULL,
    stream text NOT NULL,
    object_id text NOT NULL,
    differed boolean NOT NULL,
    stripe_request_id text NOT NULL
);
CREATE INDEX audited_by_time ON pay_private.audited (audited_at);
COMMENT ON TABLE pay_private.audited IS 'Objects that were drawn at random and read again, and whether their rows differed.';
COMMENT ON COLUMN pay_private.audited.audited_at IS 'When.';
COMMENT ON COLUMN pay_private.audited.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.audited.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.audited.object_id IS 'Stripe''s id.';
COMMENT ON COLUMN pay_private.audited.differed IS 'Whether the row had to be changed.';
COMMENT ON COLUMN pay_private.audited.stripe_request_id IS 'Stripe''s Request-Id of the answer.';
