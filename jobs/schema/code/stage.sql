-- SPDX-License-Identifier: MIT
-- The rule of the stages, the log of their changes, disconnecting, and the fuse.

CREATE OR REPLACE FUNCTION pay_private.stage_rule(
    details_submitted boolean, charges_enabled boolean, payouts_enabled boolean, currently_due boolean, past_due boolean,
    pending_verification boolean, errors boolean, due_soon boolean, disabled_reason text, access_revoked boolean,
    ever_completed boolean, flow_open boolean, OUT stage text, OUT detail text, OUT blocker text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pay, pay_private, pg_temp AS $$
    WITH seen AS (
        SELECT coalesce(disabled_reason, '') AS reason,
               coalesce(disabled_reason, '') LIKE 'rejected.%' AS rejected,
               charges_enabled AND payouts_enabled AS enabled),
    staged AS (
        SELECT seen.*,
               CASE WHEN access_revoked THEN 'disconnected'
                    WHEN enabled AND NOT past_due AND (NOT currently_due OR ever_completed) THEN 'completed'
                    WHEN rejected THEN 'incomplete'
                    WHEN (currently_due OR past_due) AND NOT flow_open THEN 'incomplete'
                    ELSE 'pending' END AS stage,
               CASE WHEN access_revoked THEN 'disconnected'
                    WHEN rejected THEN 'rejected'
                    WHEN reason IN ('platform_paused', 'listed', 'other') THEN 'paused'
                    WHEN NOT details_submitted AND flow_open THEN 'onboarding'
                    WHEN NOT details_submitted THEN 'details_missing'
                    WHEN past_due OR errors
                         OR reason IN ('requirements.past_due', 'action_required.requested_capabilities')
                        THEN 'action_required'
                    WHEN NOT enabled AND (pending_verification
                                          OR reason IN ('under_review', 'requirements.pending_verification'))
                        THEN 'in_review'
                    WHEN NOT enabled THEN 'restricted'
                    WHEN currently_due OR due_soon THEN 'enabled_due_soon'
                    ELSE 'enabled' END AS detail
          FROM seen)
    SELECT staged.stage, staged.detail,
           CASE WHEN staged.detail IN ('rejected', 'in_review') THEN 'stripe'
                WHEN staged.detail = 'paused' AND reason = 'platform_paused' THEN 'platform'
                WHEN staged.detail = 'paused' THEN 'stripe'
                WHEN staged.detail = 'enabled' THEN 'none'
                WHEN staged.detail = 'restricted' AND NOT currently_due THEN 'stripe'
                ELSE 'merchant' END
      FROM staged
$$;
COMMENT ON FUNCTION pay_private.stage_rule(boolean, boolean, boolean, boolean, boolean, boolean, boolean, boolean, text,
                                           boolean, boolean, boolean) IS
    'Stage, finer reason and who must act, from one observation; the daemon''s derive() in SQL, and a test holds both against each other.';

CREATE OR REPLACE VIEW pay_private.integration_rule AS
SELECT i.account_id, i.company, i.stage, i.stage_detail, i.blocker, r.stage AS rule_stage, r.detail AS rule_detail,
       r.blocker AS rule_blocker
  FROM pay_private.integration i
 CROSS JOIN LATERAL pay_private.stage_rule(
       i.details_submitted, i.charges_enabled, i.payouts_enabled, i.currently_due <> '{}', i.past_due <> '{}',
       i.pending_verification <> '{}', i.errors <> '[]', i.current_deadline IS NOT NULL OR i.future_deadline IS NOT NULL,
       i.disabled_reason, i.access = 'revoked', i.ever_completed,
       coalesce(i.flow_open_until > i.observed_at, false)) r;
COMMENT ON VIEW pay_private.integration_rule IS
    'Each integration''s stage beside the one that the rule gives for the stored observation; they are always the same.';
COMMENT ON COLUMN pay_private.integration_rule.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.integration_rule.company IS 'The company that connected the account.';
COMMENT ON COLUMN pay_private.integration_rule.stage IS 'The stage as written.';
COMMENT ON COLUMN pay_private.integration_rule.stage_detail IS 'The finer reason as written.';
COMMENT ON COLUMN pay_private.integration_rule.blocker IS 'The party that must act, as stored.';
COMMENT ON COLUMN pay_private.integration_rule.rule_stage IS 'The stage by the rule.';
COMMENT ON COLUMN pay_private.integration_rule.rule_detail IS 'The finer reason by the rule.';
COMMENT ON COLUMN pay_private.integration_rule.rule_blocker IS 'The party that must act, by the rule.';

CREATE OR REPLACE FUNCTION pay_private.check_stage_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    last_seq bigint;
    last_stage text;
BEGIN
    SELECT e.seq, e.to_stage INTO last_seq, last_stage
      FROM stage_event e WHERE e.account_id = NEW.account_id ORDER BY e.seq DESC LIMIT 1;
    IF NEW.from_stage IS NULL AND EXISTS (
            SELECT FROM history_restart x
             WHERE x.history = 'stage_event' AND x.account_id = NEW.account_id AND x.first = NEW.seq) THEN
        last_stage := NULL;
    END IF;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.from_stage IS DISTINCT FROM last_stage
       OR NEW.to_stage = last_stage THEN
        RAISE EXCEPTION 'stage event % % -> % does not follow % at %', NEW.seq, NEW.from_stage, NEW.to_stage,
            last_seq, last_stage
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_event_unbroken', TABLE = 'stage_event',
                  SCHEMA = 'pay_private';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.check_stage_chain() IS
    'Trigger: an event must begin where the account''s last one ended, or where a repair begins the log anew.';

CREATE OR REPLACE FUNCTION pay_private.record_stage(
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

CREATE OR REPLACE FUNCTION pay_private.restage(account_id text, cause text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    rule integration_rule;
BEGIN
    SELECT r.* INTO rule FROM integration_rule r WHERE r.account_id = restage.account_id;
    RETURN record_stage(restage.account_id, rule.rule_stage, rule.rule_detail, rule.rule_blocker, restage.cause, NULL);
END $$;
COMMENT ON FUNCTION pay_private.restage(text, text) IS
    'Writes the stage that the rule gives now, after something of ours changed that it depends on; answers whether it is another one.';

-- Nothing of the account is read or sent after the moment that a disconnection names. A write that is under way
-- holds a lock that the disconnection waits for, and the moment is taken after that wait.

CREATE OR REPLACE FUNCTION pay_private.disconnect(
    account_id text, cause text, disconnected_by text, stripe_request_id text) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before integration;
BEGIN
    -- Letters that go out hold a share of this row.
    SELECT i.* INTO before FROM integration i WHERE i.account_id = disconnect.account_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no integration with account %', disconnect.account_id USING ERRCODE = 'PY404';
    END IF;
    -- A page that is being written holds its stream; later ones find their lease gone.
    UPDATE stream s SET lease_token = NULL, leased_until = NULL, leased_by = NULL
     WHERE s.account_id = disconnect.account_id;
    -- A company that wished it was not found out.
    PERFORM record_stage(disconnect.account_id, 'disconnected', 'disconnected', 'merchant', disconnect.cause,
                         disconnect.stripe_request_id, clock_timestamp(),
                         CASE WHEN disconnect.disconnected_by = 'diagnosis' THEN last_seen(before) END);
    UPDATE integration i
       SET access = 'revoked', disconnected_by = disconnect.disconnected_by, hot_until = NULL, flow_open_until = NULL,
           observation_hash = NULL
     WHERE i.account_id = disconnect.account_id;
    IF unwant_links_of(disconnect.account_id, 500) THEN
        PERFORM follow_up('unwant_links', disconnect.account_id);
    END IF;
    DELETE FROM suspicion s WHERE s.account_id = disconnect.account_id;
END $$;
COMMENT ON FUNCTION pay_private.disconnect(text, text, text, text) IS
    'Ends an integration: no reads, no mails, no live links from the moment that it names; the history stays. PY404 when there is none.';

CREATE OR REPLACE TRIGGER stage_event_chain BEFORE INSERT ON pay_private.stage_event
    FOR EACH ROW EXECUTE FUNCTION pay_private.check_stage_chain();

CREATE OR REPLACE TRIGGER stage_event_fixed BEFORE UPDATE OR DELETE ON pay_private.stage_event
    FOR EACH ROW EXECUTE FUNCTION pay_private.refuse_change('the log of stages is only ever added to');

CREATE OR REPLACE TRIGGER stage_event_wake AFTER INSERT ON pay_private.stage_event
    FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake('pay_stage');

CREATE OR REPLACE FUNCTION pay_private.fuse_lets_pass(
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

CREATE OR REPLACE FUNCTION pay_private.clear_fuse() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    UPDATE fuse SET blown_at = NULL, cleared_at = now(), cleared_by = session_user, pass_once = true
     WHERE blown_at IS NOT NULL;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION pay_private.clear_fuse() IS
    'A person has looked: the next mass change goes through, once; answers whether the fuse was blown.';
