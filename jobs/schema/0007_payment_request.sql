-- SPDX-License-Identifier: MIT
-- Payment requests: the queue.

CREATE TABLE pay.payment_request (
    request_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    company text NOT NULL CONSTRAINT payment_request_company_known REFERENCES pay.company,
    to_email pay.email NOT NULL,
    to_name pay.header_text,
    reply_to pay.email,
    amount bigint NOT NULL CONSTRAINT payment_request_amount_positive CHECK (amount > 0),
    currency pay.currency NOT NULL,
    description pay.header_text NOT NULL CONSTRAINT payment_request_description_given CHECK (btrim(description) <> ''),
    message text CONSTRAINT payment_request_message_text
        CHECK (length(message) <= 10000 AND message !~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]'),
    due_on date CONSTRAINT payment_request_due_on_range CHECK (due_on >= '2000-01-01' AND due_on < '2200-01-01'),
    expires_at timestamptz
        CONSTRAINT payment_request_expires_at_range CHECK (expires_at < '2200-01-01 00:00:00+00'),
    send_after timestamptz NOT NULL DEFAULT now()
        CONSTRAINT payment_request_send_after_range
        CHECK (send_after >= '2000-01-01 00:00:00+00' AND send_after < '2200-01-01 00:00:00+00'),
    priority smallint NOT NULL DEFAULT 0 CONSTRAINT payment_request_priority_range CHECK (priority BETWEEN -10 AND 10),
    multi_party boolean NOT NULL DEFAULT false,
    locale pay.locale,
    request_key pay.request_key,
    collect_payment_file_id uuid,
    metadata jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT payment_request_metadata_flat CHECK (metadata = '{}' OR pay_private.metadata_ok(metadata)),
    requested_by text NOT NULL DEFAULT session_user,
    created_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'open' CONSTRAINT payment_request_state CHECK (state IN (
        'open', 'paid', 'overpaid', 'partially_paid', 'refunded', 'disputed', 'cancelled', 'expired', 'failed')),
    delivery text NOT NULL DEFAULT 'queued' CONSTRAINT payment_request_delivery CHECK (delivery IN (
        'queued', 'linked', 'ready', 'sending', 'committing', 'sent', 'deferred', 'failed', 'in_doubt', 'suppressed',
        'cancelled')),
    reason_code text,
    reason_text text,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz DEFAULT now(),
    account_id text,
    livemode boolean,
    paid_at timestamptz,
    amount_paid bigint NOT NULL DEFAULT 0,
    sent_at timestamptz,
    cancel_requested_at timestamptz,
    lease_token bigint,
    leased_until timestamptz,
    leased_by text,
    CONSTRAINT payment_request_expires_after_send CHECK (expires_at > send_after AND expires_at > created_at),
    CONSTRAINT payment_request_file_of_company FOREIGN KEY (company, collect_payment_file_id)
        REFERENCES pay.collect_payment_file (company, file_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.05);

CREATE UNIQUE INDEX payment_request_request_key_unique ON pay.payment_request (company, request_key)
    WHERE request_key IS NOT NULL;
-- delivery is in no index and in no predicate, so that its steps are heap-only updates: next_attempt_at becomes NULL
-- when there is nothing more to send.
CREATE INDEX payment_request_due ON pay.payment_request (priority DESC, next_attempt_at, seq)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX payment_request_leased ON pay.payment_request (lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX payment_request_expiring ON pay.payment_request (expires_at)
    WHERE expires_at IS NOT NULL AND state = 'open';
CREATE INDEX payment_request_by_company ON pay.payment_request (company, seq);

COMMENT ON TABLE pay.payment_request IS
    'Queue of payment requests; each row becomes one payment link and one e-mail, and is followed until it is paid.';
COMMENT ON COLUMN pay.payment_request.request_id IS 'Id of the request, also written into Stripe''s metadata; an application may choose it.';
COMMENT ON COLUMN pay.payment_request.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay.payment_request.company IS 'Who asks for the money; it is paid to this company''s Stripe account.';
COMMENT ON COLUMN pay.payment_request.to_email IS 'The payer''s address.';
COMMENT ON COLUMN pay.payment_request.to_name IS 'The payer''s name.';
COMMENT ON COLUMN pay.payment_request.reply_to IS 'Where the payer''s answer goes, else the company''s address.';
COMMENT ON COLUMN pay.payment_request.amount IS 'What to pay, in minor units of the currency as Stripe counts them.';
COMMENT ON COLUMN pay.payment_request.currency IS 'Three lower-case letters, one of pay_private.currency.';
COMMENT ON COLUMN pay.payment_request.description IS 'What it is for, one line: in the mail''s subject and on Stripe''s page.';
COMMENT ON COLUMN pay.payment_request.message IS 'Words to the payer, at most 10,000 characters of plain text.';
COMMENT ON COLUMN pay.payment_request.due_on IS 'Day by which it should be paid; shown, not enforced.';
COMMENT ON COLUMN pay.payment_request.expires_at IS 'When the link stops working; NULL = never.';
COMMENT ON COLUMN pay.payment_request.send_after IS 'No mail before this time.';
COMMENT ON COLUMN pay.payment_request.priority IS 'Higher goes first, -10 to 10.';
COMMENT ON COLUMN pay.payment_request.multi_party IS 'true = several people each pay the amount by the same link.';
COMMENT ON COLUMN pay.payment_request.locale IS 'Language of the mail, else the company''s.';
COMMENT ON COLUMN pay.payment_request.request_key IS 'Unique within the company; guards against asking twice.';
COMMENT ON COLUMN pay.payment_request.collect_payment_file_id IS 'File of the same company that goes with the mail.';
COMMENT ON COLUMN pay.payment_request.metadata IS 'The application''s own data: a flat JSON object of at most 20 pairs, each value at most 500 characters.';
COMMENT ON COLUMN pay.payment_request.requested_by IS 'Database user that inserted the row.';
COMMENT ON COLUMN pay.payment_request.created_at IS 'When it was inserted.';
COMMENT ON COLUMN pay.payment_request.state IS 'The money: open, paid, overpaid, partially_paid, refunded, disputed, cancelled, expired or failed.';
COMMENT ON COLUMN pay.payment_request.delivery IS 'The mail: queued, linked, ready, sending, committing, sent, deferred, failed, in_doubt, suppressed or cancelled.';
COMMENT ON COLUMN pay.payment_request.reason_code IS 'Why state or delivery is what it is, for programs.';
COMMENT ON COLUMN pay.payment_request.reason_text IS 'Why state or delivery is what it is, for people.';
COMMENT ON COLUMN pay.payment_request.attempts IS 'How often the mail server put the mail off.';
COMMENT ON COLUMN pay.payment_request.next_attempt_at IS 'When the daemon takes it up next; NULL = there is nothing more to send.';
COMMENT ON COLUMN pay.payment_request.account_id IS 'Stripe account that the link belongs to, chosen when the link is made.';
COMMENT ON COLUMN pay.payment_request.livemode IS 'Whether the link belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay.payment_request.paid_at IS 'When it was paid in full.';
COMMENT ON COLUMN pay.payment_request.amount_paid IS 'What has been paid, in minor units.';
COMMENT ON COLUMN pay.payment_request.sent_at IS 'When the mail server took the mail.';
COMMENT ON COLUMN pay.payment_request.cancel_requested_at IS 'When somebody cancelled it.';
COMMENT ON COLUMN pay.payment_request.lease_token IS 'Fencing token of the daemon that works on it.';
COMMENT ON COLUMN pay.payment_request.leased_until IS 'When another daemon may take it over.';
COMMENT ON COLUMN pay.payment_request.leased_by IS 'Which daemon works on it.';
COMMENT ON CONSTRAINT payment_request_amount_positive ON pay.payment_request IS 'the amount is more than zero';
COMMENT ON CONSTRAINT payment_request_description_given ON pay.payment_request IS 'the description is not blank';
COMMENT ON CONSTRAINT payment_request_message_text ON pay.payment_request IS
    'the message has at most 10,000 characters and no control characters other than tab and line end';
COMMENT ON CONSTRAINT payment_request_due_on_range ON pay.payment_request IS 'due_on lies between 2000 and 2199';
COMMENT ON CONSTRAINT payment_request_expires_at_range ON pay.payment_request IS 'expires_at lies before 2200';
COMMENT ON CONSTRAINT payment_request_send_after_range ON pay.payment_request IS 'send_after lies between 2000 and 2199';
COMMENT ON CONSTRAINT payment_request_priority_range ON pay.payment_request IS 'the priority lies between -10 and 10';
COMMENT ON CONSTRAINT payment_request_metadata_flat ON pay.payment_request IS
    'metadata is a flat JSON object of at most 20 pairs, names to 40 and values to 500 characters, without request_id';
COMMENT ON CONSTRAINT payment_request_expires_after_send ON pay.payment_request IS
    'expires_at lies in the future and after send_after';
COMMENT ON CONSTRAINT payment_request_file_of_company ON pay.payment_request IS
    'the collect payment file exists and belongs to the company';

-- Whoever inserts says what is wanted, and never how far it has come.
CREATE FUNCTION pay_private.start_payment_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    NEW.requested_by := session_user;
    NEW.created_at := now();
    NEW.state := 'open';
    NEW.delivery := 'queued';
    NEW.reason_code := NULL;
    NEW.reason_text := NULL;
    NEW.attempts := 0;
    NEW.next_attempt_at := NEW.send_after;
    NEW.account_id := NULL;
    NEW.livemode := NULL;
    NEW.paid_at := NULL;
    NEW.amount_paid := 0;
    NEW.sent_at := NULL;
    NEW.cancel_requested_at := NULL;
    NEW.lease_token := NULL;
    NEW.leased_until := NULL;
    NEW.leased_by := NULL;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.start_payment_request() IS 'Trigger: sets a new request''s work columns to their start.';
-- The condition costs less than the call, and rows that leave these columns alone need none.
CREATE TRIGGER payment_request_start BEFORE INSERT ON pay.payment_request
    FOR EACH ROW WHEN (
        NEW.requested_by IS DISTINCT FROM session_user OR NEW.created_at IS DISTINCT FROM now()
        OR NEW.state IS DISTINCT FROM 'open' OR NEW.delivery IS DISTINCT FROM 'queued'
        OR NEW.reason_code IS NOT NULL OR NEW.reason_text IS NOT NULL OR NEW.attempts IS DISTINCT FROM 0
        OR NEW.next_attempt_at IS DISTINCT FROM NEW.send_after OR NEW.account_id IS NOT NULL
        OR NEW.livemode IS NOT NULL OR NEW.paid_at IS NOT NULL OR NEW.amount_paid IS DISTINCT FROM 0
        OR NEW.sent_at IS NOT NULL OR NEW.cancel_requested_at IS NOT NULL OR NEW.lease_token IS NOT NULL
        OR NEW.leased_until IS NOT NULL OR NEW.leased_by IS NOT NULL)
    EXECUTE FUNCTION pay_private.start_payment_request();

CREATE FUNCTION pay_private.accept_payment_requests() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    disabled text;
    bad record;
    rule text;
    said text;
BEGIN
    SELECT c.company INTO disabled FROM added JOIN company c USING (company) WHERE NOT c.enabled LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_disabled(disabled);
    END IF;
    -- One look at all rows: a foreign key to a few currencies would lock the same row for every request.
    SELECT a.amount, a.currency, u.max_amount, u.multiple_of INTO bad
      FROM added a LEFT JOIN currency u ON u.code = a.currency
     WHERE u.code IS NULL OR a.amount > u.max_amount OR a.amount % u.multiple_of <> 0
     LIMIT 1;
    IF FOUND THEN
        IF bad.max_amount IS NULL THEN
            rule := 'payment_request_currency_known';
            said := format('"%s" is not a currency that Stripe charges in', bad.currency);
        ELSIF bad.amount > bad.max_amount THEN
            rule := 'payment_request_amount_maximum';
            said := format('%s is more than the largest amount in %s, which is %s minor units', bad.amount,
                           bad.currency, bad.max_amount);
        ELSE
            rule := 'payment_request_amount_multiple';
            said := format('an amount in %s is a multiple of %s minor units, and %s is not', bad.currency,
                           bad.multiple_of, bad.amount);
        END IF;
        RAISE EXCEPTION '%', said USING ERRCODE = 'check_violation', CONSTRAINT = rule, TABLE = 'payment_request',
            SCHEMA = 'pay';
    END IF;
    IF EXISTS (SELECT FROM added) THEN
        PERFORM pg_notify('pay_payment_request', '');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.accept_payment_requests() IS
    'Trigger: refuses requests of companies that are not enabled, and currencies and amounts that Stripe would not take, and wakes the daemon for the others.';
CREATE TRIGGER payment_request_accept AFTER INSERT ON pay.payment_request
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_private.accept_payment_requests();

CREATE TRIGGER payment_request_fixed
    BEFORE UPDATE OF request_id, company, to_email, to_name, reply_to, amount, currency, description, message,
        due_on, send_after, multi_party, locale, request_key, collect_payment_file_id, metadata, requested_by,
        created_at ON pay.payment_request
    FOR EACH ROW WHEN (
        (OLD.request_id, OLD.company, OLD.to_email, OLD.to_name, OLD.reply_to, OLD.amount, OLD.currency,
         OLD.description, OLD.message, OLD.due_on, OLD.send_after, OLD.multi_party, OLD.locale, OLD.request_key,
         OLD.collect_payment_file_id, OLD.metadata, OLD.requested_by, OLD.created_at)
        IS DISTINCT FROM
        (NEW.request_id, NEW.company, NEW.to_email, NEW.to_name, NEW.reply_to, NEW.amount, NEW.currency,
         NEW.description, NEW.message, NEW.due_on, NEW.send_after, NEW.multi_party, NEW.locale, NEW.request_key,
         NEW.collect_payment_file_id, NEW.metadata, NEW.requested_by, NEW.created_at))
    EXECUTE FUNCTION pay_private.refuse_change('what a payment request asks for never changes; cancel it and insert another one');

CREATE FUNCTION pay_private.rest_payment_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    NEW.next_attempt_at := NULL;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.rest_payment_request() IS
    'Trigger: takes a request out of the queue when its mail or its state needs no further sending.';
CREATE TRIGGER payment_request_rest BEFORE UPDATE OF state, delivery ON pay.payment_request
    FOR EACH ROW WHEN (
        NEW.next_attempt_at IS NOT NULL
        AND (NEW.state <> 'open' OR NEW.delivery IN ('sent', 'failed', 'in_doubt', 'suppressed', 'cancelled')))
    EXECUTE FUNCTION pay_private.rest_payment_request();

CREATE TRIGGER payment_request_changed AFTER UPDATE OF state, delivery ON pay.payment_request
    FOR EACH ROW WHEN (
        NEW.state <> OLD.state
        OR (NEW.delivery <> OLD.delivery
            AND NEW.delivery IN ('sent', 'deferred', 'failed', 'in_doubt', 'suppressed', 'cancelled')))
    EXECUTE FUNCTION pay_private.wake('pay_request_changed');

CREATE TRIGGER payment_request_cancel AFTER UPDATE OF cancel_requested_at ON pay.payment_request
    FOR EACH ROW WHEN (NEW.cancel_requested_at IS NOT NULL AND OLD.cancel_requested_at IS NULL)
    EXECUTE FUNCTION pay_private.wake('pay_payment_request');
