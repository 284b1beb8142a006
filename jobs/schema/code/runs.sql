-- SPDX-License-Identifier: MIT
-- Jobs and runs as operators see and steer them.

CREATE OR REPLACE FUNCTION pay_private.require_job(job text) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM job j WHERE j.job = require_job.job) THEN
        RAISE EXCEPTION 'there is no job "%"', require_job.job USING ERRCODE = 'PY404',
            HINT = 'pay.jobs lists those that a daemon has registered.';
    END IF;
END $$;
COMMENT ON FUNCTION pay_private.require_job(text) IS 'Refuses a name that no daemon has registered.';

CREATE OR REPLACE FUNCTION pay_private.pause_job(job text, reason text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM require_job(pause_job.job);
    UPDATE job j SET paused_at = now(), paused_by = session_user, pause_reason = pause_job.reason
     WHERE j.job = pause_job.job AND j.paused_at IS NULL;
    IF FOUND THEN
        PERFORM pg_notify('pay_job', '');
    END IF;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION pay_private.pause_job(text, text) IS
    'No daemon begins a pass of this job until it is resumed; one that runs goes on to its end. Answers whether it was not paused before.';

CREATE OR REPLACE FUNCTION pay_private.resume_job(job text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    was_paused boolean;
BEGIN
    PERFORM require_job(resume_job.job);
    UPDATE job j SET paused_at = NULL, paused_by = NULL, pause_reason = NULL
     WHERE j.job = resume_job.job AND j.paused_at IS NOT NULL;
    was_paused := FOUND;
    IF was_paused THEN
        PERFORM pg_notify('pay_job', '');
    END IF;
    RETURN was_paused;
END $$;
COMMENT ON FUNCTION pay_private.resume_job(text) IS 'Takes a pause back; answers whether there was one.';

CREATE OR REPLACE FUNCTION pay_private.run_job(job text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    id bigint;
BEGIN
    PERFORM require_job(run_job.job);
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
    'Asks for one run, by one daemon, as soon as it can, paused or not; returns its run_id. Two requests before it begins are one run.';

CREATE OR REPLACE VIEW pay.runs AS
SELECT r.run_id, r.job, r.cause, r.slot,
       CASE WHEN r.state = 'running' AND r.alive_until < now() THEN 'lost' ELSE r.state END AS state,
       r.daemon, coalesce(r.started_at, r.created_at) AS started_at, r.heartbeat_at, r.finished_at,
       r.passes, r.done, r.failed, r.reason
  FROM pay_private.run r;
COMMENT ON VIEW pay.runs IS 'Runs of the daemon''s jobs, current and past.';
COMMENT ON COLUMN pay.runs.run_id IS 'Grows.';
COMMENT ON COLUMN pay.runs.job IS 'The duty.';
COMMENT ON COLUMN pay.runs.cause IS 'slot = its time came, asked = somebody asked for it, pass = a pass of a duty that runs again and again.';
COMMENT ON COLUMN pay.runs.slot IS 'The time that came.';
COMMENT ON COLUMN pay.runs.state IS 'queued, running, ok, partial (some of it failed), error, skipped or lost (its daemon died).';
COMMENT ON COLUMN pay.runs.daemon IS 'The daemon that runs it.';
COMMENT ON COLUMN pay.runs.started_at IS 'When it began, or was asked for.';
COMMENT ON COLUMN pay.runs.heartbeat_at IS 'The last sign of life of a run that lasts.';
COMMENT ON COLUMN pay.runs.finished_at IS 'When it ended.';
COMMENT ON COLUMN pay.runs.passes IS 'How many passes are summed up here.';
COMMENT ON COLUMN pay.runs.done IS 'How many rows, accounts or messages were worked on.';
COMMENT ON COLUMN pay.runs.failed IS 'How many could not be.';
COMMENT ON COLUMN pay.runs.reason IS 'Why it failed, in part or as a whole, or was skipped.';

CREATE OR REPLACE VIEW pay.jobs AS
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
