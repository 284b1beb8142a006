-- SPDX-License-Identifier: MIT
-- Integrations: what is known of each company's Stripe account, and the log of its stages.

CREATE TABLE pay_private.integration (
    account_id pay.account_id PRIMARY KEY,
    company text NOT NULL CONSTRAINT integration_company_known REFERENCES pay.company,
    livemode boolean NOT NULL,
    origin text NOT NULL DEFAULT 'new' CONSTRAINT integration_origin CHECK (origin IN ('new', 'existing')),
    current boolean NOT NULL DEFAULT true,
    stage text NOT NULL DEFAULT 'pending'
        CONSTRAINT integration_stage CHECK (stage IN ('pending', 'incomplete', 'completed', 'disconnected')),
    stage_detail text,
    blocker text NOT NULL DEFAULT 'none'
        CONSTRAINT integration_blocker CHECK (blocker IN ('merchant', 'stripe', 'platform', 'none')),
    details_submitted boolean NOT NULL DEFAULT false,
    charges_enabled boolean NOT NULL DEFAULT false,
    payouts_enabled boolean NOT NULL DEFAULT false,
    currently_due text[] NOT NULL DEFAULT '{}',
    eventually_due text[] NOT NULL DEFAULT '{}',
    past_due text[] NOT NULL DEFAULT '{}',
    pending_verification text[] NOT NULL DEFAULT '{}',
    errors jsonb NOT NULL DEFAULT '[]',
    disabled_reason text,
    current_deadline timestamptz,
    country text,
    default_currency text,
    ever_completed boolean NOT NULL DEFAULT false,
    flow_open_until timestamptz,
    access text NOT NULL DEFAULT 'ok' CONSTRAINT integration_access CHECK (access IN ('ok', 'revoked')),
    email_of_record text,
    account_created_at timestamptz,
    observed_at timestamptz,
    observed_request_id text,
    observation_hash text,
    hot_until timestamptz,
    next_check_at timestamptz DEFAULT now(),
    connected_at timestamptz NOT NULL DEFAULT now(),
    disconnected_at timestamptz,
    lease_token bigint,
    leased_until timestamptz,
    leased_by text,
    CONSTRAINT integration_disconnected_has_time
        CHECK (stage <> 'disconnected' OR disconnected_at IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE UNIQUE INDEX integration_one_current ON pay_private.integration (company) WHERE current;
CREATE INDEX integration_by_company ON pay_private.integration (company);
CREATE INDEX integration_hot ON pay_private.integration (hot_until) WHERE hot_until IS NOT NULL;
CREATE INDEX integration_leased ON pay_private.integration (lease_token) WHERE lease_token IS NOT NULL;

COMMENT ON TABLE pay_private.integration IS
    'One row per Stripe account that a company ever connected: the last observation of it, and the stage that follows.';
COMMENT ON COLUMN pay_private.integration.account_id IS 'Stripe''s id of the account.';
COMMENT ON COLUMN pay_private.integration.company IS 'Whose account.';
COMMENT ON COLUMN pay_private.integration.livemode IS 'Whether the account belongs to Stripe''s live mode; test and live never mix.';
COMMENT ON COLUMN pay_private.integration.origin IS 'new = made by us, existing = the company had it before.';
COMMENT ON COLUMN pay_private.integration.current IS 'Whether the company uses this one now; at most one per company.';
COMMENT ON COLUMN pay_private.integration.stage IS 'pending, incomplete, completed or disconnected; written by record_stage.';
COMMENT ON COLUMN pay_private.integration.stage_detail IS 'The finer reason of the stage.';
COMMENT ON COLUMN pay_private.integration.blocker IS 'Who must act next: merchant, stripe, platform or none.';
COMMENT ON COLUMN pay_private.integration.details_submitted IS 'As Stripe says: the person finished the form.';
COMMENT ON COLUMN pay_private.integration.charges_enabled IS 'As Stripe says: the account can take payments.';
COMMENT ON COLUMN pay_private.integration.payouts_enabled IS 'As Stripe says: the account can be paid out.';
COMMENT ON COLUMN pay_private.integration.currently_due IS 'Stripe''s requirements that are due by current_deadline.';
COMMENT ON COLUMN pay_private.integration.eventually_due IS 'Stripe''s requirements that will be due some day; they never hold up a stage.';
COMMENT ON COLUMN pay_private.integration.past_due IS 'Stripe''s requirements whose deadline has passed.';
COMMENT ON COLUMN pay_private.integration.pending_verification IS 'What Stripe is checking at the moment.';
COMMENT ON COLUMN pay_private.integration.errors IS 'Stripe''s requirements.errors: what was rejected and why.';
COMMENT ON COLUMN pay_private.integration.disabled_reason IS 'Stripe''s requirements.disabled_reason.';
COMMENT ON COLUMN pay_private.integration.current_deadline IS 'Until when currently_due must be given.';
COMMENT ON COLUMN pay_private.integration.country IS 'Country of the account.';
COMMENT ON COLUMN pay_private.integration.default_currency IS 'Settlement currency of the account.';
COMMENT ON COLUMN pay_private.integration.ever_completed IS 'Whether it was ever completed; then a new requirement alone does not take the stage away.';
COMMENT ON COLUMN pay_private.integration.flow_open_until IS 'Until when a person may still be in Stripe''s form by a link of ours.';
COMMENT ON COLUMN pay_private.integration.access IS 'Whether the platform may still act for the account.';
COMMENT ON COLUMN pay_private.integration.email_of_record IS 'Address that the account was connected with; reconnect asks for it.';
COMMENT ON COLUMN pay_private.integration.account_created_at IS 'When the account was connected or made, as Stripe says.';
COMMENT ON COLUMN pay_private.integration.observed_at IS 'When Stripe last answered about it.';
COMMENT ON COLUMN pay_private.integration.observed_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.integration.observation_hash IS 'Hash of that answer; an equal one costs no write.';
COMMENT ON COLUMN pay_private.integration.hot_until IS 'Until when it is read often because somebody is working on it.';
COMMENT ON COLUMN pay_private.integration.next_check_at IS 'When to read it by itself next, while it is hot; else the sweep reads it.';
COMMENT ON COLUMN pay_private.integration.connected_at IS 'When the company last connected it.';
COMMENT ON COLUMN pay_private.integration.disconnected_at IS 'When it was disconnected, or found to be.';
COMMENT ON COLUMN pay_private.integration.lease_token IS 'Fencing token of the daemon that works on it.';
COMMENT ON COLUMN pay_private.integration.leased_until IS 'When another daemon may take it over.';
COMMENT ON COLUMN pay_private.integration.leased_by IS 'Which daemon works on it.';

CREATE TABLE pay_private.stage_event (
    account_id text NOT NULL CONSTRAINT stage_event_integration_known REFERENCES pay_private.integration,
    seq bigint NOT NULL,
    from_stage text,
    to_stage text NOT NULL
        CONSTRAINT stage_event_to_stage CHECK (to_stage IN ('pending', 'incomplete', 'completed', 'disconnected')),
    detail text,
    cause text NOT NULL,
    stripe_request_id text,
    observed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, seq)
);
COMMENT ON TABLE pay_private.stage_event IS 'Every change of a stage, without gaps: each event begins where the one before ended.';
COMMENT ON COLUMN pay_private.stage_event.account_id IS 'The account.';
COMMENT ON COLUMN pay_private.stage_event.seq IS 'Counts from 1 for each account.';
COMMENT ON COLUMN pay_private.stage_event.from_stage IS 'Stage before; NULL for the first.';
COMMENT ON COLUMN pay_private.stage_event.to_stage IS 'Stage after.';
COMMENT ON COLUMN pay_private.stage_event.detail IS 'The finer reason at that moment.';
COMMENT ON COLUMN pay_private.stage_event.cause IS 'What made us look: a command, a poll or the sweep.';
COMMENT ON COLUMN pay_private.stage_event.stripe_request_id IS 'Stripe''s Request-Id of the answer that proves it.';
COMMENT ON COLUMN pay_private.stage_event.observed_at IS 'When Stripe gave that answer.';

CREATE FUNCTION pay_private.keep_stage_chain() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    last_seq bigint;
    last_stage text;
BEGIN
    SELECT e.seq, e.to_stage INTO last_seq, last_stage
      FROM stage_event e WHERE e.account_id = NEW.account_id ORDER BY e.seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.from_stage IS DISTINCT FROM last_stage
       OR NEW.to_stage = last_stage THEN
        RAISE EXCEPTION 'stage event % % -> % does not follow % at %', NEW.seq, NEW.from_stage, NEW.to_stage,
            last_seq, last_stage
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_event_unbroken', TABLE = 'stage_event',
                  SCHEMA = 'pay_private';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.keep_stage_chain() IS 'Trigger: an event must begin where the account''s last one ended.';
CREATE TRIGGER stage_event_chain BEFORE INSERT ON pay_private.stage_event
    FOR EACH ROW EXECUTE FUNCTION pay_private.keep_stage_chain();
CREATE TRIGGER stage_event_fixed BEFORE UPDATE OR DELETE ON pay_private.stage_event
    FOR EACH ROW EXECUTE FUNCTION pay_private.refuse_change('the log of stages is only ever added to');
CREATE TRIGGER stage_event_wake AFTER INSERT ON pay_private.stage_event
    FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake('pay_stage');

CREATE FUNCTION pay_private.record_stage(
    account_id text, to_stage text, detail text, blocker text, cause text, stripe_request_id text,
    observed_at timestamptz DEFAULT now()) RETURNS boolean
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
        INSERT INTO stage_event (account_id, seq, from_stage, to_stage, detail, cause, stripe_request_id, observed_at)
        VALUES (record_stage.account_id, coalesce(last_seq, 0) + 1, last_stage, record_stage.to_stage,
                record_stage.detail, record_stage.cause, record_stage.stripe_request_id, record_stage.observed_at);
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
COMMENT ON FUNCTION pay_private.record_stage(text, text, text, text, text, text, timestamptz) IS
    'Writes an account''s stage, and its event if the stage is another one than before; answers whether it was.';

CREATE TABLE pay_private.stripe_call (
    idempotency_key text PRIMARY KEY CONSTRAINT stripe_call_key_length CHECK (length(idempotency_key) <= 255),
    account_id text,
    method text NOT NULL DEFAULT 'POST',
    path text NOT NULL,
    body text NOT NULL,
    purpose text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    status integer,
    object_id text,
    request_id text,
    finished_at timestamptz
) WITH (fillfactor = 85);
CREATE INDEX stripe_call_by_subject ON pay_private.stripe_call (subject, created_at);
CREATE INDEX stripe_call_old ON pay_private.stripe_call (created_at);
COMMENT ON TABLE pay_private.stripe_call IS
    'Every writing call to Stripe, stored with key and body before its first byte leaves, so that a repetition is the same call.';
COMMENT ON COLUMN pay_private.stripe_call.idempotency_key IS 'Stripe''s Idempotency-Key, at most 255 characters, kept by Stripe for 24 hours.';
COMMENT ON COLUMN pay_private.stripe_call.account_id IS 'Stripe-Account of the call; NULL = the platform itself.';
COMMENT ON COLUMN pay_private.stripe_call.method IS 'HTTP method.';
COMMENT ON COLUMN pay_private.stripe_call.path IS 'Path of the resource.';
COMMENT ON COLUMN pay_private.stripe_call.body IS 'The form, byte for byte.';
COMMENT ON COLUMN pay_private.stripe_call.purpose IS 'What for, for example create_account.';
COMMENT ON COLUMN pay_private.stripe_call.subject IS 'Id of the row on whose behalf.';
COMMENT ON COLUMN pay_private.stripe_call.created_at IS 'When the intent was stored.';
COMMENT ON COLUMN pay_private.stripe_call.status IS 'HTTP status of the final answer.';
COMMENT ON COLUMN pay_private.stripe_call.object_id IS 'Id of what came of it.';
COMMENT ON COLUMN pay_private.stripe_call.request_id IS 'Stripe''s Request-Id of the answer.';
COMMENT ON COLUMN pay_private.stripe_call.finished_at IS 'When the final answer was stored; NULL = not known yet.';
