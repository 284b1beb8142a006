-- SPDX-License-Identifier: MIT
-- The mail queue. A delivery is one mail to one recipient with its own place in the queue, so copies, reminders, receipts
-- and a second sending are deliveries like the first. Also each attempt to send one, and mails that came back.

-- The bytes of messages, apart from the queue: written once, never changed, shared by the copies (cc), and deleted when they
-- are old. Only the order of the rows and their Message-ID are indexed.
CREATE TABLE pay_private.message (
    message_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    message_id text NOT NULL,
    replaces bigint,
    link_id text,
    brand_version integer,
    mail_account text NOT NULL DEFAULT '',
    frozen_at timestamptz NOT NULL DEFAULT now(),
    size integer NOT NULL,
    sha256 bytea,
    bytes bytea,
    CONSTRAINT message_has_digest CHECK (bytes IS NULL OR sha256 IS NOT NULL)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX message_by_message_id ON pay_private.message (message_id);
-- For the retention; its key only grows.
CREATE INDEX message_kept ON pay_private.message (frozen_at) WHERE bytes IS NOT NULL;
DO $$
BEGIN
    -- pglz would take longer than all other work of the INSERT.
    ALTER TABLE pay_private.message ALTER bytes SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    ALTER TABLE pay_private.message ALTER bytes SET STORAGE EXTERNAL;
END $$;
COMMENT ON TABLE pay_private.message IS
    'Messages as they go over the wire: written before the first attempt, shared by the copies, deleted when they are old.';
COMMENT ON COLUMN pay_private.message.message_key IS 'Order in which they were composed; delivery.message_key refers to it.';
COMMENT ON COLUMN pay_private.message.request_id IS 'The request that it is about.';
COMMENT ON COLUMN pay_private.message.delivery_id IS 'The delivery that it was composed for; copies have the same message.';
COMMENT ON COLUMN pay_private.message.message_id IS 'Its Message-ID. Other bytes have another one.';
COMMENT ON COLUMN pay_private.message.replaces IS 'The message that the delivery had before.';
COMMENT ON COLUMN pay_private.message.link_id IS 'The payment link that stands in it.';
COMMENT ON COLUMN pay_private.message.brand_version IS 'The version of the company''s checkout brand that it was made with.';
COMMENT ON COLUMN pay_private.message.mail_account IS 'The mail account whose sender stands in it; empty = the default one.';
COMMENT ON COLUMN pay_private.message.frozen_at IS 'When it was composed.';
COMMENT ON COLUMN pay_private.message.size IS 'Its size in bytes.';
COMMENT ON COLUMN pay_private.message.sha256 IS 'SHA-256 of its bytes; NULL = erased.';
COMMENT ON COLUMN pay_private.message.bytes IS 'The whole message; NULL = erased, or deleted by the retention.';

CREATE TABLE pay_private.delivery (
    delivery_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    request_id uuid NOT NULL CONSTRAINT delivery_request_known REFERENCES pay.payment_request,
    kind text NOT NULL,
    recipient pay.email NOT NULL,
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
    due boolean NOT NULL DEFAULT true,
    next_attempt_at timestamptz DEFAULT now(),
    put_off integer NOT NULL DEFAULT 0,
    message_key bigint,
    messages smallint NOT NULL DEFAULT 0,
    mail_account text NOT NULL DEFAULT '',
    reason_code text,
    reason_text text,
    lease_token bigint,
    leased_until timestamptz,
    leased_by text,
    CONSTRAINT delivery_sent_has_time CHECK (state <> 'sent' OR accepted_at IS NOT NULL),
    CONSTRAINT delivery_frozen CHECK (
        state IN ('queued', 'failed', 'suppressed', 'cancelled') OR message_key IS NOT NULL),
    CONSTRAINT delivery_kind CHECK (kind IN (
        'request', 'reminder', 'receipt', 'notice', 'refund', 'refund_notice', 'dispute_notice', 'debit_failed')),
    CONSTRAINT delivery_of_payment CHECK ((kind NOT IN ('request', 'reminder', 'debit_failed')) = (charge_id IS NOT NULL)),
    CONSTRAINT delivery_about CHECK (
        (kind IN ('refund', 'refund_notice', 'dispute_notice', 'debit_failed')) = (about_id IS NOT NULL)),
    CONSTRAINT delivery_one_each UNIQUE (request_id, kind, recipient, number),
    CONSTRAINT delivery_state CHECK (state IN (
        'queued', 'ready', 'sending', 'committing', 'sent', 'deferred', 'failed', 'in_doubt', 'suppressed', 'cancelled',
        'bounced'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.05);
CREATE UNIQUE INDEX delivery_one_per_payment ON pay_private.delivery (charge_id, kind, recipient)
    WHERE kind IN ('receipt', 'notice');
CREATE UNIQUE INDEX delivery_one_about ON pay_private.delivery (about_id, kind, recipient) WHERE about_id IS NOT NULL;
-- The indexes of the queue hold what waits, and nothing that changes while a mail is sent: no state, and no reason, which is
-- NULL then. So these changes are heap-only updates (HOT). next_attempt_at becomes NULL when there is nothing more to do.
-- What is due now and what is due later are apart, so that finding the former costs nothing for the latter.
CREATE INDEX delivery_due ON pay_private.delivery (mail_account, company, (-priority), next_attempt_at, seq)
    WHERE due AND next_attempt_at IS NOT NULL;
CREATE INDEX delivery_later ON pay_private.delivery (next_attempt_at) WHERE NOT due AND next_attempt_at IS NOT NULL;
CREATE INDEX delivery_leased ON pay_private.delivery (lease_token) WHERE lease_token IS NOT NULL;
-- Deliveries in doubt, held and failed ones.
CREATE INDEX delivery_by_reason ON pay_private.delivery (reason_code, company, seq) WHERE reason_code IS NOT NULL;
COMMENT ON TABLE pay_private.delivery IS
    'The mail queue: one message to one recipient per row, and its state. The bytes are in pay_private.message.';
COMMENT ON COLUMN pay_private.delivery.delivery_id IS 'Id of the mail.';
COMMENT ON COLUMN pay_private.delivery.request_id IS 'The request that it is about.';
COMMENT ON COLUMN pay_private.delivery.kind IS
    'request, reminder, debit_failed, receipt or refund (to the payer); notice, refund_notice or dispute_notice (to the company''s administrators).';
COMMENT ON COLUMN pay_private.delivery.recipient IS 'The one address that it goes to.';
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
COMMENT ON COLUMN pay_private.delivery.due IS
    'Whether next_attempt_at has come. A claim sets it, so it may be false for a moment longer.';
COMMENT ON COLUMN pay_private.delivery.message_key IS 'Its message; NULL = not composed yet.';
COMMENT ON COLUMN pay_private.delivery.messages IS 'How often its message was composed; each has a Message-ID of its own.';
COMMENT ON COLUMN pay_private.delivery.mail_account IS
    'The mail account in whose line it waits; empty = the default one. That of its message, once it is composed.';
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

CREATE TABLE pay_private.mail_account_hold (
    mail_account text PRIMARY KEY CONSTRAINT mail_account_hold_name CHECK (mail_account ~ '^[a-z0-9_-]{1,40}$'),
    reason text NOT NULL CONSTRAINT mail_account_hold_reason CHECK (
        length(reason) BETWEEN 1 AND 500 AND reason !~ '[\u0001-\u001f\u007f-\u009f]'),
    held_at timestamptz NOT NULL DEFAULT now(),
    held_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE pay_private.mail_account_hold IS
    'Mail accounts by which no daemon sends until somebody resumes them: held by an operator, or by a daemon because the mail server refused most messages.';
COMMENT ON COLUMN pay_private.mail_account_hold.mail_account IS 'Name of the mail account in the configuration.';
COMMENT ON COLUMN pay_private.mail_account_hold.reason IS 'Why it is held.';
COMMENT ON COLUMN pay_private.mail_account_hold.held_at IS 'Since when it is held.';
COMMENT ON COLUMN pay_private.mail_account_hold.held_by IS 'Database user that holds it.';
COMMENT ON CONSTRAINT mail_account_hold_name ON pay_private.mail_account_hold IS
    'the name of a mail account has 1 to 40 small letters, digits, hyphens and underscores';
COMMENT ON CONSTRAINT mail_account_hold_reason ON pay_private.mail_account_hold IS
    'the reason is one line of 1 to 500 characters';

CREATE TABLE pay_private.held_company (
    company text PRIMARY KEY,
    released_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pay_private.held_company IS
    'Companies whose held deliveries may go now. The daemon makes them due in batches, then deletes the row.';
COMMENT ON COLUMN pay_private.held_company.company IS 'The company.';
COMMENT ON COLUMN pay_private.held_company.released_at IS 'When it was connected or enabled again.';

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
