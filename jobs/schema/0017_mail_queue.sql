-- breaking
-- SPDX-License-Identifier: MIT
-- The mail queue. A delivery is one mail to one recipient with a place of its own in the queue, and a payment request
-- says what is asked for and how the money stands: so copies, reminders, receipts and a second sending are deliveries
-- like the first.

DROP FUNCTION pay.request_status(uuid);
DROP VIEW pay.payment_requests;
DROP VIEW pay.deliveries;
DROP TRIGGER payment_request_start ON pay.payment_request;
DROP TRIGGER payment_request_rest ON pay.payment_request;
DROP FUNCTION pay_private.rest_payment_request();
DROP TRIGGER payment_request_changed ON pay.payment_request;

ALTER TABLE pay_private.delivery
    DROP CONSTRAINT delivery_message_id_unique,
    DROP CONSTRAINT delivery_one_per_recipient,
    DROP CONSTRAINT delivery_state,
    DROP CONSTRAINT delivery_kind,
    ALTER COLUMN message_id DROP NOT NULL,
    ALTER COLUMN message DROP NOT NULL,
    ALTER COLUMN message_sha256 DROP NOT NULL,
    ALTER COLUMN state SET DEFAULT 'queued',
    ADD COLUMN company text,
    ADD COLUMN number integer NOT NULL DEFAULT 1 CONSTRAINT delivery_number_positive CHECK (number > 0),
    ADD COLUMN charge_id text,
    ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN priority smallint NOT NULL DEFAULT 0,
    ADD COLUMN next_attempt_at timestamptz,
    ADD COLUMN put_off integer NOT NULL DEFAULT 0,
    ADD COLUMN frozen_at timestamptz,
    ADD COLUMN mail_account text,
    ADD COLUMN reason_code text,
    ADD COLUMN reason_text text,
    ADD COLUMN lease_token bigint,
    ADD COLUMN leased_until timestamptz,
    ADD COLUMN leased_by text;

UPDATE pay_private.delivery d
   SET company = r.company, priority = r.priority, next_attempt_at = r.next_attempt_at, put_off = r.attempts,
       frozen_at = d.created_at, reason_code = r.reason_code, reason_text = r.reason_text,
       lease_token = r.lease_token, leased_until = r.leased_until, leased_by = r.leased_by
  FROM pay.payment_request r WHERE r.request_id = d.request_id;
INSERT INTO pay_private.delivery
       (request_id, company, kind, recipient, priority, state, next_attempt_at, reason_code, reason_text, created_at)
SELECT r.request_id, r.company, 'request', r.to_email, r.priority,
       CASE WHEN r.delivery IN ('failed', 'suppressed', 'cancelled') THEN r.delivery ELSE 'queued' END,
       r.next_attempt_at, r.reason_code, r.reason_text, r.created_at
  FROM pay.payment_request r
 WHERE NOT EXISTS (SELECT FROM pay_private.delivery d WHERE d.request_id = r.request_id)
 ORDER BY r.seq;

ALTER TABLE pay_private.delivery
    ALTER COLUMN company SET NOT NULL,
    ALTER COLUMN next_attempt_at SET DEFAULT now(),
    ADD CONSTRAINT delivery_state CHECK (state IN (
        'queued', 'ready', 'sending', 'committing', 'sent', 'deferred', 'failed', 'in_doubt', 'suppressed',
        'cancelled')),
    ADD CONSTRAINT delivery_frozen CHECK (
        state IN ('queued', 'failed', 'suppressed', 'cancelled') OR (message IS NOT NULL AND message_id IS NOT NULL)),
    ADD CONSTRAINT delivery_kind CHECK (kind IN ('request', 'reminder', 'receipt', 'notice')),
    ADD CONSTRAINT delivery_of_payment CHECK ((kind IN ('receipt', 'notice')) = (charge_id IS NOT NULL)),
    ADD CONSTRAINT delivery_one_each UNIQUE (request_id, kind, recipient, number),
    ADD CONSTRAINT delivery_message_id_once UNIQUE (message_id, recipient);
CREATE UNIQUE INDEX delivery_one_per_payment ON pay_private.delivery (charge_id, kind, recipient) WHERE charge_id IS NOT NULL;
-- state is in no index and in no predicate, so that its steps are heap-only updates: next_attempt_at becomes NULL when
-- there is nothing more to do.
CREATE INDEX delivery_due ON pay_private.delivery (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX delivery_due_by_company ON pay_private.delivery (company, (-priority), next_attempt_at, seq)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX delivery_leased ON pay_private.delivery (lease_token) WHERE lease_token IS NOT NULL;

COMMENT ON TABLE pay_private.delivery IS
    'The mail queue: one mail to one recipient each, its bytes, frozen before the first attempt, and how far it has come.';
COMMENT ON COLUMN pay_private.delivery.company IS 'Whose mail it is; the queue is fair among companies.';
COMMENT ON COLUMN pay_private.delivery.kind IS
    'request, reminder, receipt (to the payer) or notice (to the company''s administrators).';
COMMENT ON COLUMN pay_private.delivery.number IS 'Counts the mails of a kind to a recipient: a second sending, each reminder.';
COMMENT ON COLUMN pay_private.delivery.charge_id IS 'The payment that a receipt or a notice is about.';
COMMENT ON COLUMN pay_private.delivery.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay_private.delivery.priority IS 'Higher goes first within the company.';
COMMENT ON COLUMN pay_private.delivery.next_attempt_at IS 'When the daemon takes it up next; NULL = there is nothing more to do.';
COMMENT ON COLUMN pay_private.delivery.put_off IS 'How often the mail server put it off.';
COMMENT ON COLUMN pay_private.delivery.created_at IS 'When it was queued.';
COMMENT ON COLUMN pay_private.delivery.frozen_at IS 'When its bytes were fixed.';
COMMENT ON COLUMN pay_private.delivery.mail_account IS 'The mail account whose sender stands in it and by which it goes; NULL = the default one.';
COMMENT ON COLUMN pay_private.delivery.state IS
    'queued, ready, sending, committing, sent, deferred, failed, in_doubt, suppressed or cancelled.';
COMMENT ON COLUMN pay_private.delivery.reason_code IS 'Why state is what it is, for programs.';
COMMENT ON COLUMN pay_private.delivery.reason_text IS 'Why state is what it is, for people.';
COMMENT ON COLUMN pay_private.delivery.lease_token IS 'Fencing token of the daemon that works on it.';
COMMENT ON COLUMN pay_private.delivery.leased_until IS 'When another daemon may take it over.';
COMMENT ON COLUMN pay_private.delivery.leased_by IS 'Which daemon works on it.';

CREATE FUNCTION pay_private.rest_delivery() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    NEW.next_attempt_at := NULL;
    NEW.lease_token := NULL;
    NEW.leased_until := NULL;
    NEW.leased_by := NULL;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.rest_delivery() IS 'Trigger: takes a mail out of the queue when nothing more is to be done.';
CREATE TRIGGER delivery_rest BEFORE INSERT OR UPDATE ON pay_private.delivery
    FOR EACH ROW WHEN (
        NEW.state IN ('sent', 'failed', 'in_doubt', 'suppressed', 'cancelled')
        AND (NEW.next_attempt_at IS NOT NULL OR NEW.lease_token IS NOT NULL))
    EXECUTE FUNCTION pay_private.rest_delivery();
CREATE TRIGGER delivery_changed AFTER UPDATE OF state ON pay_private.delivery
    FOR EACH ROW WHEN (
        NEW.state <> OLD.state
        AND NEW.state IN ('sent', 'deferred', 'failed', 'in_doubt', 'suppressed', 'cancelled'))
    EXECUTE FUNCTION pay_private.wake('pay_request_changed');

-- What is asked for.
ALTER TABLE pay.company
    ADD COLUMN admin_emails pay.email[] NOT NULL DEFAULT '{}'
        CONSTRAINT company_admin_emails_count
        CHECK (cardinality(admin_emails) <= 20 AND array_position(admin_emails, NULL) IS NULL),
    ADD COLUMN mail_account text CONSTRAINT company_mail_account_name CHECK (mail_account ~ '^[a-z0-9_-]{1,40}$');
CREATE INDEX company_by_mail_account ON pay.company (mail_account);
COMMENT ON COLUMN pay.company.mail_account IS
    'By which mail account of the daemon''s configuration the company''s mails go; NULL = the default one.';
COMMENT ON CONSTRAINT company_mail_account_name ON pay.company IS
    'the name of a mail account has at most 40 lower-case letters, digits, - and _';
COMMENT ON COLUMN pay.company.admin_emails IS 'Who is told about payments; empty = the company''s address.';
COMMENT ON CONSTRAINT company_admin_emails_count ON pay.company IS 'a company has at most 20 addresses of administrators, none of them NULL';

ALTER TABLE pay.payment_request
    DROP COLUMN delivery, DROP COLUMN attempts, DROP COLUMN next_attempt_at, DROP COLUMN sent_at,
    DROP COLUMN lease_token, DROP COLUMN leased_until, DROP COLUMN leased_by,
    ADD COLUMN cc pay.email[] NOT NULL DEFAULT '{}'
        CONSTRAINT payment_request_cc_count CHECK (cardinality(cc) <= 10 AND array_position(cc, NULL) IS NULL),
    ADD COLUMN reminders smallint[] NOT NULL DEFAULT '{}'
        CONSTRAINT payment_request_reminders_range CHECK (
            cardinality(reminders) <= 10 AND array_position(reminders, NULL) IS NULL
            AND -365 <= ALL (reminders) AND 365 >= ALL (reminders)),
    ADD COLUMN receipt_to_payer boolean NOT NULL DEFAULT true,
    ADD COLUMN receipt_to_company boolean NOT NULL DEFAULT true,
    ADD COLUMN link_wanted_at timestamptz,
    ADD CONSTRAINT payment_request_reminders_need_due_on CHECK (reminders = '{}' OR due_on IS NOT NULL);
CREATE INDEX payment_request_link_wanted ON pay.payment_request (link_wanted_at) WHERE link_wanted_at IS NOT NULL;
COMMENT ON COLUMN pay.payment_request.cc IS 'Who gets a copy of the mail; at most 10 addresses.';
COMMENT ON COLUMN pay.payment_request.reminders IS
    'Days before (negative) and after due_on on which the payer is reminded while nothing is paid; at most 10.';
COMMENT ON COLUMN pay.payment_request.receipt_to_payer IS 'Whether the payer gets a receipt.';
COMMENT ON COLUMN pay.payment_request.receipt_to_company IS 'Whether the company''s administrators are told about the payment.';
COMMENT ON COLUMN pay.payment_request.link_wanted_at IS 'When the daemon makes a new link without a mail; NULL = nothing to do.';
COMMENT ON COLUMN pay.payment_request.reason_code IS 'Why state is what it is, for programs.';
COMMENT ON COLUMN pay.payment_request.reason_text IS 'Why state is what it is, for people.';
COMMENT ON CONSTRAINT payment_request_cc_count ON pay.payment_request IS 'a mail has at most 10 copies, none of them to NULL';
COMMENT ON CONSTRAINT payment_request_reminders_range ON pay.payment_request IS
    'there are at most 10 reminders, each at most 365 days before or after due_on';
COMMENT ON CONSTRAINT payment_request_reminders_need_due_on ON pay.payment_request IS 'reminders need due_on';

CREATE OR REPLACE FUNCTION pay_private.start_payment_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    NEW.requested_by := session_user;
    NEW.created_at := now();
    NEW.state := 'open';
    NEW.reason_code := NULL;
    NEW.reason_text := NULL;
    NEW.account_id := NULL;
    NEW.livemode := NULL;
    NEW.paid_at := NULL;
    NEW.amount_paid := 0;
    NEW.cancel_requested_at := NULL;
    NEW.link_wanted_at := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_request_start BEFORE INSERT ON pay.payment_request
    FOR EACH ROW WHEN (
        NEW.requested_by IS DISTINCT FROM session_user OR NEW.created_at IS DISTINCT FROM now()
        OR NEW.state IS DISTINCT FROM 'open' OR NEW.reason_code IS NOT NULL OR NEW.reason_text IS NOT NULL
        OR NEW.account_id IS NOT NULL OR NEW.livemode IS NOT NULL OR NEW.paid_at IS NOT NULL
        OR NEW.amount_paid IS DISTINCT FROM 0 OR NEW.cancel_requested_at IS NOT NULL
        OR NEW.link_wanted_at IS NOT NULL)
    EXECUTE FUNCTION pay_private.start_payment_request();

-- Runs with the rights of its owner: an application may insert requests, and the queue is the daemon's.
CREATE FUNCTION pay_private.queue_payment_requests() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    INSERT INTO delivery (request_id, company, kind, recipient, priority, next_attempt_at)
    SELECT a.request_id, a.company, 'request', a.to_email, a.priority, a.send_after FROM added a ORDER BY a.seq;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.queue_payment_requests() IS 'Trigger: queues the mails of new payment requests.';
CREATE TRIGGER payment_request_queue AFTER INSERT ON pay.payment_request
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_private.queue_payment_requests();

DROP TRIGGER payment_request_fixed ON pay.payment_request;
CREATE TRIGGER payment_request_fixed
    BEFORE UPDATE OF request_id, company, to_email, to_name, cc, reply_to, amount, currency, description, message,
        due_on, send_after, priority, multi_party, locale, request_key, collect_payment_file_id, metadata, reminders,
        receipt_to_payer, receipt_to_company, requested_by, created_at ON pay.payment_request
    FOR EACH ROW WHEN (
        (OLD.request_id, OLD.company, OLD.to_email, OLD.to_name, OLD.cc, OLD.reply_to, OLD.amount, OLD.currency,
         OLD.description, OLD.message, OLD.due_on, OLD.send_after, OLD.priority, OLD.multi_party, OLD.locale,
         OLD.request_key, OLD.collect_payment_file_id, OLD.metadata, OLD.reminders, OLD.receipt_to_payer,
         OLD.receipt_to_company, OLD.requested_by, OLD.created_at)
        IS DISTINCT FROM
        (NEW.request_id, NEW.company, NEW.to_email, NEW.to_name, NEW.cc, NEW.reply_to, NEW.amount, NEW.currency,
         NEW.description, NEW.message, NEW.due_on, NEW.send_after, NEW.priority, NEW.multi_party, NEW.locale,
         NEW.request_key, NEW.collect_payment_file_id, NEW.metadata, NEW.reminders, NEW.receipt_to_payer,
         NEW.receipt_to_company, NEW.requested_by, NEW.created_at))
    EXECUTE FUNCTION pay_private.refuse_change('what a payment request asks for never changes; cancel it and insert another one');
CREATE TRIGGER payment_request_changed AFTER UPDATE OF state ON pay.payment_request
    FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION pay_private.wake('pay_request_changed');

-- One place for what follows from the end of a request, whoever ends it. A mail whose last dot is promised may be out
-- already: what became of it stays for the record. Somebody who paid by a mail in doubt has it.
CREATE FUNCTION pay_private.close_payment_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    has_paid constant boolean := NEW.state IN ('paid', 'overpaid', 'partially_paid');
BEGIN
    UPDATE delivery d
       SET state = CASE WHEN d.state = 'in_doubt' THEN 'sent' ELSE 'cancelled' END,
           accepted_at = CASE WHEN d.state = 'in_doubt' THEN coalesce(d.accepted_at, now()) ELSE d.accepted_at END,
           reason_code = NULL, reason_text = NULL
     WHERE d.request_id = NEW.request_id AND d.kind IN ('request', 'reminder')
       AND (d.state IN ('queued', 'ready', 'sending', 'deferred') OR (d.state = 'in_doubt' AND has_paid));
    IF NOT (NEW.multi_party AND has_paid) THEN
        UPDATE payment_link l
           SET wanted_active = false, deactivation_reason = CASE WHEN has_paid THEN 'paid' ELSE NEW.state END
         WHERE l.request_id = NEW.request_id AND l.wanted_active;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.close_payment_request() IS
    'Trigger: a request that is not open any more sends no mail and wants no link; one for several parties keeps its link when it is paid.';
CREATE TRIGGER payment_request_close AFTER UPDATE OF state ON pay.payment_request
    FOR EACH ROW WHEN (NEW.state <> OLD.state AND NEW.state IN (
        'paid', 'overpaid', 'partially_paid', 'cancelled', 'expired', 'failed'))
    EXECUTE FUNCTION pay_private.close_payment_request();

CREATE FUNCTION pay_private.queue_reminders() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    -- At the hour at which the first mail went out, which suited its sender; what would be today or earlier is too late.
    INSERT INTO delivery (request_id, company, kind, recipient, number, priority, next_attempt_at)
    SELECT r.request_id, r.company, 'reminder', r.to_email, row_number() OVER (ORDER BY d.day), r.priority,
           (d.day + (NEW.accepted_at AT TIME ZONE 'UTC')::time) AT TIME ZONE 'UTC'
      FROM payment_request r
      CROSS JOIN LATERAL (SELECT DISTINCT r.due_on + offset_days AS day FROM unnest(r.reminders) AS offset_days) d
     WHERE r.request_id = NEW.request_id AND r.state = 'open' AND d.day > (NEW.accepted_at AT TIME ZONE 'UTC')::date
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.queue_reminders() IS 'Trigger: queues the reminders of a request whose first mail was sent.';
CREATE TRIGGER delivery_sent AFTER UPDATE OF state ON pay_private.delivery
    FOR EACH ROW WHEN (NEW.state = 'sent' AND OLD.state <> 'sent' AND NEW.kind = 'request' AND NEW.number = 1)
    EXECUTE FUNCTION pay_private.queue_reminders();

-- Whoever has 100,000 mails to send must not delay the one mail of another company: when more is due than is asked for,
-- companies take turns. Companies and priorities are found by skipping through an index, so the cost does not grow with
-- the rows behind them.
CREATE FUNCTION pay_private.due_deliveries(
    wanted integer, after text, held text[], OUT ids uuid[], OUT last_company text, OUT more boolean)
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    groups_at_once CONSTANT integer := 128;
    seen integer;
BEGIN
    more := false;
    last_company := after;
    -- With held accounts the rows are not looked at one by one: there may be very many that have to wait.
    IF held = '{}' THEN
        ids := ARRAY(SELECT d.delivery_id FROM delivery d
                      WHERE d.next_attempt_at <= now() AND (d.leased_until IS NULL OR d.leased_until < now())
                        AND d.state <> 'committing'
                      LIMIT wanted + 1);
        IF cardinality(ids) <= wanted THEN
            RETURN;
        END IF;
    END IF;
    WITH RECURSIVE
    ahead AS (
        (SELECT d.company, -d.priority AS rank FROM delivery d
          WHERE d.next_attempt_at IS NOT NULL AND d.company > after ORDER BY d.company, -d.priority LIMIT 1)
        UNION ALL
        SELECT n.* FROM ahead a CROSS JOIN LATERAL (
            SELECT d.company, -d.priority FROM delivery d
             WHERE d.next_attempt_at IS NOT NULL AND (d.company, -d.priority) > (a.company, a.rank)
             ORDER BY d.company, -d.priority LIMIT 1) n),
    around AS (
        (SELECT d.company, -d.priority AS rank FROM delivery d
          WHERE d.next_attempt_at IS NOT NULL AND d.company <= after ORDER BY d.company, -d.priority LIMIT 1)
        UNION ALL
        SELECT n.* FROM around a CROSS JOIN LATERAL (
            SELECT d.company, -d.priority FROM delivery d
             WHERE d.next_attempt_at IS NOT NULL AND d.company <= after
               AND (d.company, -d.priority) > (a.company, a.rank)
             ORDER BY d.company, -d.priority LIMIT 1) n),
    page AS MATERIALIZED (
        SELECT 0 AS lap, a.* FROM (SELECT * FROM ahead LIMIT groups_at_once) a
        UNION ALL
        SELECT 1, a.* FROM (SELECT * FROM around LIMIT groups_at_once) a
        LIMIT groups_at_once),
    share AS (SELECT ceil(wanted::numeric / greatest(1, count(DISTINCT p.company)))::bigint AS rows FROM page p),
    candidates AS (
        SELECT p.lap, p.company, c.delivery_id,
               row_number() OVER (PARTITION BY p.company ORDER BY p.rank, c.next_attempt_at, c.seq) AS turn
          FROM page p JOIN company co ON co.company = p.company AND NOT coalesce(co.mail_account, '') = ANY (held)
         CROSS JOIN LATERAL (
              SELECT d.delivery_id, d.next_attempt_at, d.seq FROM delivery d
               WHERE d.next_attempt_at IS NOT NULL AND d.company = p.company AND -d.priority = p.rank
                 AND d.next_attempt_at <= now() AND (d.leased_until IS NULL OR d.leased_until < now())
                 AND d.state <> 'committing'
               ORDER BY d.next_attempt_at, d.seq LIMIT (SELECT rows FROM share)) c),
    chosen AS (
        SELECT c.* FROM candidates c WHERE c.turn <= (SELECT rows FROM share)
         ORDER BY c.turn, c.lap, c.company LIMIT wanted)
    SELECT array_agg(c.delivery_id ORDER BY c.turn, c.lap, c.company),
           coalesce((array_agg(c.company ORDER BY c.turn DESC, c.lap DESC, c.company DESC))[1],
                    (SELECT p.company FROM page p ORDER BY p.lap DESC, p.company DESC LIMIT 1)),
           (SELECT count(*) FROM page)
      INTO ids, last_company, seen FROM chosen c;
    more := ids IS NULL AND seen = groups_at_once;
    ids := coalesce(ids, '{}');
END $$;
COMMENT ON FUNCTION pay_private.due_deliveries(integer, text, text[]) IS
    'Up to wanted mails that are due, but none of companies whose mail account is held (empty text: the default one): all of them, or when there are more the companies take turns, beginning after the company after; more = none found yet, go on after last_company.';

CREATE FUNCTION pay_private.fail_request_of(delivery_id uuid, reason_code text, reason_text text) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    UPDATE payment_request r
       SET state = 'failed', reason_code = fail_request_of.reason_code, reason_text = fail_request_of.reason_text
      FROM delivery d
     WHERE d.delivery_id = fail_request_of.delivery_id AND r.request_id = d.request_id AND r.state = 'open'
       AND d.kind = 'request' AND d.recipient = r.to_email
       AND NOT EXISTS (SELECT FROM delivery n WHERE n.request_id = d.request_id AND n.kind = d.kind
                          AND n.recipient = d.recipient AND n.number > d.number);
$$;
COMMENT ON FUNCTION pay_private.fail_request_of(uuid, text, text) IS
    'The mail failed: an open request ends with it when it is its newest own mail to the payer.';

CREATE FUNCTION pay_private.wake_held_mails() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    UPDATE delivery d SET next_attempt_at = now()
     WHERE d.company = NEW.company AND d.next_attempt_at > now()
       AND d.reason_code IN ('company_not_ready', 'company_disconnected');
    PERFORM pg_notify('pay_payment_request', '');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.wake_held_mails() IS 'Trigger: mails that waited for the company''s integration are due when it is completed.';
CREATE TRIGGER integration_completed AFTER UPDATE OF stage ON pay_private.integration
    FOR EACH ROW WHEN (NEW.stage = 'completed' AND OLD.stage <> 'completed')
    EXECUTE FUNCTION pay_private.wake_held_mails();

CREATE FUNCTION pay_private.as_email(address text) RETURNS pay.email
LANGUAGE plpgsql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    checked email;
BEGIN
    checked := address;
    RETURN checked;
EXCEPTION WHEN check_violation THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.as_email(text) IS 'An address that came from Stripe, or NULL if no mail can go to it.';
