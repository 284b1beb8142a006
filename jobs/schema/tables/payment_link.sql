-- SPDX-License-Identifier: MIT
-- The payment links at Stripe that payment requests became.

CREATE TABLE pay_private.payment_link (
    link_id text PRIMARY KEY,
    request_id uuid NOT NULL CONSTRAINT payment_link_request_known REFERENCES pay.payment_request,
    account_id text NOT NULL,
    amount bigint NOT NULL,
    url text NOT NULL CONSTRAINT payment_link_url_http CHECK (url ~ '^https?://[^[:space:][:cntrl:]<>"]+$'),
    active boolean NOT NULL,
    wanted_active boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    deactivated_at timestamptz,
    deactivation_reason text,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    verified_at timestamptz,
    company text NOT NULL,
    used boolean,
    charge_id text,
    lost_at timestamptz,
    missing_since timestamptz,
    seen_at timestamptz,
    check_at timestamptz
) WITH (fillfactor = 85);
-- At most one link of a request is wanted; a second one is to be switched off.
CREATE UNIQUE INDEX payment_link_one_wanted ON pay_private.payment_link (request_id) WHERE wanted_active;
CREATE INDEX payment_link_by_request ON pay_private.payment_link (request_id);
CREATE INDEX payment_link_active ON pay_private.payment_link (account_id, created_at) WHERE active;
-- The work of the links job, in the order in which companies take turns.
CREATE INDEX payment_link_to_deactivate ON pay_private.payment_link (company, next_attempt_at) WHERE active AND NOT wanted_active;
CREATE INDEX payment_link_to_check ON pay_private.payment_link (company, check_at) WHERE check_at IS NOT NULL;
COMMENT ON TABLE pay_private.payment_link IS 'Payment links at Stripe: the known and the desired state of each.';
COMMENT ON COLUMN pay_private.payment_link.link_id IS 'Stripe''s id of the link.';
COMMENT ON COLUMN pay_private.payment_link.request_id IS 'The request that it collects for.';
COMMENT ON COLUMN pay_private.payment_link.account_id IS 'Stripe account that it belongs to.';
COMMENT ON COLUMN pay_private.payment_link.amount IS 'What it asks for, in minor units of the request''s currency.';
COMMENT ON COLUMN pay_private.payment_link.url IS 'Where the payer pays; whoever has it can pay, so it goes to no log.';
COMMENT ON COLUMN pay_private.payment_link.active IS 'Whether it works, as Stripe last said.';
COMMENT ON COLUMN pay_private.payment_link.wanted_active IS 'Whether it should work; active and not wanted is work for the daemon.';
COMMENT ON COLUMN pay_private.payment_link.created_at IS 'When it was made.';
COMMENT ON COLUMN pay_private.payment_link.deactivated_at IS 'When Stripe switched it off.';
COMMENT ON COLUMN pay_private.payment_link.deactivation_reason IS 'Why it is not wanted: the state that the request came to, replaced, disconnected, used (a payment by it failed), owner (switched off at Stripe) or found (at Stripe, not known before).';
COMMENT ON COLUMN pay_private.payment_link.attempts IS 'How often it was tried to switch the link off.';
COMMENT ON COLUMN pay_private.payment_link.next_attempt_at IS 'When an unwanted link is tried again.';
COMMENT ON COLUMN pay_private.payment_link.verified_at IS 'When a later read last confirmed active.';
COMMENT ON COLUMN pay_private.payment_link.company IS 'The company of the request; companies take turns.';
COMMENT ON COLUMN pay_private.payment_link.used IS
    'Asked after it was switched off: true = somebody has paid by it, or a payment is under way; false = nobody has and nobody can any more; NULL = not asked yet.';
COMMENT ON COLUMN pay_private.payment_link.charge_id IS 'The payment by a used link; NULL while Stripe does not show one.';
COMMENT ON COLUMN pay_private.payment_link.lost_at IS
    'When Stripe refused to switch it off because the account is not connected any more; it is not waited for.';
COMMENT ON COLUMN pay_private.payment_link.missing_since IS 'When Stripe first answered 404; a second 404 counts as switched off.';
COMMENT ON COLUMN pay_private.payment_link.seen_at IS 'When the slow walk through the account''s live links last met it.';
COMMENT ON COLUMN pay_private.payment_link.check_at IS 'When a wanted link is read at Stripe, because it may be off or used up; NULL = no reason to.';

CREATE TABLE pay_private.link_sweep (
    account_id text PRIMARY KEY CONSTRAINT link_sweep_integration_known REFERENCES pay_private.integration,
    cursor text,
    started_at timestamptz,
    last_completed_at timestamptz,
    next_run_at timestamptz NOT NULL
);
CREATE INDEX link_sweep_due ON pay_private.link_sweep (next_run_at);
COMMENT ON TABLE pay_private.link_sweep IS
    'The slow walk through the live payment links of each account, one page at a time: finds links that are not known, and wanted ones that are off.';
COMMENT ON COLUMN pay_private.link_sweep.account_id IS 'The account.';
COMMENT ON COLUMN pay_private.link_sweep.cursor IS 'The last link of the page before; NULL = the walk begins with the newest.';
COMMENT ON COLUMN pay_private.link_sweep.started_at IS 'When the present walk began; NULL = none has.';
COMMENT ON COLUMN pay_private.link_sweep.last_completed_at IS 'When a walk last came to its end.';
COMMENT ON COLUMN pay_private.link_sweep.next_run_at IS 'When the next page is read.';

-- What follows from a change and is too much for one transaction: 400,000 links of an account that is disconnected.
CREATE TABLE pay_private.follow_up (
    task text NOT NULL CONSTRAINT follow_up_task CHECK (task IN ('make_links', 'unwant_links')),
    subject text NOT NULL,
    done_to bigint NOT NULL DEFAULT 0,
    asked_at timestamptz NOT NULL DEFAULT now(),
    turn_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task, subject)
);
CREATE INDEX follow_up_turn ON pay_private.follow_up (turn_at);
COMMENT ON TABLE pay_private.follow_up IS
    'Consequences of a change that are carried out in batches; a row goes when its task is done.';
COMMENT ON COLUMN pay_private.follow_up.task IS
    'make_links = the company''s open requests without a live link get one; unwant_links = the links of an account are not wanted.';
COMMENT ON COLUMN pay_private.follow_up.subject IS 'The company, or for unwant_links the account.';
COMMENT ON COLUMN pay_private.follow_up.done_to IS 'Sequence number of the last request that was looked at.';
COMMENT ON COLUMN pay_private.follow_up.asked_at IS 'When the change happened.';
COMMENT ON COLUMN pay_private.follow_up.turn_at IS 'When its last batch was done; the longest waiting one is next.';
