-- SPDX-License-Identifier: MIT
-- Payment requests: how they are queued and closed, and what applications see of them.

CREATE OR REPLACE FUNCTION pay_private.start_payment_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    NEW.requested_by := session_user;
    NEW.created_at := now();
    NEW.state := 'open';
    NEW.reason_code := NULL;
    NEW.reason_text := NULL;
    NEW.account_id := NULL;
    NEW.livemode := NULL;
    NEW.closed_as := NULL;
    NEW.closed_at := NULL;
    NEW.closed_code := NULL;
    NEW.closed_text := NULL;
    NEW.paid_at := NULL;
    NEW.amount_paid := 0;
    NEW.amount_refunded := 0;
    NEW.amount_disputed := 0;
    NEW.amount_processing := 0;
    NEW.amount_authorized := 0;
    NEW.payments := 0;
    NEW.payments_under_way := 0;
    NEW.link_problem := NULL;
    NEW.cancel_requested_at := NULL;
    NEW.link_wanted_at := NULL;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.start_payment_request() IS 'Trigger: sets a new request''s work columns to their start.';

CREATE OR REPLACE FUNCTION pay_private.refuse_request(rule text, said text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', said USING ERRCODE = 'check_violation', CONSTRAINT = rule, TABLE = 'payment_request', SCHEMA = 'pay';
END $$;
COMMENT ON FUNCTION pay_private.refuse_request(text, text) IS 'Raises check_violation for a new request, as a constraint of the table would.';

CREATE OR REPLACE FUNCTION pay_private.accept_payment_requests() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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
    SELECT a.amount, a.currency, u.max_amount, u.min_amount, u.multiple_of INTO bad
      FROM added a LEFT JOIN currency u ON u.code = a.currency
     WHERE u.code IS NULL OR a.amount > u.max_amount OR a.amount < u.min_amount OR a.amount % u.multiple_of <> 0
     LIMIT 1;
    IF FOUND THEN
        IF bad.max_amount IS NULL THEN
            rule := 'payment_request_currency_known';
            said := format('"%s" is not a currency that Stripe charges in', bad.currency);
        ELSIF bad.amount > bad.max_amount THEN
            rule := 'payment_request_amount_maximum';
            said := format('%s is more than the largest amount in %s, which is %s minor units', bad.amount,
                           bad.currency, bad.max_amount);
        ELSIF bad.amount < bad.min_amount THEN
            rule := 'payment_request_amount_minimum';
            said := format('%s is less than the smallest amount in %s, which is %s minor units', bad.amount,
                           bad.currency, bad.min_amount);
        ELSE
            rule := 'payment_request_amount_multiple';
            said := format('an amount in %s is a multiple of %s minor units, and %s is not', bad.currency,
                           bad.multiple_of, bad.amount);
        END IF;
        PERFORM refuse_request(rule, said);
    END IF;
    -- Of each company and currency once, because a statement may bring very many rows.
    SELECT a.currency, m.method, m.currencies INTO bad
      FROM (SELECT DISTINCT company, currency FROM added) a
      JOIN setting s ON s.company = a.company AND s.name = 'payment_methods' AND jsonb_typeof(s.desired) = 'array'
     CROSS JOIN LATERAL jsonb_array_elements_text(s.desired) AS chosen (method)
      JOIN payment_method m ON m.method = chosen.method AND a.currency <> ALL (m.currencies)
     LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_request('payment_request_method_takes_currency', format(
            'the company''s payment_methods include %s, which takes only %s and not %s; ask in another currency, or change the setting',
            bad.method, array_to_string(bad.currencies, ', '), bad.currency));
    END IF;
    SELECT whole.size, d.max_message_size INTO bad
      FROM added a
      JOIN (SELECT c.company, company_overhead(c.company) AS fixed FROM (SELECT DISTINCT company FROM added) c) o USING (company)
     CROSS JOIN deployment d
      LEFT JOIN collect_payment_file f ON f.company = a.company AND f.file_id = a.collect_payment_file_id
      -- The words of the message stand in the text (three bytes for one at most) and twice in the HTML (six for one).
     CROSS JOIN LATERAL (SELECT message_overhead() + o.fixed + coalesce(attached_size(f.size), 0)
                                + 15 * octet_length(coalesce(a.message, '')) AS size) whole
     WHERE whole.size > d.max_message_size
     LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_request('payment_request_fits_message', format(
            'the message would have about %s bytes with its file, and mail servers take %s; send a smaller file, or a link to it',
            bad.size, bad.max_message_size));
    END IF;
    IF EXISTS (SELECT FROM added) THEN
        PERFORM pg_notify('pay_payment_request', '');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.accept_payment_requests() IS
    'Trigger: refuses requests of companies that are not enabled, currencies, amounts and payment methods that Stripe would not take, and messages that are too large, and wakes the daemon for the others.';

-- Runs with the rights of its owner: an application may insert requests, and the queue is the daemon's.
CREATE OR REPLACE FUNCTION pay_private.queue_payment_requests() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    INSERT INTO delivery (request_id, company, kind, recipient, priority, next_attempt_at)
    SELECT a.request_id, a.company, 'request', a.to_email, a.priority, a.send_after FROM added a ORDER BY a.seq;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.queue_payment_requests() IS 'Trigger: queues the mails of new payment requests.';

CREATE OR REPLACE TRIGGER payment_request_accept AFTER INSERT ON pay.payment_request
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_private.accept_payment_requests();

CREATE OR REPLACE TRIGGER payment_request_cancel AFTER UPDATE OF cancel_requested_at ON pay.payment_request
    FOR EACH ROW WHEN (NEW.cancel_requested_at IS NOT NULL AND OLD.cancel_requested_at IS NULL)
    EXECUTE FUNCTION pay_private.wake('pay_payment_request');

CREATE OR REPLACE TRIGGER payment_request_start BEFORE INSERT ON pay.payment_request
    FOR EACH ROW WHEN (
        NEW.requested_by IS DISTINCT FROM session_user OR NEW.created_at IS DISTINCT FROM now()
        OR NEW.state IS DISTINCT FROM 'open' OR NEW.reason_code IS NOT NULL OR NEW.reason_text IS NOT NULL
        OR NEW.account_id IS NOT NULL OR NEW.livemode IS NOT NULL OR NEW.paid_at IS NOT NULL
        OR NEW.cancel_requested_at IS NOT NULL OR NEW.link_wanted_at IS NOT NULL OR NEW.link_problem IS NOT NULL
        OR NEW.closed_as IS NOT NULL OR NEW.closed_at IS NOT NULL OR NEW.closed_code IS NOT NULL OR NEW.closed_text IS NOT NULL
        OR (NEW.amount_paid, NEW.amount_refunded, NEW.amount_disputed, NEW.amount_processing, NEW.amount_authorized, NEW.payments,
            NEW.payments_under_way)
           IS DISTINCT FROM (0, 0, 0, 0, 0, 0, 0))
    EXECUTE FUNCTION pay_private.start_payment_request();

CREATE OR REPLACE TRIGGER payment_request_queue AFTER INSERT ON pay.payment_request
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pay_private.queue_payment_requests();

CREATE OR REPLACE TRIGGER payment_request_changed AFTER UPDATE OF state ON pay.payment_request
    FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION pay_private.wake('pay_request_changed');

-- Not when the job itself puts the next attempt later.
CREATE OR REPLACE TRIGGER payment_request_link_wanted AFTER UPDATE OF link_wanted_at ON pay.payment_request
    FOR EACH ROW WHEN (NEW.link_wanted_at < coalesce(OLD.link_wanted_at, 'infinity'))
    EXECUTE FUNCTION pay_private.wake('pay_link_due');
COMMENT ON TRIGGER payment_request_link_wanted ON pay.payment_request IS 'A link has to be made without a mail.';

CREATE OR REPLACE TRIGGER payment_request_fixed
    BEFORE UPDATE OF request_id, company, to_email, to_name, cc, reply_to, amount, currency, description, message,
        due_on, send_after, priority, multi_party, locale, request_key, collect_payment_file_id, metadata, reminders,
        receipt_to_payer, receipt_to_company, max_payments, requested_by, created_at ON pay.payment_request
    FOR EACH ROW WHEN (
        (OLD.request_id, OLD.company, OLD.amount, OLD.currency, OLD.due_on, OLD.send_after, OLD.priority, OLD.multi_party,
         OLD.locale, OLD.collect_payment_file_id, OLD.reminders, OLD.receipt_to_payer, OLD.receipt_to_company,
         OLD.max_payments, OLD.requested_by, OLD.created_at)
        IS DISTINCT FROM
        (NEW.request_id, NEW.company, NEW.amount, NEW.currency, NEW.due_on, NEW.send_after, NEW.priority, NEW.multi_party,
         NEW.locale, NEW.collect_payment_file_id, NEW.reminders, NEW.receipt_to_payer, NEW.receipt_to_company,
         NEW.max_payments, NEW.requested_by, NEW.created_at)
        OR ((OLD.to_email, OLD.to_name, OLD.cc, OLD.reply_to, OLD.description, OLD.message, OLD.request_key, OLD.metadata)
            IS DISTINCT FROM
            (NEW.to_email, NEW.to_name, NEW.cc, NEW.reply_to, NEW.description, NEW.message, NEW.request_key, NEW.metadata)
            AND NOT (current_user = 'pay_owner'
                     AND (NEW.to_email = OLD.to_email OR NEW.to_email LIKE 'erased-%@invalid')
                     AND (NEW.to_name = OLD.to_name) IS NOT FALSE
                     AND (NEW.reply_to = OLD.reply_to OR NEW.reply_to LIKE 'erased-%@invalid') IS NOT FALSE
                     AND (NEW.message = OLD.message OR NEW.message LIKE '%erased-%@invalid%') IS NOT FALSE
                     AND OLD.cc @> NEW.cc)))
    EXECUTE FUNCTION pay_private.refuse_change('what a payment request asks for never changes; cancel it and insert another one');

CREATE OR REPLACE VIEW pay.payment_requests AS
SELECT r.request_id, r.seq, r.company, r.to_email, r.to_name, r.reply_to, r.amount, r.currency,
       r.amount * u.unit AS amount_decimal, r.description, r.message, r.due_on, r.expires_at, r.send_after,
       r.priority, r.multi_party, r.locale, r.request_key, r.collect_payment_file_id, r.metadata, r.requested_by,
       r.created_at, r.state, d.state AS delivery, coalesce(r.reason_code, d.reason_code) AS reason_code,
       coalesce(r.reason_text, d.reason_text) AS reason_text, d.put_off AS attempts, d.next_attempt_at,
       r.account_id, r.livemode, r.amount_paid, r.paid_at, d.accepted_at AS sent_at, r.cancel_requested_at,
       l.link_id, l.url AS link_url, l.active AS link_active, r.cc, r.reminders, r.receipt_to_payer,
       r.receipt_to_company, r.amount_refunded, r.amount_disputed, r.amount_paid - r.amount_refunded - r.amount_disputed AS amount_net,
       r.amount_processing, r.amount_authorized, r.payments, r.max_payments, p.link_problem, r.closed_as, r.closed_at,
       r.link_wanted_at,
       EXISTS (SELECT FROM pay_private.message m JOIN pay_private.delivery x ON x.message_key = m.message_key
                WHERE x.request_id = r.request_id AND x.state = 'sent' AND m.link_id = l.link_id) AS link_mailed
  FROM pay.payment_request r
  LEFT JOIN pay_private.currency u ON u.code = r.currency
  LEFT JOIN LATERAL (SELECT * FROM pay_private.payment_link x WHERE x.request_id = r.request_id
                      ORDER BY x.wanted_active DESC, x.created_at DESC LIMIT 1) l ON true
  LEFT JOIN pay_private.integration i ON i.company = r.company AND i.current
 CROSS JOIN LATERAL (
       -- The first link of a request is made with its first mail.
       SELECT CASE WHEN pay_private.link_demand(r) AND NOT coalesce(l.active AND l.wanted_active AND l.account_id = i.account_id, false)
                   THEN coalesce(r.link_problem,
                                 CASE WHEN i.stage IS NULL THEN 'The company has no Stripe account.'
                                      WHEN i.stage = 'disconnected' THEN 'The company is disconnected from Stripe.'
                                      WHEN i.stage <> 'completed' THEN 'The company''s Stripe integration is ' || i.stage || '.'
                                      WHEN r.account_id IS NOT NULL OR r.link_wanted_at IS NOT NULL THEN 'The link is being made.' END)
                   WHEN pay_private.link_demand(r) AND i.stage <> 'completed' AND NOT i.charges_enabled
                   THEN 'Stripe lets the company take no payments: its integration is ' || i.stage || '.' END AS link_problem) p
  LEFT JOIN LATERAL (SELECT * FROM pay_private.delivery x
                      WHERE x.request_id = r.request_id AND x.kind = 'request' AND x.recipient = r.to_email
                      ORDER BY x.number DESC LIMIT 1) d ON true;
COMMENT ON VIEW pay.payment_requests IS 'Payment requests, how far their newest mail has come, and their newest link.';
COMMENT ON COLUMN pay.payment_requests.request_id IS 'Id of the request.';
COMMENT ON COLUMN pay.payment_requests.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay.payment_requests.company IS 'The company that requests the money.';
COMMENT ON COLUMN pay.payment_requests.to_email IS 'The payer''s address.';
COMMENT ON COLUMN pay.payment_requests.to_name IS 'The payer''s name.';
COMMENT ON COLUMN pay.payment_requests.reply_to IS 'Where the payer''s answer goes.';
COMMENT ON COLUMN pay.payment_requests.amount IS 'Amount to pay, in minor units.';
COMMENT ON COLUMN pay.payment_requests.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.payment_requests.amount_decimal IS 'The amount as people write it, exact, by Stripe''s decimals.';
COMMENT ON COLUMN pay.payment_requests.description IS 'Purpose of the payment.';
COMMENT ON COLUMN pay.payment_requests.message IS 'Words to the payer.';
COMMENT ON COLUMN pay.payment_requests.due_on IS 'Day by which it should be paid.';
COMMENT ON COLUMN pay.payment_requests.expires_at IS 'When the link stops working.';
COMMENT ON COLUMN pay.payment_requests.send_after IS 'No mail before this time.';
COMMENT ON COLUMN pay.payment_requests.priority IS 'Higher goes first.';
COMMENT ON COLUMN pay.payment_requests.multi_party IS 'Whether several people pay by the same link.';
COMMENT ON COLUMN pay.payment_requests.locale IS 'Language of the mail.';
COMMENT ON COLUMN pay.payment_requests.request_key IS 'The application''s own name for the request.';
COMMENT ON COLUMN pay.payment_requests.collect_payment_file_id IS 'File that goes with the mail.';
COMMENT ON COLUMN pay.payment_requests.metadata IS 'The application''s own data.';
COMMENT ON COLUMN pay.payment_requests.requested_by IS 'Database user that inserted it.';
COMMENT ON COLUMN pay.payment_requests.created_at IS 'When it was inserted.';
COMMENT ON COLUMN pay.payment_requests.state IS
    'What the payments say: open, processing (a bank debit is on its way), authorized (not captured yet), paid, overpaid, partially_paid, partially_refunded, refunded, disputed; without a payment cancelled, expired or failed (the mail).';
COMMENT ON COLUMN pay.payment_requests.reason_code IS 'Why, for programs.';
COMMENT ON COLUMN pay.payment_requests.reason_text IS 'Why, for people.';
COMMENT ON COLUMN pay.payment_requests.attempts IS 'How often the mail server put the mail off.';
COMMENT ON COLUMN pay.payment_requests.next_attempt_at IS 'When the daemon takes it up next; NULL = nothing more to send.';
COMMENT ON COLUMN pay.payment_requests.account_id IS 'Stripe account that the link belongs to.';
COMMENT ON COLUMN pay.payment_requests.livemode IS 'Whether the link belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay.payment_requests.amount_paid IS 'Amount captured so far, in minor units, before refunds and disputes.';
COMMENT ON COLUMN pay.payment_requests.amount_refunded IS 'Amount of that which was given back, in minor units.';
COMMENT ON COLUMN pay.payment_requests.amount_disputed IS 'Amount of open and lost disputes, in minor units.';
COMMENT ON COLUMN pay.payment_requests.amount_net IS 'amount_paid without amount_refunded and amount_disputed.';
COMMENT ON COLUMN pay.payment_requests.amount_processing IS 'Amount on its way by bank debits that are pending, in minor units.';
COMMENT ON COLUMN pay.payment_requests.amount_authorized IS 'Amount authorised and not captured, in minor units.';
COMMENT ON COLUMN pay.payment_requests.payments IS 'How many payments were captured and not given back in full.';
COMMENT ON COLUMN pay.payment_requests.max_payments IS 'Largest number of payments of a multi-party request; NULL = no limit.';
COMMENT ON COLUMN pay.payment_requests.link_problem IS
    'Why the request has no link that can be paid though it should: the company''s stage, Stripe''s words, a payment under way; NULL = it has one, needs none, or gets its first with its mail.';
COMMENT ON COLUMN pay.payment_requests.closed_as IS
    'cancelled, expired or failed when it was ended apart from payments; NULL = it was not. state can be another one, because money counts more.';
COMMENT ON COLUMN pay.payment_requests.closed_at IS 'When it was ended so.';
COMMENT ON COLUMN pay.payment_requests.link_wanted_at IS 'When the daemon next tries to make the link that the request lacks; NULL = it lacks none, or gets its first with its mail.';
COMMENT ON COLUMN pay.payment_requests.link_mailed IS 'Whether a mail with link_id was accepted. false for a link that was made since (another account, a part payment, a failed debit, replace_payment_link): pay.remind_payment_request sends it.';
COMMENT ON COLUMN pay.payment_requests.paid_at IS 'When it was paid in full.';
COMMENT ON COLUMN pay.payment_requests.sent_at IS 'When the mail server took the mail.';
COMMENT ON COLUMN pay.payment_requests.cancel_requested_at IS 'When somebody cancelled it.';
COMMENT ON COLUMN pay.payment_requests.link_id IS 'Stripe''s id of the newest payment link.';
COMMENT ON COLUMN pay.payment_requests.link_url IS 'Where the payer pays.';
COMMENT ON COLUMN pay.payment_requests.link_active IS 'Whether that link works, as Stripe last said.';
COMMENT ON COLUMN pay.payment_requests.cc IS 'Addresses that get a copy of the mail.';
COMMENT ON COLUMN pay.payment_requests.reminders IS 'Days before (negative) and after due_on on which the payer is reminded.';
COMMENT ON COLUMN pay.payment_requests.receipt_to_payer IS 'Whether the payer gets a receipt.';
COMMENT ON COLUMN pay.payment_requests.receipt_to_company IS 'Whether the company''s administrators are told about the payment.';
COMMENT ON COLUMN pay.payment_requests.delivery IS
    'The mail: queued, ready, sending, committing, sent, deferred, failed, in_doubt, suppressed, cancelled or bounced.';

CREATE OR REPLACE FUNCTION pay.request_payment(
    company text, to_email text, amount bigint, currency text, description text,
    request_key text DEFAULT NULL, to_name text DEFAULT NULL, message text DEFAULT NULL, due_on date DEFAULT NULL,
    expires_at timestamptz DEFAULT NULL, send_after timestamptz DEFAULT NULL, priority integer DEFAULT 0,
    multi_party boolean DEFAULT false, locale text DEFAULT NULL, reply_to text DEFAULT NULL,
    collect_payment_file_id uuid DEFAULT NULL, metadata jsonb DEFAULT '{}', cc text[] DEFAULT NULL,
    reminders integer[] DEFAULT NULL, receipt_to_payer boolean DEFAULT true,
    receipt_to_company boolean DEFAULT true, max_payments integer DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    new_id uuid;
    old payment_request;
    rule text;
    said text;
    missing text;
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = request_payment.company) THEN
        RAISE EXCEPTION 'there is no company "%"', request_payment.company USING ERRCODE = 'PY404';
    END IF;
    INSERT INTO payment_request (company, to_email, to_name, reply_to, amount, currency, description, message,
                                 due_on, expires_at, send_after, priority, multi_party, locale, request_key,
                                 collect_payment_file_id, metadata, cc, reminders, receipt_to_payer,
                                 receipt_to_company, max_payments)
    VALUES (request_payment.company, request_payment.to_email, request_payment.to_name,
            request_payment.reply_to, request_payment.amount,
            request_payment.currency, request_payment.description, request_payment.message, request_payment.due_on,
            request_payment.expires_at, coalesce(request_payment.send_after, now()),
            greatest(-32768, least(32767, coalesce(request_payment.priority, 0))),
            coalesce(request_payment.multi_party, false), request_payment.locale, request_payment.request_key,
            request_payment.collect_payment_file_id, coalesce(request_payment.metadata, '{}'),
            coalesce(request_payment.cc, '{}'),
            ARRAY(SELECT greatest(-32768, least(32767, d)) FROM unnest(request_payment.reminders) d),
            coalesce(request_payment.receipt_to_payer, true), coalesce(request_payment.receipt_to_company, true),
            request_payment.max_payments)
    ON CONFLICT (company, request_key) WHERE request_key IS NOT NULL DO NOTHING
    RETURNING request_id INTO new_id;
    IF new_id IS NOT NULL THEN
        RETURN new_id;
    END IF;

    SELECT r.* INTO STRICT old FROM payment_request r
     WHERE r.company = request_payment.company AND r.request_key = request_payment.request_key;
    IF (old.to_email, old.to_name, old.reply_to, old.amount, old.currency, old.description,
        old.message, old.due_on, old.expires_at, old.priority::integer, old.multi_party, old.locale,
        old.collect_payment_file_id, old.metadata, old.send_after, old.cc::text[], old.reminders::integer[],
        old.receipt_to_payer, old.receipt_to_company, old.max_payments)
        IS DISTINCT FROM
       (request_payment.to_email, request_payment.to_name,
        request_payment.reply_to, request_payment.amount, request_payment.currency, request_payment.description,
        request_payment.message, request_payment.due_on, request_payment.expires_at,
        coalesce(request_payment.priority, 0), coalesce(request_payment.multi_party, false),
        request_payment.locale, request_payment.collect_payment_file_id, coalesce(request_payment.metadata, '{}'),
        coalesce(request_payment.send_after, old.send_after), coalesce(request_payment.cc, '{}'),
        coalesce(request_payment.reminders, '{}'), coalesce(request_payment.receipt_to_payer, true),
        coalesce(request_payment.receipt_to_company, true), request_payment.max_payments) THEN
        RAISE EXCEPTION 'request key "%" belongs to another payment request of this company',
            request_payment.request_key
            USING ERRCODE = 'PY409', DETAIL = format('It belongs to payment request %s.', old.request_id);
    END IF;
    RETURN old.request_id;
EXCEPTION WHEN check_violation OR not_null_violation OR foreign_key_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.request_payment(text, text, bigint, text, text, text, text, text, date, timestamptz,
    timestamptz, integer, boolean, text, text, uuid, jsonb, text[], integer[], boolean, boolean, integer) IS
    'Queues a payment request and answers its id; the same request key with the same content answers the id it has, with other content raises PY409.';

CREATE OR REPLACE FUNCTION pay.request_status(request_id uuid) RETURNS pay.payment_requests
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_row payment_requests;
BEGIN
    SELECT r.* INTO found_row FROM payment_requests r WHERE r.request_id = request_status.request_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no payment request %', request_status.request_id USING ERRCODE = 'PY404';
    END IF;
    RETURN found_row;
END $$;
COMMENT ON FUNCTION pay.request_status(uuid) IS 'One row of pay.payment_requests; PY404 for an unknown id.';
