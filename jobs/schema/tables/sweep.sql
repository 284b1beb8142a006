-- SPDX-License-Identifier: MIT
-- The sweep over all accounts, accounts that may be lost, and the fuse against mass changes.

CREATE TABLE pay_private.sweep (
    singleton boolean PRIMARY KEY DEFAULT true CONSTRAINT sweep_one_row CHECK (singleton),
    started_at timestamptz,
    finished_at timestamptz,
    proven_at timestamptz,
    accounts integer NOT NULL DEFAULT 0,
    lease_token bigint,
    leased_until timestamptz,
    leased_by text
);
COMMENT ON TABLE pay_private.sweep IS 'The walk through the list of all accounts: one at a time, by one daemon.';
COMMENT ON COLUMN pay_private.sweep.singleton IS 'The table has one row.';
COMMENT ON COLUMN pay_private.sweep.started_at IS 'When the sweep under way, or the last one, began.';
COMMENT ON COLUMN pay_private.sweep.finished_at IS 'When the last sweep was taken over.';
COMMENT ON COLUMN pay_private.sweep.proven_at IS
    'Begin of the last sweep that was taken over: what it left unchanged was so at that time.';
COMMENT ON COLUMN pay_private.sweep.accounts IS 'How many accounts the last finished sweep listed.';
COMMENT ON COLUMN pay_private.sweep.lease_token IS 'Fencing token of the daemon that sweeps.';
COMMENT ON COLUMN pay_private.sweep.leased_until IS 'When another daemon may begin anew.';
COMMENT ON COLUMN pay_private.sweep.leased_by IS 'Which daemon sweeps.';

INSERT INTO pay_private.sweep DEFAULT VALUES;

CREATE UNLOGGED TABLE pay_private.swept_account (
    account_id text PRIMARY KEY,
    stage_changes boolean NOT NULL,
    raw text NOT NULL,
    stripe_request_id text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pay_private.swept_account IS
    'Accounts that the current sweep found changed; emptied when another daemon takes the sweep over or it is given up.';
COMMENT ON COLUMN pay_private.swept_account.account_id IS 'An account of ours.';
COMMENT ON COLUMN pay_private.swept_account.stage_changes IS 'Whether its stage would be another one.';
COMMENT ON COLUMN pay_private.swept_account.raw IS 'The object as Stripe sent it.';
COMMENT ON COLUMN pay_private.swept_account.stripe_request_id IS 'Stripe''s Request-Id of the page.';
COMMENT ON COLUMN pay_private.swept_account.read_at IS 'When the page was read.';

CREATE TABLE pay_private.suspicion (
    account_id text PRIMARY KEY CONSTRAINT suspicion_integration_known REFERENCES pay_private.integration,
    cause text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    agreeing_reads integer NOT NULL DEFAULT 0,
    first_read_at timestamptz,
    last_read_at timestamptz,
    stripe_request_id text,
    listed_before timestamptz,
    next_read_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pay_private.suspicion IS
    'Accounts that may be disconnected: read until two reads some minutes apart agree, or one contradicts.';
COMMENT ON COLUMN pay_private.suspicion.account_id IS 'The account.';
COMMENT ON COLUMN pay_private.suspicion.cause IS 'The reason: it was missing in a sweep, or a call was refused.';
COMMENT ON COLUMN pay_private.suspicion.since IS 'When that was.';
COMMENT ON COLUMN pay_private.suspicion.agreeing_reads IS 'How many reads have said so.';
COMMENT ON COLUMN pay_private.suspicion.first_read_at IS 'When the first of them was made.';
COMMENT ON COLUMN pay_private.suspicion.last_read_at IS 'When the last of them was made.';
COMMENT ON COLUMN pay_private.suspicion.stripe_request_id IS 'Stripe''s Request-Id of the last of them.';
COMMENT ON COLUMN pay_private.suspicion.listed_before IS 'When the last sweep before the suspicion began that had the account.';
COMMENT ON COLUMN pay_private.suspicion.next_read_at IS 'When to read next.';

CREATE TABLE pay_private.fuse (
    singleton boolean PRIMARY KEY DEFAULT true CONSTRAINT fuse_one_row CHECK (singleton),
    blown_at timestamptz,
    last_blown_at timestamptz,
    changes integer,
    accounts integer,
    reason text,
    cleared_at timestamptz,
    cleared_by text,
    pass_once boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE pay_private.fuse IS
    'The fuse against mass changes: if too many stages would change at once, nothing is written until an operator clears the fuse.';
COMMENT ON COLUMN pay_private.fuse.singleton IS 'The table has one row.';
COMMENT ON COLUMN pay_private.fuse.blown_at IS 'When it blew; NULL = it is whole, or was cleared.';
COMMENT ON COLUMN pay_private.fuse.last_blown_at IS 'When it last held something back.';
COMMENT ON COLUMN pay_private.fuse.changes IS 'How many stages would have changed.';
COMMENT ON COLUMN pay_private.fuse.accounts IS 'Of how many accounts.';
COMMENT ON COLUMN pay_private.fuse.reason IS 'The changes that were stopped, in words.';
COMMENT ON COLUMN pay_private.fuse.cleared_at IS 'When a person last cleared it.';
COMMENT ON COLUMN pay_private.fuse.cleared_by IS 'Database user who did.';
COMMENT ON COLUMN pay_private.fuse.pass_once IS 'Whether the next mass change is let through, because a person said so.';

INSERT INTO pay_private.fuse DEFAULT VALUES;
