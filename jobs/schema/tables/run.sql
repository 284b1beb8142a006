-- SPDX-License-Identifier: MIT
-- Jobs as operators see and steer them, the daemons, and runs. Times are the database's.

CREATE TABLE pay_private.job (
    job text PRIMARY KEY,
    schedule text NOT NULL,
    schedule_since timestamptz NOT NULL DEFAULT now(),
    last_slot timestamptz,
    last_pass_at timestamptz,
    paused_at timestamptz,
    paused_by text,
    pause_reason text) WITH (fillfactor = 50);
COMMENT ON TABLE pay_private.job IS 'The jobs of the daemons; each daemon registers its own when it starts.';
COMMENT ON COLUMN pay_private.job.job IS 'Section and duty: onboarding.sweep.';
COMMENT ON COLUMN pay_private.job.schedule IS 'When it runs, as the configuration says.';
COMMENT ON COLUMN pay_private.job.schedule_since IS 'Since when; slots before that are not missed.';
COMMENT ON COLUMN pay_private.job.last_slot IS 'The last slot that was run or skipped.';
COMMENT ON COLUMN pay_private.job.last_pass_at IS 'When a pass last ended well, to about a minute.';
COMMENT ON COLUMN pay_private.job.paused_at IS 'Since when it is paused; NULL when it is not.';
COMMENT ON COLUMN pay_private.job.paused_by IS 'The role that paused it.';
COMMENT ON COLUMN pay_private.job.pause_reason IS 'Why, if somebody said so.';

CREATE TABLE pay_private.daemon (
    daemon text PRIMARY KEY,
    version text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    alive_until timestamptz NOT NULL) WITH (fillfactor = 50);
COMMENT ON TABLE pay_private.daemon IS 'The daemons that work on this database; a row is deleted a day after the daemon''s last sign of life.';
COMMENT ON COLUMN pay_private.daemon.daemon IS 'Host, process and a random number.';
COMMENT ON COLUMN pay_private.daemon.version IS 'Its version.';
COMMENT ON COLUMN pay_private.daemon.started_at IS 'When it began to work.';
COMMENT ON COLUMN pay_private.daemon.seen_at IS 'When it last gave a sign of life.';
COMMENT ON COLUMN pay_private.daemon.alive_until IS 'Without another one it counts as gone from then on.';

CREATE TABLE pay_private.run (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job text NOT NULL REFERENCES pay_private.job,
    cause text NOT NULL CONSTRAINT run_cause CHECK (cause IN ('slot', 'asked', 'pass')),
    slot timestamptz,
    state text NOT NULL
        CONSTRAINT run_state CHECK (state IN ('queued', 'running', 'ok', 'partial', 'error', 'skipped', 'lost')),
    daemon text,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    heartbeat_at timestamptz,
    alive_until timestamptz,
    finished_at timestamptz,
    passes integer NOT NULL DEFAULT 1,
    done integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    reason text,
    CONSTRAINT run_slot_has_time CHECK ((cause = 'slot') = (slot IS NOT NULL)),
    CONSTRAINT run_running_is_alive CHECK (state <> 'running' OR alive_until IS NOT NULL),
    CONSTRAINT run_ended_has_time CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)));
-- One daemon runs a slot, also if others try at the same moment.
CREATE UNIQUE INDEX run_slot ON pay_private.run (job, slot) WHERE slot IS NOT NULL AND state <> 'lost';
CREATE INDEX run_open ON pay_private.run (job) WHERE state IN ('queued', 'running');
CREATE INDEX run_of_job ON pay_private.run (job, run_id);
CREATE INDEX run_finished ON pay_private.run (finished_at);
CREATE INDEX run_lost ON pay_private.run (finished_at) WHERE state = 'lost';
COMMENT ON TABLE pay_private.run IS
    'Runs: one for each slot, each requested run, each long pass, and each minute of passes that did something.';
COMMENT ON COLUMN pay_private.run.run_id IS 'Grows.';
COMMENT ON COLUMN pay_private.run.job IS 'The duty.';
COMMENT ON COLUMN pay_private.run.cause IS 'slot = its time came, asked = somebody asked for it, pass = a pass of a duty that runs again and again.';
COMMENT ON COLUMN pay_private.run.slot IS 'The time that came.';
COMMENT ON COLUMN pay_private.run.state IS 'queued, running, ok, partial (some of it failed), error, skipped or lost (its daemon died).';
COMMENT ON COLUMN pay_private.run.daemon IS 'The daemon that runs it.';
COMMENT ON COLUMN pay_private.run.created_at IS 'When this row was written.';
COMMENT ON COLUMN pay_private.run.started_at IS 'When it began.';
COMMENT ON COLUMN pay_private.run.heartbeat_at IS 'The last sign of life of a run that lasts.';
COMMENT ON COLUMN pay_private.run.alive_until IS 'Without another one it counts as lost from then on.';
COMMENT ON COLUMN pay_private.run.finished_at IS 'When it ended.';
COMMENT ON COLUMN pay_private.run.passes IS 'How many passes are summed up here.';
COMMENT ON COLUMN pay_private.run.done IS 'How many rows, accounts or messages were worked on.';
COMMENT ON COLUMN pay_private.run.failed IS 'How many could not be.';
COMMENT ON COLUMN pay_private.run.reason IS 'Why it failed, in part or as a whole, or was skipped.';
