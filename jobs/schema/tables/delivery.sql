-- SPDX-License-Identifier: MIT
-- The mail queue. A delivery is one mail to one recipient with its own place in the queue, so copies, reminders, receipts
-- and a second sending are deliveries like the first. Also each attempt to send one, and mails that came back.

CREATE TABLE pay_private.delivery (
    delivery_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    request_id uuid NOT NULL CONSTRAINT delivery_request_known REFERENCES pay.payment_request,
    kind text NOT NULL,
    recipient pay.email NOT NULL,
    message_id text,
    message bytea,
    message_sha256 bytea GENERATED ALWAYS AS (sha256(message)) STORED,
    link_id text CONSTRAINT delivery_link_known REFERENCES pay_private.payment_link,
    brand_version integer,
    state text NOT NULL DEFAULT 'queued',
    attempts integer NOT NULL DEFAULT 0,
    accepted_at timestamptz,
    smtp_reply text,
    created_at timestamptz NOT NULL DEFAULT now(),
    company text NOT NULL,
    number integer NOT NULL DEFAULT 1 CONSTRAINT delivery_number_positive CHECK (number > 0),
    charge_id text,
    about_id text,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    priority smallint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz DEFAULT now(),
    put_off integer NOT NULL DEFAULT 0,
    frozen_at timestamptz,
    mail_account text,
    reason_code text,
    reason_text text,
    lease_token bigint,
    leased_until timestamptz,
    leased_by text,
    CONSTRAINT delivery_sent_has_time CHECK (state <> 'sent' OR accepted_at IS NOT NULL),
    CONSTRAINT delivery_frozen CHECK (
        state IN ('queued', 'failed', 'suppressed', 'cancelled') OR (message IS NOT NULL AND message_id IS NOT NULL)),
    CONSTRAINT delivery_kind CHECK (kind IN (
        'request', 'reminder', 'receipt', 'notice', 'refund', 'refund_notice', 'dispute_notice', 'debit_failed')),
    CONSTRAINT delivery_of_payment CHECK ((kind NOT IN ('request', 'reminder', 'debit_failed')) = (charge_id IS NOT NULL)),
    CONSTRAINT delivery_about CHECK (
        (kind IN ('refund', 'refund_notice', 'dispute_notice', 'debit_failed')) = (about_id IS NOT NULL)),
    CONSTRAINT delivery_one_each UNIQUE (request_id, kind, recipient, number),
    CONSTRAINT delivery_message_id_once UNIQUE (message_id, recipient),
    CONSTRAINT delivery_state CHECK (state IN (
        'queued', 'ready', 'sending', 'committing', 'sent', 'deferred', 'failed', 'in_doubt', 'suppressed', 'cancelled',
        'bounced'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.05);
CREATE UNIQUE INDEX delivery_one_per_payment ON pay_private.delivery (charge_id, kind, recipient)
    WHERE kind IN ('receipt', 'notice');
CREATE UNIQUE INDEX delivery_one_about ON pay_private.delivery (about_id, kind, recipient) WHERE about_id IS NOT NULL;
-- state is in no index and in no predicate of one, so that changing it is a heap-only update (HOT). next_attempt_at, which is
-- indexed, becomes NULL when there is nothing more to do.
CREATE INDEX delivery_due ON pay_private.delivery (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX delivery_due_by_company ON pay_private.delivery (company, (-priority), next_attempt_at, seq)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX delivery_leased ON pay_private.delivery (lease_token) WHERE lease_token IS NOT NULL;

CREATE INDEX delivery_in_doubt ON pay_private.delivery (request_id) WHERE state = 'in_doubt';
COMMENT ON TABLE pay_private.delivery IS
    'The mail queue: one message to one recipient per row, its bytes (fixed before the first attempt), and its state.';
COMMENT ON COLUMN pay_private.delivery.delivery_id IS 'Id of the mail.';
COMMENT ON COLUMN pay_private.delivery.request_id IS 'The request that it is about.';
COMMENT ON COLUMN pay_private.delivery.kind IS
    'request, reminder, debit_failed, receipt or refund (to the payer); notice, refund_notice or dispute_notice (to the company''s administrators).';
COMMENT ON COLUMN pay_private.delivery.recipient IS 'The one address that it goes to.';
COMMENT ON COLUMN pay_private.delivery.message_id IS 'Its Message-ID, the same for every attempt.';
COMMENT ON COLUMN pay_private.delivery.message IS 'The whole message as it goes over the wire.';
COMMENT ON COLUMN pay_private.delivery.message_sha256 IS 'SHA-256 of message.';
COMMENT ON COLUMN pay_private.delivery.link_id IS 'The payment link that stands in it.';
COMMENT ON COLUMN pay_private.delivery.brand_version IS 'The version of the company''s checkout brand that it was made with.';
COMMENT ON COLUMN pay_private.delivery.state IS
    'queued, ready, sending, committing, sent, deferred, failed, in_doubt, suppressed, cancelled or bounced.';
COMMENT ON COLUMN pay_private.delivery.attempts IS 'How many attempts have begun.';
COMMENT ON COLUMN pay_private.delivery.accepted_at IS 'When the mail server took it.';
COMMENT ON COLUMN pay_private.delivery.smtp_reply IS 'The mail server''s last words.';
COMMENT ON COLUMN pay_private.delivery.created_at IS 'When it was queued.';
COMMENT ON COLUMN pay_private.delivery.company IS 'The company that sends it; companies take turns in the queue.';
COMMENT ON COLUMN pay_private.delivery.number IS 'Counts the mails of a kind to a recipient: a second sending, each reminder.';
COMMENT ON COLUMN pay_private.delivery.charge_id IS 'The payment that it is about; NULL = it asks for one.';
COMMENT ON COLUMN pay_private.delivery.about_id IS 'The refund, the dispute, or the failed payment that it is about.';
COMMENT ON COLUMN pay_private.delivery.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay_private.delivery.priority IS 'Higher goes first within the company.';
COMMENT ON COLUMN pay_private.delivery.next_attempt_at IS 'When the daemon takes it up next; NULL = there is nothing more to do.';
COMMENT ON COLUMN pay_private.delivery.put_off IS 'How often the mail server put it off.';
COMMENT ON COLUMN pay_private.delivery.frozen_at IS 'When its bytes were fixed.';
COMMENT ON COLUMN pay_private.delivery.mail_account IS 'The mail account whose sender stands in it and by which it goes; NULL = the default one.';
COMMENT ON COLUMN pay_private.delivery.reason_code IS 'Why state is what it is, for programs.';
COMMENT ON COLUMN pay_private.delivery.reason_text IS 'Why state is what it is, for people.';
COMMENT ON COLUMN pay_private.delivery.lease_token IS 'Fencing token of the daemon that works on it.';
COMMENT ON COLUMN pay_private.delivery.leased_until IS 'When another daemon may take it over.';
COMMENT ON COLUMN pay_private.delivery.leased_by IS 'Which daemon works on it.';

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
CREATE INDEX delivery_attempt_old ON pay_private.delivery_attempt USING brin (started_at);
COMMENT ON TABLE pay_private.delivery_attempt IS 'Every attempt to send a message; the row is written before the first byte leaves.';
COMMENT ON COLUMN pay_private.delivery_attempt.delivery_id IS 'The mail.';
COMMENT ON COLUMN pay_private.delivery_attempt.attempt IS 'Counts from 1 for each mail.';
COMMENT ON COLUMN pay_private.delivery_attempt.lease_token IS 'Fencing token of the daemon that made it.';
COMMENT ON COLUMN pay_private.delivery_attempt.started_at IS 'When it began.';
COMMENT ON COLUMN pay_private.delivery_attempt.committing_at IS 'When the final dot was promised; an end after that without an answer is in doubt.';
COMMENT ON COLUMN pay_private.delivery_attempt.finished_at IS 'When its outcome was known.';
COMMENT ON COLUMN pay_private.delivery_attempt.outcome IS 'accepted, refused, deferred, throttled, not_sent, account_down, in_doubt or abandoned.';
COMMENT ON COLUMN pay_private.delivery_attempt.smtp_code IS 'The mail server''s last reply code.';
COMMENT ON COLUMN pay_private.delivery_attempt.smtp_reply IS 'The mail server''s last words.';

CREATE TABLE pay_private.bounce (
    bounce_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id uuid NOT NULL CONSTRAINT bounce_delivery_known REFERENCES pay_private.delivery,
    source text NOT NULL,
    reported_at timestamptz NOT NULL DEFAULT now(),
    reported_by text NOT NULL DEFAULT session_user,
    recipient text,
    action text NOT NULL CONSTRAINT bounce_action CHECK (action IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded')),
    status text CONSTRAINT bounce_status CHECK (status ~ '^[245]\.[0-9]{1,3}\.[0-9]{1,3}$'),
    diagnostic text,
    CONSTRAINT bounce_once UNIQUE (delivery_id, source)
);
COMMENT ON TABLE pay_private.bounce IS 'Reports of mail servers about messages after they were sent: the evidence.';
COMMENT ON COLUMN pay_private.bounce.bounce_id IS 'Order of arrival.';
COMMENT ON COLUMN pay_private.bounce.delivery_id IS 'The mail that it is about.';
COMMENT ON COLUMN pay_private.bounce.source IS 'Where it was read, or who reported it under which key; each is heard once.';
COMMENT ON COLUMN pay_private.bounce.reported_at IS 'When it was heard.';
COMMENT ON COLUMN pay_private.bounce.reported_by IS 'Database user that reported it.';
COMMENT ON COLUMN pay_private.bounce.recipient IS 'The address as the report says it.';
COMMENT ON COLUMN pay_private.bounce.action IS 'failed, delayed, delivered, relayed or expanded (RFC 3464).';
COMMENT ON COLUMN pay_private.bounce.status IS 'Enhanced status code (RFC 3463).';
COMMENT ON COLUMN pay_private.bounce.diagnostic IS 'The last server''s words.';
COMMENT ON CONSTRAINT bounce_action ON pay_private.bounce IS 'action is failed, delayed, delivered, relayed or expanded';
COMMENT ON CONSTRAINT bounce_status ON pay_private.bounce IS 'status is an enhanced status code like 5.1.1';
