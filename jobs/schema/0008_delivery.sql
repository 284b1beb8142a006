-- SPDX-License-Identifier: MIT
-- What a payment request becomes: a payment link at Stripe, and a mail with every attempt to send it.

CREATE TABLE pay_private.payment_link (
    link_id text PRIMARY KEY,
    request_id uuid NOT NULL CONSTRAINT payment_link_request_known REFERENCES pay.payment_request,
    account_id text NOT NULL,
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
-- A second link of one request can only be one that is to be switched off.
CREATE UNIQUE INDEX payment_link_one_wanted ON pay_private.payment_link (request_id) WHERE wanted_active;
CREATE INDEX payment_link_by_request ON pay_private.payment_link (request_id);
CREATE INDEX payment_link_active ON pay_private.payment_link (account_id, created_at) WHERE active;
CREATE INDEX payment_link_to_deactivate ON pay_private.payment_link (next_attempt_at) WHERE active AND NOT wanted_active;
COMMENT ON TABLE pay_private.payment_link IS 'Payment links at Stripe: what we know of each, and what it should be.';
COMMENT ON COLUMN pay_private.payment_link.link_id IS 'Stripe''s id of the link.';
COMMENT ON COLUMN pay_private.payment_link.request_id IS 'The request that it collects for.';
COMMENT ON COLUMN pay_private.payment_link.account_id IS 'Stripe account that it belongs to.';
COMMENT ON COLUMN pay_private.payment_link.url IS 'Where the payer pays; whoever has it can pay, so it goes to no log.';
COMMENT ON COLUMN pay_private.payment_link.active IS 'Whether it works, as Stripe last said.';
COMMENT ON COLUMN pay_private.payment_link.wanted_active IS 'Whether it should work; active and not wanted is work for the daemon.';
COMMENT ON COLUMN pay_private.payment_link.created_at IS 'When it was made.';
COMMENT ON COLUMN pay_private.payment_link.deactivated_at IS 'When Stripe switched it off.';
COMMENT ON COLUMN pay_private.payment_link.deactivation_reason IS 'Why it is not wanted: paid, cancelled, expired, replaced, disconnected or failed.';
COMMENT ON COLUMN pay_private.payment_link.attempts IS 'How often it was tried to switch the link off.';
COMMENT ON COLUMN pay_private.payment_link.next_attempt_at IS 'When an unwanted link is tried again.';
COMMENT ON COLUMN pay_private.payment_link.verified_at IS 'When a later read last confirmed active.';

CREATE TABLE pay_private.delivery (
    delivery_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    request_id uuid NOT NULL CONSTRAINT delivery_request_known REFERENCES pay.payment_request,
    kind text NOT NULL CONSTRAINT delivery_kind CHECK (kind IN ('request', 'reminder', 'receipt')),
    recipient pay.email NOT NULL,
    message_id text NOT NULL CONSTRAINT delivery_message_id_unique UNIQUE,
    message bytea NOT NULL,
    message_sha256 bytea NOT NULL GENERATED ALWAYS AS (sha256(message)) STORED,
    link_id text CONSTRAINT delivery_link_known REFERENCES pay_private.payment_link,
    brand_version integer,
    state text NOT NULL DEFAULT 'ready' CONSTRAINT delivery_state CHECK (state IN (
        'queued', 'linked', 'ready', 'sending', 'committing', 'sent', 'deferred', 'failed', 'in_doubt', 'suppressed',
        'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    accepted_at timestamptz,
    smtp_reply text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT delivery_one_per_recipient UNIQUE (request_id, kind, recipient),
    CONSTRAINT delivery_sent_has_time CHECK (state <> 'sent' OR accepted_at IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.05);
COMMENT ON TABLE pay_private.delivery IS 'One mail each: its bytes, frozen before the first attempt, and how far it has come.';
COMMENT ON COLUMN pay_private.delivery.delivery_id IS 'Id of the mail.';
COMMENT ON COLUMN pay_private.delivery.request_id IS 'The request that it is about.';
COMMENT ON COLUMN pay_private.delivery.kind IS 'request, reminder or receipt.';
COMMENT ON COLUMN pay_private.delivery.recipient IS 'The one address that it goes to.';
COMMENT ON COLUMN pay_private.delivery.message_id IS 'Its Message-ID, the same for every attempt.';
COMMENT ON COLUMN pay_private.delivery.message IS 'The whole message as it goes over the wire.';
COMMENT ON COLUMN pay_private.delivery.message_sha256 IS 'SHA-256 of message.';
COMMENT ON COLUMN pay_private.delivery.link_id IS 'The payment link that stands in it.';
COMMENT ON COLUMN pay_private.delivery.brand_version IS 'The version of the company''s checkout brand that it was made with.';
COMMENT ON COLUMN pay_private.delivery.state IS 'As pay.payment_request.delivery.';
COMMENT ON COLUMN pay_private.delivery.attempts IS 'How many attempts have begun.';
COMMENT ON COLUMN pay_private.delivery.accepted_at IS 'When the mail server took it.';
COMMENT ON COLUMN pay_private.delivery.smtp_reply IS 'The mail server''s last words.';
COMMENT ON COLUMN pay_private.delivery.created_at IS 'When it was frozen.';

CREATE TABLE pay_private.delivery_attempt (
    delivery_id uuid NOT NULL CONSTRAINT delivery_attempt_delivery_known REFERENCES pay_private.delivery,
    attempt integer NOT NULL CONSTRAINT delivery_attempt_positive CHECK (attempt > 0),
    lease_token bigint NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    committing_at timestamptz,
    finished_at timestamptz,
    outcome text CONSTRAINT delivery_attempt_outcome CHECK (outcome IN (
        'accepted', 'refused', 'deferred', 'throttled', 'not_sent', 'account_down', 'in_doubt', 'abandoned')),
    smtp_code integer,
    smtp_reply text,
    PRIMARY KEY (delivery_id, attempt),
    CONSTRAINT delivery_attempt_finished_has_outcome CHECK ((finished_at IS NULL) = (outcome IS NULL))
) WITH (fillfactor = 70);
COMMENT ON TABLE pay_private.delivery_attempt IS 'Every attempt to send a mail, begun before the first byte leaves.';
COMMENT ON COLUMN pay_private.delivery_attempt.delivery_id IS 'The mail.';
COMMENT ON COLUMN pay_private.delivery_attempt.attempt IS 'Counts from 1 for each mail.';
COMMENT ON COLUMN pay_private.delivery_attempt.lease_token IS 'Fencing token of the daemon that made it.';
COMMENT ON COLUMN pay_private.delivery_attempt.started_at IS 'When it began.';
COMMENT ON COLUMN pay_private.delivery_attempt.committing_at IS 'When the final dot was promised; an end after that without an answer is in doubt.';
COMMENT ON COLUMN pay_private.delivery_attempt.finished_at IS 'When its outcome was known.';
COMMENT ON COLUMN pay_private.delivery_attempt.outcome IS 'accepted, refused, deferred, throttled, not_sent, account_down, in_doubt or abandoned.';
COMMENT ON COLUMN pay_private.delivery_attempt.smtp_code IS 'The mail server''s last reply code.';
COMMENT ON COLUMN pay_private.delivery_attempt.smtp_reply IS 'The mail server''s last words.';
