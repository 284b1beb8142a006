-- SPDX-License-Identifier: MIT
-- The last observation of each company's Stripe account, and the log of its stages.

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
    future_deadline timestamptz,
    future_due text[] NOT NULL DEFAULT '{}',
    hot_reads integer NOT NULL DEFAULT 0,
    hot_read_at timestamptz,
    hot_read_before timestamptz,
    disconnected_by text
        CONSTRAINT integration_disconnected_by CHECK (disconnected_by IN ('command', 'diagnosis')),
    warned_for timestamptz,
    warned_at timestamptz,
    CONSTRAINT integration_disconnected_has_time
        CHECK (stage <> 'disconnected' OR disconnected_at IS NOT NULL),
    CONSTRAINT integration_warning_has_time CHECK ((warned_for IS NULL) = (warned_at IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
CREATE UNIQUE INDEX integration_one_current ON pay_private.integration (company) WHERE current;
CREATE INDEX integration_by_company ON pay_private.integration (company);
CREATE INDEX integration_hot ON pay_private.integration (hot_until) WHERE hot_until IS NOT NULL;
CREATE INDEX integration_leased ON pay_private.integration (lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX integration_deadline ON pay_private.integration (account_id)
 WHERE current_deadline IS NOT NULL OR future_deadline IS NOT NULL OR warned_for IS NOT NULL;
COMMENT ON TABLE pay_private.integration IS
    'One row per Stripe account that a company ever connected: the last observation of it, and the stage that follows.';
COMMENT ON COLUMN pay_private.integration.account_id IS 'Stripe''s id of the account.';
COMMENT ON COLUMN pay_private.integration.company IS 'The company that connected the account.';
COMMENT ON COLUMN pay_private.integration.livemode IS 'Whether the account belongs to Stripe''s live mode; test and live never mix.';
COMMENT ON COLUMN pay_private.integration.origin IS 'new = made by us, existing = the company had it before.';
COMMENT ON COLUMN pay_private.integration.current IS 'Whether the company uses this one now; at most one per company.';
COMMENT ON COLUMN pay_private.integration.stage IS 'pending, incomplete, completed or disconnected; written by record_stage.';
COMMENT ON COLUMN pay_private.integration.stage_detail IS 'The finer reason of the stage.';
COMMENT ON COLUMN pay_private.integration.blocker IS 'The party that must act next: merchant, stripe, platform or none.';
COMMENT ON COLUMN pay_private.integration.details_submitted IS 'As Stripe says: the person finished the form.';
COMMENT ON COLUMN pay_private.integration.charges_enabled IS 'As Stripe says: the account can take payments.';
COMMENT ON COLUMN pay_private.integration.payouts_enabled IS 'As Stripe says: the account can be paid out.';
COMMENT ON COLUMN pay_private.integration.currently_due IS 'Stripe''s requirements that are due by current_deadline.';
COMMENT ON COLUMN pay_private.integration.eventually_due IS 'Stripe''s requirements that will be due some day; they never hold up a stage.';
COMMENT ON COLUMN pay_private.integration.past_due IS 'Stripe''s requirements whose deadline has passed.';
COMMENT ON COLUMN pay_private.integration.pending_verification IS 'Requirements that Stripe is checking at the moment.';
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
COMMENT ON COLUMN pay_private.integration.future_deadline IS 'When Stripe''s future requirements come into force.';
COMMENT ON COLUMN pay_private.integration.future_due IS 'Stripe''s requirements that will be due by future_deadline.';
COMMENT ON COLUMN pay_private.integration.hot_reads IS 'How often it was read since it became hot; the pause grows with it.';
COMMENT ON COLUMN pay_private.integration.hot_read_at IS 'When the last read by itself, while hot, began.';
COMMENT ON COLUMN pay_private.integration.hot_read_before IS 'When the one before it began, if it was answered.';
COMMENT ON COLUMN pay_private.integration.disconnected_by IS
    'command = the company wished it, diagnosis = Stripe says so; only the latter may come back by itself.';
COMMENT ON COLUMN pay_private.integration.warned_for IS 'The deadline that is near; NULL = none is.';
COMMENT ON COLUMN pay_private.integration.warned_at IS 'Since when it has been called near.';

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
    seen_before timestamptz,
    PRIMARY KEY (account_id, seq)
);
COMMENT ON TABLE pay_private.stage_event IS
    'Each change of stage, oldest first. Each event begins with the stage in which the one before ended, except where a repair restarted the log.';
COMMENT ON COLUMN pay_private.stage_event.account_id IS 'The account.';
COMMENT ON COLUMN pay_private.stage_event.seq IS 'Counts from 1 for each account.';
COMMENT ON COLUMN pay_private.stage_event.from_stage IS 'The stage before; NULL for the first, and where a repair began the log anew.';
COMMENT ON COLUMN pay_private.stage_event.to_stage IS 'Stage after.';
COMMENT ON COLUMN pay_private.stage_event.detail IS 'The finer reason at that moment.';
COMMENT ON COLUMN pay_private.stage_event.cause IS 'The read that noticed it: of a command, a poll or the sweep.';
COMMENT ON COLUMN pay_private.stage_event.stripe_request_id IS 'Stripe''s Request-Id of the answer that proves it.';
COMMENT ON COLUMN pay_private.stage_event.observed_at IS 'When Stripe gave that answer.';
COMMENT ON COLUMN pay_private.stage_event.seen_before IS
    'When the stage before was last read at Stripe; the change happened after it.';
