-- SPDX-License-Identifier: MIT
-- The duties as operators see and steer them, and what they did. Times are the database's.

CREATE TABLE pay_private.job (
    job text PRIMARY KEY,
    schedule text NOT NULL,
    schedule_since timestamptz NOT NULL DEFAULT now(),
    last_slot timestamptz,
    last_pass_at timestamptz,
    paused_at timestamptz,
    paused_by text,
    pause_reason text) WITH (fillfactor = 50);
COMMENT ON TABLE pay_private.job IS 'The duties of the daemons; each daemon registers its own when it starts.';
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
COMMENT ON TABLE pay_private.daemon IS 'The daemons that work on this database; one that is gone for a day is forgotten.';
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
COMMENT ON TABLE pay_private.run IS
    'Runs: one for each slot, each run that somebody asked for, each long pass, and for each minute of passes that did something.';
COMMENT ON COLUMN pay_private.run.run_id IS 'Grows.';
COMMENT ON COLUMN pay_private.run.job IS 'The duty.';
COMMENT ON COLUMN pay_private.run.cause IS 'slot = its time came, asked = somebody asked for it, pass = a pass of a duty that runs again and again.';
COMMENT ON COLUMN pay_private.run.slot IS 'The time that came.';
COMMENT ON COLUMN pay_private.run.state IS 'queued, running, ok, partial (some of it failed), error, skipped or lost (its daemon died).';
COMMENT ON COLUMN pay_private.run.daemon IS 'Who runs it.';
COMMENT ON COLUMN pay_private.run.created_at IS 'When this row was written.';
COMMENT ON COLUMN pay_private.run.started_at IS 'When it began.';
COMMENT ON COLUMN pay_private.run.heartbeat_at IS 'The last sign of life of a run that lasts.';
COMMENT ON COLUMN pay_private.run.alive_until IS 'Without another one it counts as lost from then on.';
COMMENT ON COLUMN pay_private.run.finished_at IS 'When it ended.';
COMMENT ON COLUMN pay_private.run.passes IS 'How many passes are summed up here.';
COMMENT ON COLUMN pay_private.run.done IS 'How many rows, accounts or messages were worked on.';
COMMENT ON COLUMN pay_private.run.failed IS 'How many could not be.';
COMMENT ON COLUMN pay_private.run.reason IS 'Why it failed, in part or as a whole, or was skipped.';

-- One daemon runs a slot, whatever the others do at the same moment.
CREATE UNIQUE INDEX run_slot ON pay_private.run (job, slot) WHERE slot IS NOT NULL AND state <> 'lost';
CREATE INDEX run_open ON pay_private.run (job) WHERE state IN ('queued', 'running');
CREATE INDEX run_of_job ON pay_private.run (job, run_id);
CREATE INDEX run_finished ON pay_private.run (finished_at);

CREATE FUNCTION pay_private.known_job(job text) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM job j WHERE j.job = known_job.job) THEN
        RAISE EXCEPTION 'there is no job "%"', known_job.job USING ERRCODE = 'PY404',
            HINT = 'pay.jobs lists those that a daemon has registered.';
    END IF;
END $$;
COMMENT ON FUNCTION pay_private.known_job(text) IS 'Refuses a name that no daemon has registered.';

CREATE FUNCTION pay_private.pause_job(job text, reason text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM known_job(pause_job.job);
    UPDATE job j SET paused_at = now(), paused_by = session_user, pause_reason = pause_job.reason
     WHERE j.job = pause_job.job AND j.paused_at IS NULL;
    IF FOUND THEN
        PERFORM pg_notify('pay_job', '');
    END IF;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION pay_private.pause_job(text, text) IS
    'No daemon begins a pass of this job until it is resumed; one that runs goes on to its end. Answers whether it was not paused before.';

CREATE FUNCTION pay_private.resume_job(job text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    was_paused boolean;
BEGIN
    PERFORM known_job(resume_job.job);
    UPDATE job j SET paused_at = NULL, paused_by = NULL, pause_reason = NULL
     WHERE j.job = resume_job.job AND j.paused_at IS NOT NULL;
    was_paused := FOUND;
    IF was_paused THEN
        PERFORM pg_notify('pay_job', '');
    END IF;
    RETURN was_paused;
END $$;
COMMENT ON FUNCTION pay_private.resume_job(text) IS 'Takes a pause back; answers whether there was one.';

CREATE FUNCTION pay_private.run_job(job text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    id bigint;
BEGIN
    PERFORM known_job(run_job.job);
    -- Two who ask at once mean the same run.
    PERFORM FROM job j WHERE j.job = run_job.job FOR UPDATE;
    SELECT r.run_id INTO id FROM run r WHERE r.job = run_job.job AND r.state = 'queued';
    IF id IS NULL THEN
        INSERT INTO run (job, cause, state) VALUES (run_job.job, 'asked', 'queued') RETURNING run_id INTO id;
    END IF;
    PERFORM pg_notify('pay_job', '');
    RETURN id;
END $$;
COMMENT ON FUNCTION pay_private.run_job(text) IS
    'Asks for one run, by one daemon, as soon as it can, paused or not; answers its run_id. What is asked for twice before it begins runs once.';

CREATE VIEW pay.runs AS
SELECT r.run_id, r.job, r.cause, r.slot,
       CASE WHEN r.state = 'running' AND r.alive_until < now() THEN 'lost' ELSE r.state END AS state,
       r.daemon, coalesce(r.started_at, r.created_at) AS started_at, r.heartbeat_at, r.finished_at,
       r.passes, r.done, r.failed, r.reason
  FROM pay_private.run r;
COMMENT ON VIEW pay.runs IS 'What the duties of the daemon did and do.';
COMMENT ON COLUMN pay.runs.run_id IS 'Grows.';
COMMENT ON COLUMN pay.runs.job IS 'The duty.';
COMMENT ON COLUMN pay.runs.cause IS 'slot = its time came, asked = somebody asked for it, pass = a pass of a duty that runs again and again.';
COMMENT ON COLUMN pay.runs.slot IS 'The time that came.';
COMMENT ON COLUMN pay.runs.state IS 'queued, running, ok, partial (some of it failed), error, skipped or lost (its daemon died).';
COMMENT ON COLUMN pay.runs.daemon IS 'Who runs it.';
COMMENT ON COLUMN pay.runs.started_at IS 'When it began, or was asked for.';
COMMENT ON COLUMN pay.runs.heartbeat_at IS 'The last sign of life of a run that lasts.';
COMMENT ON COLUMN pay.runs.finished_at IS 'When it ended.';
COMMENT ON COLUMN pay.runs.passes IS 'How many passes are summed up here.';
COMMENT ON COLUMN pay.runs.done IS 'How many rows, accounts or messages were worked on.';
COMMENT ON COLUMN pay.runs.failed IS 'How many could not be.';
COMMENT ON COLUMN pay.runs.reason IS 'Why it failed, in part or as a whole, or was skipped.';

CREATE VIEW pay.jobs AS
SELECT j.job, j.schedule,
       CASE WHEN EXISTS (SELECT FROM pay_private.run r WHERE r.job = j.job AND r.state = 'running' AND r.alive_until >= now())
            THEN 'running' WHEN j.paused_at IS NOT NULL THEN 'paused' ELSE 'waiting' END AS state,
       j.paused_at, j.paused_by, j.pause_reason, j.last_slot, j.last_pass_at
  FROM pay_private.job j;
COMMENT ON VIEW pay.jobs IS 'The duties of the daemons.';
COMMENT ON COLUMN pay.jobs.job IS 'Section and duty: onboarding.sweep.';
COMMENT ON COLUMN pay.jobs.schedule IS 'When it runs, as the configuration of the daemon that started last says.';
COMMENT ON COLUMN pay.jobs.state IS 'running (a run that lasts), paused or waiting.';
COMMENT ON COLUMN pay.jobs.paused_at IS 'Since when it is paused; NULL when it is not.';
COMMENT ON COLUMN pay.jobs.paused_by IS 'The role that paused it.';
COMMENT ON COLUMN pay.jobs.pause_reason IS 'Why, if somebody said so.';
COMMENT ON COLUMN pay.jobs.last_slot IS 'The last slot that was run or skipped.';
COMMENT ON COLUMN pay.jobs.last_pass_at IS 'When a pass last ended well, to about a minute.';
