-- SPDX-License-Identifier: MIT
-- Sweeps that are judged as a whole, accounts that may be lost, and the fuse against mass changes.

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
INSERT INTO pay_private.sweep DEFAULT VALUES;
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

CREATE UNLOGGED TABLE pay_private.swept_account (
    account_id text PRIMARY KEY,
    stage_changes boolean NOT NULL,
    raw text NOT NULL,
    stripe_request_id text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pay_private.swept_account IS
    'Accounts that the sweep under way found changed; emptied when the sweep is taken over or given up.';
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
    'Accounts that may not be ours any more: read until two reads some minutes apart agree, or one contradicts.';
COMMENT ON COLUMN pay_private.suspicion.account_id IS 'The account.';
COMMENT ON COLUMN pay_private.suspicion.cause IS 'What made us suspect: it was missing in a sweep, or a call was refused.';
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
INSERT INTO pay_private.fuse DEFAULT VALUES;
COMMENT ON TABLE pay_private.fuse IS
    'The fuse against mass changes: too many stages at once are an error of ours or Stripe''s until a person says otherwise.';
COMMENT ON COLUMN pay_private.fuse.singleton IS 'The table has one row.';
COMMENT ON COLUMN pay_private.fuse.blown_at IS 'When it blew; NULL = it is whole, or was cleared.';
COMMENT ON COLUMN pay_private.fuse.last_blown_at IS 'When it last held something back.';
COMMENT ON COLUMN pay_private.fuse.changes IS 'How many stages would have changed.';
COMMENT ON COLUMN pay_private.fuse.accounts IS 'Of how many accounts.';
COMMENT ON COLUMN pay_private.fuse.reason IS 'What would have changed, in words.';
COMMENT ON COLUMN pay_private.fuse.cleared_at IS 'When a person last cleared it.';
COMMENT ON COLUMN pay_private.fuse.cleared_by IS 'Database user who did.';
COMMENT ON COLUMN pay_private.fuse.pass_once IS 'Whether the next mass change is let through, because a person said so.';

CREATE FUNCTION pay_private.fuse_lets_pass(
    changes integer, accounts integer, share numeric, at_least integer, reason text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    state fuse;
BEGIN
    IF fuse_lets_pass.changes < fuse_lets_pass.at_least
       OR fuse_lets_pass.changes <= fuse_lets_pass.accounts * fuse_lets_pass.share THEN
        RETURN true;
    END IF;
    SELECT f.* INTO state FROM fuse f FOR UPDATE;
    IF state.pass_once THEN
        UPDATE fuse SET pass_once = false;
        RETURN true;
    END IF;
    UPDATE fuse
       SET blown_at = coalesce(state.blown_at, now()), last_blown_at = now(), changes = fuse_lets_pass.changes,
           accounts = fuse_lets_pass.accounts, reason = fuse_lets_pass.reason;
    RETURN false;
END $$;
COMMENT ON FUNCTION pay_private.fuse_lets_pass(integer, integer, numeric, integer, text) IS
    'Whether so many changes of so many accounts may be written: at most the share, or fewer than at_least; else blows the fuse.';

CREATE FUNCTION pay_private.clear_fuse() RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    UPDATE fuse SET blown_at = NULL, cleared_at = now(), cleared_by = session_user, pass_once = true
     WHERE blown_at IS NOT NULL;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION pay_private.clear_fuse() IS
    'A person has looked: the next mass change goes through, once; answers whether the fuse was blown.';

-- How late a change was noticed: the old stage was last seen at seen_before, the new one at observed_at.
ALTER TABLE pay_private.stage_event ADD COLUMN seen_before timestamptz;
COMMENT ON COLUMN pay_private.stage_event.seen_before IS
    'When the stage before was last read at Stripe; the change happened after it.';
ALTER TABLE pay_private.integration
    ADD COLUMN hot_reads integer NOT NULL DEFAULT 0,
    ADD COLUMN hot_read_at timestamptz,
    ADD COLUMN hot_read_before timestamptz,
    ADD COLUMN disconnected_by text
        CONSTRAINT integration_disconnected_by CHECK (disconnected_by IN ('command', 'diagnosis'));
COMMENT ON COLUMN pay_private.integration.hot_reads IS 'How often it was read since it became hot; the pause grows with it.';
COMMENT ON COLUMN pay_private.integration.hot_read_at IS 'When the last read by itself, while hot, began.';
COMMENT ON COLUMN pay_private.integration.hot_read_before IS 'When the one before it began, if it was answered.';
COMMENT ON COLUMN pay_private.integration.disconnected_by IS
    'command = the company wished it, diagnosis = Stripe says so; only the latter may come back by itself.';

DROP FUNCTION pay_private.record_stage(text, text, text, text, text, text, timestamptz);
CREATE FUNCTION pay_private.record_stage(
    account_id text, to_stage text, detail text, blocker text, cause text, stripe_request_id text,
    observed_at timestamptz DEFAULT now(), seen_before timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    last_seq bigint;
    last_stage text;
    changed boolean;
BEGIN
    PERFORM FROM integration i WHERE i.account_id = record_stage.account_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no integration with account %', record_stage.account_id USING ERRCODE = 'PY404';
    END IF;
    SELECT e.seq, e.to_stage INTO last_seq, last_stage
      FROM stage_event e WHERE e.account_id = record_stage.account_id ORDER BY e.seq DESC LIMIT 1;
    changed := last_stage IS DISTINCT FROM record_stage.to_stage;
    IF changed THEN
        INSERT INTO stage_event (account_id, seq, from_stage, to_stage, detail, cause, stripe_request_id, observed_at,
                                 seen_before)
        VALUES (record_stage.account_id, coalesce(last_seq, 0) + 1, last_stage, record_stage.to_stage,
                record_stage.detail, record_stage.cause, record_stage.stripe_request_id, record_stage.observed_at,
                CASE WHEN last_stage IS NOT NULL THEN record_stage.seen_before END);
    END IF;
    UPDATE integration i
       SET stage = record_stage.to_stage, stage_detail = record_stage.detail, blocker = record_stage.blocker,
           ever_completed = i.ever_completed OR record_stage.to_stage = 'completed',
           disconnected_at = CASE WHEN record_stage.to_stage = 'disconnected'
                                  THEN coalesce(i.disconnected_at, record_stage.observed_at) END
     WHERE i.account_id = record_stage.account_id
       AND (changed OR i.stage <> record_stage.to_stage
            OR (i.stage_detail, i.blocker) IS DISTINCT FROM (record_stage.detail, record_stage.blocker));
    RETURN changed;
END $$;
COMMENT ON FUNCTION pay_private.record_stage(text, text, text, text, text, text, timestamptz, timestamptz) IS
    'Writes an account''s stage, and its event if the stage is another one than before; answers whether it was.';

CREATE FUNCTION pay_private.last_seen(i pay_private.integration) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    -- What a sweep left as it was has been seen by it, although no row says so.
    SELECT greatest(i.observed_at, i.hot_read_before,
                    CASE WHEN d.account_id IS NULL THEN s.proven_at ELSE d.listed_before END)
      FROM (SELECT max(w.proven_at) AS proven_at FROM sweep w WHERE w.proven_at > i.connected_at) s
      LEFT JOIN suspicion d ON d.account_id = i.account_id
$$;
COMMENT ON FUNCTION pay_private.last_seen(pay_private.integration) IS
    'When the state that is stored of the account was last read at Stripe; NULL = never.';

CREATE OR REPLACE VIEW pay.stage_history AS
SELECT i.company, e.account_id, e.seq, e.from_stage, e.to_stage, e.detail AS stage_detail, e.cause,
       e.stripe_request_id, e.observed_at, e.observed_at - e.seen_before AS noticed_within
  FROM pay_private.stage_event e JOIN pay_private.integration i USING (account_id);
COMMENT ON COLUMN pay.stage_history.noticed_within IS
    'The change was noticed at most this long after it happened; NULL for the first stage and for changes of our own making.';

CREATE VIEW pay.stage_detection AS
SELECT e.to_stage, e.cause, count(*) AS changes,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY e.observed_at - e.seen_before) AS half_within,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY e.observed_at - e.seen_before) AS almost_all_within,
       max(e.observed_at - e.seen_before) AS all_within
  FROM pay_private.stage_event e
 WHERE e.seen_before IS NOT NULL AND e.observed_at > now() - interval '30 days'
 GROUP BY e.to_stage, e.cause;
COMMENT ON VIEW pay.stage_detection IS 'How fast changes of stages were noticed in the last 30 days, by what noticed them.';
COMMENT ON COLUMN pay.stage_detection.to_stage IS 'The new stage.';
COMMENT ON COLUMN pay.stage_detection.cause IS 'What made the daemon look: hot, sweep, diagnosis or a command.';
COMMENT ON COLUMN pay.stage_detection.changes IS 'How many changes.';
COMMENT ON COLUMN pay.stage_detection.half_within IS 'Half of them were noticed within this time.';
COMMENT ON COLUMN pay.stage_detection.almost_all_within IS '99 of 100 were noticed within this time.';
COMMENT ON COLUMN pay.stage_detection.all_within IS 'All were noticed within this time.';

CREATE FUNCTION pay_private.disconnect(account_id text, cause text, disconnected_by text, stripe_request_id text)
RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- A company that wished it was not found out.
    PERFORM record_stage(disconnect.account_id, 'disconnected', 'disconnected', 'merchant', disconnect.cause,
                         disconnect.stripe_request_id,
                         seen_before => CASE WHEN disconnect.disconnected_by = 'diagnosis' THEN last_seen(i) END)
       FROM integration i WHERE i.account_id = disconnect.account_id;
    UPDATE integration i
       SET access = 'revoked', disconnected_by = disconnect.disconnected_by, hot_until = NULL, flow_open_until = NULL,
           observation_hash = NULL
     WHERE i.account_id = disconnect.account_id;
    UPDATE payment_link l SET wanted_active = false, deactivation_reason = 'disconnected'
     WHERE l.account_id = disconnect.account_id AND l.wanted_active;
    DELETE FROM suspicion s WHERE s.account_id = disconnect.account_id;
END $$;
COMMENT ON FUNCTION pay_private.disconnect(text, text, text, text) IS
    'Ends an integration: no reads, no mails, no live links any more; the history stays.';
