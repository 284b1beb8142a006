-- SPDX-License-Identifier: MIT
-- What applications see of payment requests and mails, and the functions by which they ask.

CREATE VIEW pay.payment_requests AS
SELECT r.request_id, r.seq, r.company, r.to_email, r.to_name, r.reply_to, r.amount, r.currency,
       r.amount * u.unit AS amount_decimal, r.description, r.message, r.due_on, r.expires_at, r.send_after,
       r.priority, r.multi_party, r.locale, r.request_key, r.collect_payment_file_id, r.metadata, r.requested_by,
       r.created_at, r.state, d.state AS delivery, coalesce(r.reason_code, d.reason_code) AS reason_code,
       coalesce(r.reason_text, d.reason_text) AS reason_text, d.put_off AS attempts, d.next_attempt_at,
       r.account_id, r.livemode, r.amount_paid, r.paid_at, d.accepted_at AS sent_at, r.cancel_requested_at,
       l.link_id, l.url AS link_url, l.active AS link_active, r.cc, r.reminders, r.receipt_to_payer,
       r.receipt_to_company
  FROM pay.payment_request r
  LEFT JOIN pay_private.currency u ON u.code = r.currency
  LEFT JOIN LATERAL (SELECT * FROM pay_private.payment_link x WHERE x.request_id = r.request_id
                      ORDER BY x.wanted_active DESC, x.created_at DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (SELECT * FROM pay_private.delivery x
                      WHERE x.request_id = r.request_id AND x.kind = 'request' AND x.recipient = r.to_email
                      ORDER BY x.number DESC LIMIT 1) d ON true;
COMMENT ON VIEW pay.payment_requests IS 'Payment requests, how far their newest mail has come, and their newest link.';
COMMENT ON COLUMN pay.payment_requests.request_id IS 'Id of the request.';
COMMENT ON COLUMN pay.payment_requests.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay.payment_requests.company IS 'Who asks for the money.';
COMMENT ON COLUMN pay.payment_requests.to_email IS 'The payer''s address.';
COMMENT ON COLUMN pay.payment_requests.to_name IS 'The payer''s name.';
COMMENT ON COLUMN pay.payment_requests.reply_to IS 'Where the payer''s answer goes.';
COMMENT ON COLUMN pay.payment_requests.amount IS 'What to pay, in minor units.';
COMMENT ON COLUMN pay.payment_requests.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.payment_requests.amount_decimal IS 'The amount as people write it, exact, by Stripe''s decimals.';
COMMENT ON COLUMN pay.payment_requests.description IS 'What it is for.';
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
COMMENT ON COLUMN pay.payment_requests.state IS 'The money: open, paid, overpaid, partially_paid, refunded, disputed, cancelled, expired or failed.';
COMMENT ON COLUMN pay.payment_requests.delivery IS 'The mail: queued, ready, sending, committing, sent, deferred, failed, in_doubt, suppressed or cancelled.';
COMMENT ON COLUMN pay.payment_requests.reason_code IS 'Why, for programs.';
COMMENT ON COLUMN pay.payment_requests.reason_text IS 'Why, for people.';
COMMENT ON COLUMN pay.payment_requests.attempts IS 'How often the mail server put the mail off.';
COMMENT ON COLUMN pay.payment_requests.next_attempt_at IS 'When the daemon takes it up next; NULL = nothing more to send.';
COMMENT ON COLUMN pay.payment_requests.account_id IS 'Stripe account that the link belongs to.';
COMMENT ON COLUMN pay.payment_requests.livemode IS 'Whether the link belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay.payment_requests.amount_paid IS 'What has been paid, in minor units.';
COMMENT ON COLUMN pay.payment_requests.paid_at IS 'When it was paid in full.';
COMMENT ON COLUMN pay.payment_requests.sent_at IS 'When the mail server took the mail.';
COMMENT ON COLUMN pay.payment_requests.cancel_requested_at IS 'When somebody cancelled it.';
COMMENT ON COLUMN pay.payment_requests.link_id IS 'Stripe''s id of the newest payment link.';
COMMENT ON COLUMN pay.payment_requests.link_url IS 'Where the payer pays.';
COMMENT ON COLUMN pay.payment_requests.link_active IS 'Whether that link works, as Stripe last said.';
COMMENT ON COLUMN pay.payment_requests.cc IS 'Who gets a copy of the mail.';
COMMENT ON COLUMN pay.payment_requests.reminders IS 'Days before (negative) and after due_on on which the payer is reminded.';
COMMENT ON COLUMN pay.payment_requests.receipt_to_payer IS 'Whether the payer gets a receipt.';
COMMENT ON COLUMN pay.payment_requests.receipt_to_company IS 'Whether the company''s administrators are told about the payment.';

CREATE VIEW pay.deliveries AS
SELECT d.delivery_id, d.request_id, d.company, d.kind, d.recipient, d.message_id, octet_length(d.message) AS message_size,
       encode(d.message_sha256, 'hex') AS message_sha256, d.link_id, d.brand_version, d.state, d.attempts,
       d.accepted_at, t.started_at AS last_attempt_at, t.outcome AS last_outcome, t.smtp_code, d.smtp_reply, d.created_at,
       d.number, d.charge_id, d.frozen_at, d.put_off, d.next_attempt_at, d.reason_code, d.reason_text
  FROM pay_private.delivery d
  LEFT JOIN pay_private.delivery_attempt t ON t.delivery_id = d.delivery_id AND t.attempt = d.attempts;
COMMENT ON VIEW pay.deliveries IS 'Mails and what became of them, without their text.';
COMMENT ON COLUMN pay.deliveries.delivery_id IS 'Id of the mail.';
COMMENT ON COLUMN pay.deliveries.request_id IS 'The request that it is about.';
COMMENT ON COLUMN pay.deliveries.company IS 'The company.';
COMMENT ON COLUMN pay.deliveries.kind IS 'request, reminder, receipt (to the payer) or notice (to the company''s administrators).';
COMMENT ON COLUMN pay.deliveries.recipient IS 'The address that it goes to.';
COMMENT ON COLUMN pay.deliveries.message_id IS 'Its Message-ID.';
COMMENT ON COLUMN pay.deliveries.message_size IS 'Its size in bytes.';
COMMENT ON COLUMN pay.deliveries.message_sha256 IS 'SHA-256 of its bytes, in hexadecimal.';
COMMENT ON COLUMN pay.deliveries.link_id IS 'The payment link that stands in it.';
COMMENT ON COLUMN pay.deliveries.brand_version IS 'The version of the brand that it was made with.';
COMMENT ON COLUMN pay.deliveries.state IS 'queued, ready, sending, committing, sent, deferred, failed, in_doubt, suppressed or cancelled.';
COMMENT ON COLUMN pay.deliveries.attempts IS 'How many attempts have begun.';
COMMENT ON COLUMN pay.deliveries.accepted_at IS 'When the mail server took it.';
COMMENT ON COLUMN pay.deliveries.last_attempt_at IS 'When the last attempt began.';
COMMENT ON COLUMN pay.deliveries.last_outcome IS 'How the last attempt ended; NULL = it is under way.';
COMMENT ON COLUMN pay.deliveries.smtp_code IS 'The mail server''s last reply code.';
COMMENT ON COLUMN pay.deliveries.smtp_reply IS 'The mail server''s last words.';
COMMENT ON COLUMN pay.deliveries.created_at IS 'When it was queued.';
COMMENT ON COLUMN pay.deliveries.number IS 'Counts the mails of a kind to a recipient: a second sending, each reminder.';
COMMENT ON COLUMN pay.deliveries.charge_id IS 'The payment that a receipt or a notice is about.';
COMMENT ON COLUMN pay.deliveries.frozen_at IS 'When its bytes were fixed; NULL = not yet.';
COMMENT ON COLUMN pay.deliveries.put_off IS 'How often the mail server put it off.';
COMMENT ON COLUMN pay.deliveries.next_attempt_at IS 'When the daemon takes it up next; NULL = there is nothing more to do.';
COMMENT ON COLUMN pay.deliveries.reason_code IS 'Why state is what it is, for programs.';
COMMENT ON COLUMN pay.deliveries.reason_text IS 'Why state is what it is, for people.';

DROP FUNCTION pay.request_payment(text, text, bigint, text, text, text, text, text, date, timestamptz,
    timestamptz, integer, boolean, text, text, uuid, jsonb);
CREATE FUNCTION pay.request_payment(
    company text, to_email text, amount bigint, currency text, description text,
    request_key text DEFAULT NULL, to_name text DEFAULT NULL, message text DEFAULT NULL, due_on date DEFAULT NULL,
    expires_at timestamptz DEFAULT NULL, send_after timestamptz DEFAULT NULL, priority integer DEFAULT 0,
    multi_party boolean DEFAULT false, locale text DEFAULT NULL, reply_to text DEFAULT NULL,
    collect_payment_file_id uuid DEFAULT NULL, metadata jsonb DEFAULT '{}', cc text[] DEFAULT NULL,
    reminders integer[] DEFAULT NULL, receipt_to_payer boolean DEFAULT true,
    receipt_to_company boolean DEFAULT true) RETURNS uuid
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
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
                                 receipt_to_company)
    VALUES (request_payment.company, request_payment.to_email, request_payment.to_name,
            request_payment.reply_to, request_payment.amount,
            request_payment.currency, request_payment.description, request_payment.message, request_payment.due_on,
            request_payment.expires_at, coalesce(request_payment.send_after, now()),
            greatest(-32768, least(32767, coalesce(request_payment.priority, 0))),
            coalesce(request_payment.multi_party, false), request_payment.locale, request_payment.request_key,
            request_payment.collect_payment_file_id, coalesce(request_payment.metadata, '{}'),
            coalesce(request_payment.cc, '{}'),
            ARRAY(SELECT greatest(-32768, least(32767, d)) FROM unnest(request_payment.reminders) d),
            coalesce(request_payment.receipt_to_payer, true), coalesce(request_payment.receipt_to_company, true))
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
        old.receipt_to_payer, old.receipt_to_company)
        IS DISTINCT FROM
       (request_payment.to_email, request_payment.to_name,
        request_payment.reply_to, request_payment.amount, request_payment.currency, request_payment.description,
        request_payment.message, request_payment.due_on, request_payment.expires_at,
        coalesce(request_payment.priority, 0), coalesce(request_payment.multi_party, false),
        request_payment.locale, request_payment.collect_payment_file_id, coalesce(request_payment.metadata, '{}'),
        coalesce(request_payment.send_after, old.send_after), coalesce(request_payment.cc, '{}'),
        coalesce(request_payment.reminders, '{}'), coalesce(request_payment.receipt_to_payer, true),
        coalesce(request_payment.receipt_to_company, true)) THEN
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
    timestamptz, integer, boolean, text, text, uuid, jsonb, text[], integer[], boolean, boolean) IS
    'Queues a payment request and answers its id; the same request key with the same content answers the id it has, with other content raises PY409.';

CREATE FUNCTION pay.request_status(request_id uuid) RETURNS pay.payment_requests
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
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

DROP FUNCTION pay.register_company(text, text, text, text, text, text, boolean);
CREATE FUNCTION pay.register_company(
    company text, name text DEFAULT NULL, email text DEFAULT NULL, locale text DEFAULT NULL,
    country text DEFAULT NULL, default_currency text DEFAULT NULL, enabled boolean DEFAULT NULL,
    admin_emails text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    rule text;
    said text;
    missing text;
BEGIN
    INSERT INTO company AS c (company, name, email, locale, country, default_currency, enabled,
                              admin_emails)
    VALUES (register_company.company, coalesce(register_company.name, register_company.company),
            register_company.email, coalesce(register_company.locale, 'en'), register_company.country,
            register_company.default_currency, coalesce(register_company.enabled, true),
            coalesce(register_company.admin_emails, '{}'))
    ON CONFLICT (company) DO UPDATE
       SET name = coalesce(register_company.name, c.name),
           email = coalesce(register_company.email, c.email),
           locale = coalesce(register_company.locale, c.locale),
           country = coalesce(register_company.country, c.country),
           default_currency = coalesce(register_company.default_currency, c.default_currency),
           enabled = coalesce(register_company.enabled, c.enabled),
           admin_emails = coalesce(register_company.admin_emails, c.admin_emails),
           updated_at = now();
EXCEPTION WHEN check_violation OR not_null_violation OR foreign_key_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.register_company(text, text, text, text, text, text, boolean, text[]) IS
    'Makes a company known, or changes what is given; NULL leaves a value as it is.';
