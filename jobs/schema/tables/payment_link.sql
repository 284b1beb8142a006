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
    verified_at timestamptz
) WITH (fillfactor = 85);
-- At most one link of a request is wanted; a second one is to be switched off.
CREATE UNIQUE INDEX payment_link_one_wanted ON pay_private.payment_link (request_id) WHERE wanted_active;
CREATE INDEX payment_link_by_request ON pay_private.payment_link (request_id);
CREATE INDEX payment_link_active ON pay_private.payment_link (account_id, created_at) WHERE active;
CREATE INDEX payment_link_to_deactivate ON pay_private.payment_link (next_attempt_at) WHERE active AND NOT wanted_active;
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
COMMENT ON COLUMN pay_private.payment_link.deactivation_reason IS 'Why it is not wanted: paid, cancelled, expired, replaced, disconnected or failed.';
COMMENT ON COLUMN pay_private.payment_link.attempts IS 'How often it was tried to switch the link off.';
COMMENT ON COLUMN pay_private.payment_link.next_attempt_at IS 'When an unwanted link is tried again.';
COMMENT ON COLUMN pay_private.payment_link.verified_at IS 'When a later read last confirmed active.';
