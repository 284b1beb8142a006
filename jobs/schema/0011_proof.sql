-- SPDX-License-Identifier: MIT
-- How far each stream has been read, what was proven complete, and what does not fit.

CREATE TABLE pay_private.stream (
    account_id text NOT NULL,
    stream text NOT NULL,
    watermark timestamptz,
    walk_from timestamptz,
    walk_cursor text,
    walk_max_created timestamptz,
    walk_started_at timestamptz,
    last_completed_at timestamptz,
    last_error text,
    next_run_at timestamptz DEFAULT now(),
    lease_token bigint,
    leased_until timestamptz,
    leased_by text,
    PRIMARY KEY (account_id, stream)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX stream_due ON pay_private.stream (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE INDEX stream_leased ON pay_private.stream (lease_token) WHERE lease_token IS NOT NULL;
COMMENT ON TABLE pay_private.stream IS 'One kind of Stripe object of one account: how far it has been read, and when it is due.';
COMMENT ON COLUMN pay_private.stream.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.stream.stream IS 'The kind of object, for example charges.';
COMMENT ON COLUMN pay_private.stream.watermark IS 'Newest creation time of the last finished walk; the next begins an overlap before it.';
COMMENT ON COLUMN pay_private.stream.walk_from IS 'Where the open walk ends: nothing created before it is listed.';
COMMENT ON COLUMN pay_private.stream.walk_cursor IS 'Last object that the open walk stored; it goes on behind it.';
COMMENT ON COLUMN pay_private.stream.walk_max_created IS 'Newest creation time that the open walk saw.';
COMMENT ON COLUMN pay_private.stream.walk_started_at IS 'When the open walk began.';
COMMENT ON COLUMN pay_private.stream.last_completed_at IS 'When the last walk was finished.';
COMMENT ON COLUMN pay_private.stream.last_error IS 'Why the last walk stopped; NULL once one is finished.';
COMMENT ON COLUMN pay_private.stream.next_run_at IS 'When to walk next; NULL = not at all.';
COMMENT ON COLUMN pay_private.stream.lease_token IS 'Fencing token of the daemon that walks it.';
COMMENT ON COLUMN pay_private.stream.leased_until IS 'When another daemon may take it over.';
COMMENT ON COLUMN pay_private.stream.leased_by IS 'Which daemon walks it.';

CREATE TABLE pay_private.coverage (
    account_id text NOT NULL,
    stream text NOT NULL,
    span tstzrange NOT NULL CONSTRAINT coverage_span_not_empty CHECK (NOT isempty(span)),
    read_at timestamptz NOT NULL,
    rows bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, stream, span)
);
COMMENT ON TABLE pay_private.coverage IS 'Ranges of creation time that a finished walk has read whole, written together with their rows.';
COMMENT ON COLUMN pay_private.coverage.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.coverage.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.coverage.span IS 'The range, with its begin and without its end.';
COMMENT ON COLUMN pay_private.coverage.read_at IS 'When the walk that proves it began.';
COMMENT ON COLUMN pay_private.coverage.rows IS 'How many objects it listed.';

CREATE TABLE pay_private.quarantine (
    account_id text NOT NULL,
    stream text NOT NULL,
    object_id text NOT NULL,
    raw text NOT NULL,
    error text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 1,
    PRIMARY KEY (account_id, stream, object_id)
);
COMMENT ON TABLE pay_private.quarantine IS 'Objects of Stripe that could not be read, kept whole for a later version.';
COMMENT ON COLUMN pay_private.quarantine.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.quarantine.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.quarantine.object_id IS 'Its id, or a hash of its text when it has none.';
COMMENT ON COLUMN pay_private.quarantine.raw IS 'The object''s text as it came.';
COMMENT ON COLUMN pay_private.quarantine.error IS 'What was wrong with it.';
COMMENT ON COLUMN pay_private.quarantine.first_seen IS 'When it first came.';
COMMENT ON COLUMN pay_private.quarantine.last_seen IS 'When it last came.';
COMMENT ON COLUMN pay_private.quarantine.attempts IS 'How often it was tried.';

CREATE TABLE pay_private.discrepancy (
    discrepancy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    account_id text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL DEFAULT 'open'
        CONSTRAINT discrepancy_state CHECK (state IN ('open', 'explained', 'repaired', 'accepted')),
    detected_at timestamptz NOT NULL DEFAULT now(),
    evidence jsonb NOT NULL,
    resolved_at timestamptz,
    verified_at timestamptz,
    resolution text,
    CONSTRAINT discrepancy_resolved_has_time CHECK ((state = 'open') = (resolved_at IS NULL)),
    CONSTRAINT discrepancy_settled_has_words
        CHECK (state NOT IN ('explained', 'accepted') OR coalesce(btrim(resolution), '') <> '')
);
CREATE UNIQUE INDEX discrepancy_one_open ON pay_private.discrepancy (kind, account_id, subject) WHERE state = 'open';
COMMENT ON TABLE pay_private.discrepancy IS 'What does not fit together, with the evidence of both sides, until it is explained or repaired.';
COMMENT ON COLUMN pay_private.discrepancy.discrepancy_id IS 'Number of the row.';
COMMENT ON COLUMN pay_private.discrepancy.kind IS 'Which rule is broken.';
COMMENT ON COLUMN pay_private.discrepancy.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.discrepancy.subject IS 'Id of the object or request that breaks it.';
COMMENT ON COLUMN pay_private.discrepancy.state IS 'open, explained, repaired or accepted.';
COMMENT ON COLUMN pay_private.discrepancy.detected_at IS 'When it was found.';
COMMENT ON COLUMN pay_private.discrepancy.evidence IS 'Both sides, with the reads that showed them.';
COMMENT ON COLUMN pay_private.discrepancy.resolved_at IS 'When it stopped being open.';
COMMENT ON COLUMN pay_private.discrepancy.verified_at IS 'When a later check agreed.';
COMMENT ON COLUMN pay_private.discrepancy.resolution IS 'What was done, in words.';
