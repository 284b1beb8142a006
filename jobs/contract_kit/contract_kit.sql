-- SPDX-License-Identifier: MIT
-- The contract kit plays the daemon for tests of applications, in SQL alone. Calls to Stripe and messages are invented; the
-- rows are those of the real daemon, written by the same functions where there are any. 'paysyncctl contract-kit' applies
-- it, and may do so again. It is not part of the schema.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pay_private.stripe_call)
       OR EXISTS (SELECT FROM pay_private.integration WHERE account_id NOT LIKE 'acct\_kit%') THEN
        RAISE EXCEPTION 'this database has been used with Stripe; the contract kit is for a test database of its own'
            USING ERRCODE = 'PY409';
    END IF;
END $$;

DROP SCHEMA IF EXISTS pay_kit CASCADE;
CREATE SCHEMA pay_kit AUTHORIZATION pay_owner;
SET LOCAL ROLE pay_owner;
COMMENT ON SCHEMA pay_kit IS 'The contract kit of paysync; in test databases only.';
GRANT USAGE ON SCHEMA pay_kit TO pay_app;

-- Onboarding --------------------------------------------------------------------------------------------------------

CREATE FUNCTION pay_kit.account_of(company text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pay, pay_private, pg_temp
    AS $$
    SELECT i.account_id FROM integration i WHERE i.company = account_of.company AND i.current AND i.stage <> 'disconnected'
$$;
COMMENT ON FUNCTION pay_kit.account_of(text) IS 'The account that a company is connected with, or NULL.';

CREATE FUNCTION pay_kit.set_account(company text, becomes text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    account CONSTANT text := pay_kit.account_of(set_account.company);
    fine CONSTANT boolean := set_account.becomes = 'completed';
BEGIN
    IF account IS NULL THEN
        RAISE EXCEPTION 'company "%" is not connected', set_account.company USING ERRCODE = 'PY404';
    ELSIF set_account.becomes = 'disconnected' THEN
        PERFORM disconnect(account, 'diagnosis', 'diagnosis', 'req_kit');
        RETURN;
    ELSIF set_account.becomes NOT IN ('completed', 'incomplete', 'in_review', 'rejected') THEN
        RAISE EXCEPTION 'an account becomes completed, incomplete, in_review, rejected or disconnected' USING ERRCODE = 'PY400';
    END IF;
    UPDATE integration i
       SET details_submitted = true, charges_enabled = fine, payouts_enabled = fine,
           currently_due = CASE WHEN set_account.becomes = 'incomplete' THEN ARRAY['company.tax_id'] ELSE '{}' END,
           past_due = CASE WHEN set_account.becomes = 'incomplete' THEN ARRAY['company.tax_id'] ELSE '{}' END,
           pending_verification = CASE WHEN set_account.becomes = 'in_review' THEN ARRAY['company.verification.document'] ELSE '{}' END,
           disabled_reason = CASE set_account.becomes WHEN 'incomplete' THEN 'requirements.past_due'
                                                      WHEN 'in_review' THEN 'requirements.pending_verification'
                                                      WHEN 'rejected' THEN 'rejected.fraud' END,
           flow_open_until = NULL, observed_at = now(), observed_request_id = 'req_kit'
     WHERE i.account_id = account;
    PERFORM restage(account, 'refresh');
END $$;
COMMENT ON FUNCTION pay_kit.set_account(text, text) IS
    'What Stripe says of a company''s account from now on: completed, incomplete, in_review, rejected or disconnected.';

CREATE FUNCTION pay_kit.adopt(company text, account text, origin text, email text, cause text) RETURNS void
    LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    UPDATE integration i SET current = false WHERE i.company = adopt.company AND i.current AND i.account_id <> adopt.account;
    INSERT INTO integration AS i (account_id, company, livemode, origin, email_of_record, account_created_at,
                                  currently_due, observed_at, observed_request_id, flow_open_until)
    VALUES (adopt.account, adopt.company, false, adopt.origin, adopt.email, now(),
            CASE WHEN adopt.origin = 'new' THEN ARRAY['company.name', 'external_account'] ELSE '{}' END, now(), 'req_kit',
            CASE WHEN adopt.origin = 'new' THEN now() + interval '5 minutes' END)
    ON CONFLICT (account_id) DO UPDATE
       SET current = true, access = 'ok', disconnected_by = NULL, connected_at = now(), observed_at = now();
    IF adopt.origin = 'existing' THEN
        UPDATE integration i SET details_submitted = true, charges_enabled = true, payouts_enabled = true
         WHERE i.account_id = adopt.account;
    END IF;
    PERFORM restage(adopt.account, adopt.cause);
    UPDATE setting s
       SET state = 'applied', account_id = adopt.account, pushed = s.desired #>> '{}', actual = s.desired #>> '{}',
           actual_at = now(), settled_at = now()
     WHERE s.company = adopt.company AND stripe_keeps(s.name);
END $$;
COMMENT ON FUNCTION pay_kit.adopt(text, text, text, text, text) IS 'Makes an account the company''s current one.';

-- Answers with the columns of the row that change.
CREATE FUNCTION pay_kit.answer(c pay.command) RETURNS jsonb
    LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp
    AS $$
DECLARE
    account text := pay_kit.account_of(c.company);
    asked command;
    link CONSTANT jsonb := jsonb_build_object('result_url', 'https://kit.invalid/form/' || c.command_id,
                                              'result_url_expires_at', now() + interval '5 minutes');
    token text;
BEGIN
    IF NOT (SELECT co.enabled FROM company co WHERE co.company = c.company) THEN
        RETURN '{"error_code": "company_not_enabled", "error_text": "Please ask the platform."}';
    ELSIF account IS NULL AND c.kind IN ('manage', 'finalize', 'refresh', 'disconnect') THEN
        RETURN '{"error_code": "not_connected", "error_text": "The company has no connected Stripe account."}';
    ELSIF c.kind = 'connect' AND EXISTS (SELECT FROM integration i WHERE i.account_id = account AND i.stage = 'completed') THEN
        RETURN '{"error_code": "already_connected", "error_text": "The company''s Stripe account is connected already."}';
    ELSIF c.kind = 'connect' AND c.arguments -> 'existing' = 'true' THEN
        RETURN link || jsonb_build_object('result_url', 'https://kit.invalid/oauth?state=kit-' || c.command_id,
                                          'result_url_expires_at', now() + interval '1 hour');
    ELSIF c.kind = 'complete_oauth' THEN
        SELECT a.* INTO asked FROM command a
         WHERE a.company = c.company AND a.kind = 'connect' AND a.state = 'done' AND a.arguments -> 'existing' = 'true'
           AND encode(sha256(convert_to('kit-' || a.command_id, 'UTF8')), 'hex') = c.arguments ->> 'state_sha256'
           AND a.result_account_id IS NULL;
        IF NOT FOUND THEN
            RETURN '{"error_code": "wrong_state", "error_text": "The state is not of a connect of this company, or was used."}';
        END IF;
        account := 'acct_kit' || replace(asked.command_id::text, '-', '');
        PERFORM pay_kit.adopt(c.company, account, 'existing', asked.email, 'oauth');
        UPDATE command a SET result_url = NULL, result_account_id = account WHERE a.command_id = asked.command_id;
        RETURN jsonb_build_object('result_account_id', account);
    ELSIF c.kind = 'connect' THEN
        IF account IS NULL THEN
            account := 'acct_kit' || replace(c.command_id::text, '-', '');
            PERFORM pay_kit.adopt(c.company, account, 'new', c.email, 'connect');
        END IF;
        RETURN link || jsonb_build_object('result_account_id', account);
    ELSIF c.kind = 'manage' THEN
        UPDATE integration i SET flow_open_until = now() + interval '5 minutes' WHERE i.account_id = account;
        PERFORM restage(account, 'link');
        RETURN link || jsonb_build_object('result_account_id', account);
    ELSIF c.kind = 'finalize' THEN
        -- The form was sent. What Stripe makes of it is in the address, as in its own test values.
        PERFORM pay_kit.set_account(c.company, CASE
            WHEN i.stage_detail = 'action_required' THEN 'completed'
            ELSE coalesce((SELECT w FROM unnest(ARRAY['incomplete', 'in_review', 'rejected']) w
                            WHERE starts_with(i.email_of_record, w)), 'completed') END)
           FROM integration i WHERE i.account_id = account;
        RETURN jsonb_build_object('result_account_id', account);
    ELSIF c.kind = 'disconnect' AND c.confirmation IS NULL THEN
        token := replace(gen_random_uuid()::text, '-', '');
        RETURN jsonb_build_object('result_account_id', account, 'result', jsonb_build_object('confirmation', token));
    ELSIF c.kind = 'disconnect' THEN
        SELECT a.* INTO asked FROM command a
         WHERE a.company = c.company AND a.kind = 'disconnect' AND a.state = 'done' AND a.result ? 'confirmation'
         ORDER BY a.seq DESC LIMIT 1;
        IF asked.result ->> 'confirmation' IS DISTINCT FROM c.confirmation THEN
            RETURN '{"error_code": "wrong_confirmation", "error_text": "The confirmation does not belong to a disconnect of the last hour; ask for a new one."}';
        END IF;
        PERFORM disconnect(account, 'disconnect', 'command', NULL);
        RETURN jsonb_build_object('result_account_id', account);
    ELSIF c.kind = 'reconnect' THEN
        IF account IS NOT NULL AND account <> c.account_id THEN
            RETURN '{"error_code": "already_connected", "error_text": "Another Stripe account of the company is connected; disconnect it first."}';
        ELSIF NOT EXISTS (SELECT FROM integration i WHERE i.company = c.company AND i.account_id = c.account_id
                             AND lower(i.email_of_record) = lower(c.email)) THEN
            RETURN '{"error_code": "no_match", "error_text": "No account of this company has this id and e-mail address."}';
        END IF;
        PERFORM pay_kit.adopt(c.company, c.account_id, 'existing', c.email, 'reconnect');
        RETURN jsonb_build_object('result_account_id', c.account_id);
    ELSIF c.kind IN ('update_settings', 'update_branding') AND account IS NOT NULL THEN
        UPDATE setting s
           SET state = 'applied', account_id = account, pushed = s.desired #>> '{}', actual = s.desired #>> '{}',
               actual_at = now(), settled_at = now()
         WHERE s.company = c.company AND stripe_keeps(s.name);
    END IF;
    RETURN jsonb_build_object('result_account_id', account);
END $$;
COMMENT ON FUNCTION pay_kit.answer(pay.command) IS 'What becomes of a command, as the columns of its row.';

CREATE FUNCTION pay_kit.play_commands() RETURNS integer
    LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp
    AS $$
DECLARE
    c command;
    answer jsonb;
    done integer := 0;
BEGIN
    LOOP
        SELECT q.* INTO c FROM command q WHERE q.state = 'queued' AND q.run_after <= now()
         ORDER BY q.seq LIMIT 1 FOR UPDATE SKIP LOCKED;
        EXIT WHEN NOT FOUND;
        answer := pay_kit.answer(c);
        UPDATE command q
           SET state = CASE WHEN answer ? 'error_code' THEN 'failed' ELSE 'done' END, attempts = q.attempts + 1,
               finished_at = now(), error_code = answer ->> 'error_code', error_text = answer ->> 'error_text',
               result_url = answer ->> 'result_url', result_url_expires_at = (answer ->> 'result_url_expires_at')::timestamptz,
               result_account_id = answer ->> 'result_account_id', result = answer -> 'result'
         WHERE q.command_id = c.command_id;
        done := done + 1;
    END LOOP;
    RETURN done;
END $$;
COMMENT ON FUNCTION pay_kit.play_commands() IS 'Carries out what is queued, the oldest first; answers how many commands.';

-- Payments ----------------------------------------------------------------------------------------------------------

CREATE FUNCTION pay_kit.note_charge(charge_id text) RETURNS void
    LANGUAGE sql SET search_path = pay, pay_private, pg_temp
    AS $$
    UPDATE charge c SET row_hash = c.row_hash + 1, read_at = clock_timestamp() WHERE c.charge_id = note_charge.charge_id;
    INSERT INTO charge_history (account_id, charge_id, version, status, amount_captured, amount_refunded, disputed,
                                balance_transaction_id, request_id, row_hash, read_at, source, stripe_request_id)
    SELECT c.account_id, c.charge_id, c.row_hash, c.status, c.amount_captured, c.amount_refunded, c.disputed,
           c.balance_transaction_id, c.request_id, c.row_hash, c.read_at, 'list', c.stripe_request_id
      FROM charge c WHERE c.charge_id = note_charge.charge_id
$$;
COMMENT ON FUNCTION pay_kit.note_charge(text) IS 'Adds a charge as it is now to its history.';

CREATE FUNCTION pay_kit.pay(request_id uuid, amount bigint DEFAULT NULL, payer_email text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    r CONSTANT payment_request := lock_request(pay.request_id);
    id CONSTANT text := replace(gen_random_uuid()::text, '-', '');
    money CONSTANT bigint := coalesce(pay.amount, r.amount);
    -- 2.9 % and 30 minor units, rounded as money is.
    fee CONSTANT bigint := least(money, round(money * 0.029)::bigint + 30);
    link payment_link;
BEGIN
    SELECT l.* INTO link FROM payment_link l WHERE l.request_id = r.request_id AND l.active AND l.wanted_active;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'payment request % has no link that can be paid', r.request_id USING ERRCODE = 'PY409';
    ELSIF money <= 0 THEN
        RAISE EXCEPTION 'the amount is more than zero' USING ERRCODE = 'PY400';
    END IF;
    INSERT INTO balance_transaction (account_id, balance_transaction_id, type, reporting_category, amount, fee, net, currency,
                                     source_id, status, available_on, created, row_hash, read_at, stripe_request_id)
    VALUES (link.account_id, 'txn_kit' || id, 'charge', 'charge', money, fee, money - fee, r.currency, 'ch_kit' || id,
            'pending', now() + interval '2 days', now(), 0, now(), 'req_kit');
    INSERT INTO balance_transaction_fee (account_id, balance_transaction_id, ordinal, type, amount, currency)
    VALUES (link.account_id, 'txn_kit' || id, 0, 'stripe_fee', fee, r.currency);
    INSERT INTO charge (account_id, charge_id, livemode, created, status, paid, captured, amount, amount_captured,
                        amount_refunded, currency, balance_transaction_id, payment_intent_id, request_id, matched_by,
                        description, payer_email, receipt_url, method, brand, last4, country, row_hash, read_at,
                        stripe_request_id)
    VALUES (link.account_id, 'ch_kit' || id, false, now(), 'succeeded', true, true, money, money, 0, r.currency,
            'txn_kit' || id, 'pi_kit' || id, r.request_id, 'metadata', r.description, coalesce(pay.payer_email, r.to_email),
            'https://kit.invalid/receipt/' || id, 'card', 'visa', '4242', 'US', 0, now(), 'req_kit');
    PERFORM pay_kit.note_charge('ch_kit' || id);
    PERFORM settle_requests(ARRAY[r.request_id]);
    RETURN 'ch_kit' || id;
END $$;
COMMENT ON FUNCTION pay_kit.pay(uuid, bigint, text) IS
    'Somebody pays by the request''s link, all of it if no amount is given; answers the charge''s id. PY409 when no link works.';

CREATE FUNCTION pay_kit.refund(charge_id text, amount bigint DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    c charge;
    money bigint;
    id CONSTANT text := replace(gen_random_uuid()::text, '-', '');
BEGIN
    SELECT x.* INTO c FROM charge x WHERE x.charge_id = refund.charge_id FOR NO KEY UPDATE;
    money := coalesce(refund.amount, c.amount_captured - c.amount_refunded);
    IF c.charge_id IS NULL OR money <= 0 OR money > c.amount_captured - c.amount_refunded THEN
        RAISE EXCEPTION 'there is no charge %, or not so much left of it', refund.charge_id USING ERRCODE = 'PY404';
    END IF;
    INSERT INTO balance_transaction (account_id, balance_transaction_id, type, reporting_category, amount, fee, net, currency,
                                     source_id, status, available_on, created, row_hash, read_at, stripe_request_id)
    VALUES (c.account_id, 'txn_kit' || id, 'refund', 'refund', -money, 0, -money, c.currency, 're_kit' || id, 'available',
            now(), now(), 0, now(), 'req_kit');
    INSERT INTO pay_private.refund (account_id, refund_id, created, charge_id, payment_intent_id, amount, currency, status,
                                    balance_transaction_id, row_hash, read_at, stripe_request_id)
    VALUES (c.account_id, 're_kit' || id, now(), c.charge_id, c.payment_intent_id, money, c.currency, 'succeeded',
            'txn_kit' || id, 0, now(), 'req_kit');
    UPDATE charge x SET amount_refunded = x.amount_refunded + money, refunded = x.amount_refunded + money = x.amount_captured
     WHERE x.charge_id = c.charge_id;
    PERFORM pay_kit.note_charge(c.charge_id);
    PERFORM settle_requests(ARRAY[c.request_id]);
    RETURN 're_kit' || id;
END $$;
COMMENT ON FUNCTION pay_kit.refund(text, bigint) IS 'Gives a payment back, all that is left of it if no amount is given; answers the refund''s id.';

CREATE FUNCTION pay_kit.dispute(charge_id text, becomes text DEFAULT 'needs_response') RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    c charge;
BEGIN
    SELECT x.* INTO c FROM charge x WHERE x.charge_id = dispute.charge_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no charge %', dispute.charge_id USING ERRCODE = 'PY404';
    END IF;
    INSERT INTO pay_private.dispute AS d (account_id, dispute_id, livemode, created, charge_id, payment_intent_id, amount,
                                          currency, status, reason, charge_refundable, due_by, row_hash, read_at, stripe_request_id)
    VALUES (c.account_id, 'dp_kit' || substr(c.charge_id, 7), false, now(), c.charge_id, c.payment_intent_id, c.amount_captured,
            c.currency, dispute.becomes, 'fraudulent', false, now() + interval '7 days', 0, now(), 'req_kit')
    ON CONFLICT (account_id, dispute_id) DO UPDATE SET status = EXCLUDED.status;
    UPDATE charge x SET disputed = true WHERE x.charge_id = c.charge_id;
    PERFORM pay_kit.note_charge(c.charge_id);
    PERFORM settle_requests(ARRAY[c.request_id]);
END $$;
COMMENT ON FUNCTION pay_kit.dispute(text, text) IS
    'The payer''s bank disputes a payment; again with another status, such as won or lost, it is decided.';

-- Mails -------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pay_kit.end_mail(id uuid, outcome text, becomes text, code text, words text) RETURNS void
    LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp
    AS $$
BEGIN
    INSERT INTO delivery_attempt (delivery_id, attempt, lease_token, committing_at, finished_at, outcome, smtp_reply)
    SELECT d.delivery_id, d.attempts + 1, nextval('pay_private.lease_token'), now(), now(), end_mail.outcome, end_mail.words
      FROM delivery d WHERE d.delivery_id = end_mail.id;
    UPDATE delivery d
       SET state = end_mail.becomes, attempts = d.attempts + 1, smtp_reply = end_mail.words,
           accepted_at = CASE WHEN end_mail.becomes = 'sent' THEN now() END,
           next_attempt_at = CASE WHEN end_mail.becomes = 'deferred' THEN now() + interval '1 minute' ELSE d.next_attempt_at END,
           put_off = d.put_off + CASE WHEN end_mail.becomes = 'deferred' THEN 1 ELSE 0 END,
           reason_code = end_mail.code, reason_text = CASE WHEN end_mail.code IS NOT NULL THEN end_mail.words END
     WHERE d.delivery_id = end_mail.id;
    IF end_mail.becomes = 'failed' THEN
        INSERT INTO suppression (email, reason)
        SELECT d.recipient, 'the mail server knows no such mailbox' FROM delivery d WHERE d.delivery_id = end_mail.id
        ON CONFLICT DO NOTHING;
        PERFORM fail_request_of(end_mail.id, end_mail.code, end_mail.words);
    END IF;
END $$;
COMMENT ON FUNCTION pay_kit.end_mail(uuid, text, text, text, text) IS 'Records how a try of a mail ended.';

CREATE FUNCTION pay_kit.make_link(request_id uuid) RETURNS text
    LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    id text;
BEGIN
    SELECT l.link_id INTO id FROM payment_link l WHERE l.request_id = make_link.request_id AND l.active AND l.wanted_active;
    IF NOT FOUND THEN
        id := 'plink_kit' || replace(gen_random_uuid()::text, '-', '');
        INSERT INTO payment_link (link_id, request_id, account_id, amount, url, active, wanted_active)
        SELECT id, r.request_id, pay_kit.account_of(r.company), amount_due(r), 'https://kit.invalid/pay/' || id, true, true
          FROM payment_request r WHERE r.request_id = make_link.request_id;
        UPDATE payment_request r SET account_id = pay_kit.account_of(r.company), livemode = false, link_wanted_at = NULL
         WHERE r.request_id = make_link.request_id;
    END IF;
    RETURN id;
END $$;
COMMENT ON FUNCTION pay_kit.make_link(uuid) IS 'The request''s link that can be paid, made if there is none.';

CREATE FUNCTION pay_kit.play_mail(d pay_private.delivery) RETURNS void
    LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    r payment_request := lock_request(d.request_id);
    stage CONSTANT text := (SELECT i.stage FROM integration i WHERE i.company = d.company AND i.current);
    confirms CONSTANT boolean := d.charge_id IS NOT NULL;
    who CONSTANT text := split_part(d.recipient, '@', 1);
    link text;
    copy text;
    text_bytes bytea;
    key bigint;
BEGIN
    IF EXISTS (SELECT FROM suppression s WHERE lower(s.email COLLATE "C") = lower(d.recipient COLLATE "C")) THEN
        UPDATE delivery x SET state = 'suppressed', reason_code = 'suppressed',
                              reason_text = 'The recipient''s address is on the suppression list.'
         WHERE x.delivery_id = d.delivery_id;
        PERFORM fail_request_of(d.delivery_id, 'suppressed', 'The recipient''s address is on the suppression list.');
        RETURN;
    ELSIF stage IS NULL THEN
        UPDATE delivery x SET state = 'failed', reason_code = 'company_not_connected', reason_text = 'The company has no Stripe account.'
         WHERE x.delivery_id = d.delivery_id;
        PERFORM fail_request_of(d.delivery_id, 'company_not_connected', 'The company has no Stripe account.');
        RETURN;
    ELSIF stage = 'disconnected' OR (stage <> 'completed' AND NOT confirms) THEN
        UPDATE delivery x
           SET next_attempt_at = now() + interval '1 hour',
               reason_code = CASE stage WHEN 'disconnected' THEN 'company_disconnected' ELSE 'company_not_ready' END,
               reason_text = CASE stage WHEN 'disconnected' THEN 'The company is disconnected from Stripe; its mails are held.'
                                        ELSE 'The company''s Stripe integration is ' || stage || '.' END
         WHERE x.delivery_id = d.delivery_id;
        RETURN;
    END IF;
    IF NOT confirms THEN
        link := pay_kit.make_link(d.request_id);
    END IF;
    IF d.message_key IS NULL OR d.state = 'queued' THEN
        text_bytes := convert_to(format(E'To: %s\r\nSubject: %s\r\n\r\n%s\r\n', d.recipient, r.description,
                                        coalesce('https://kit.invalid/pay/' || link, 'Thank you.')), 'UTF8');
        INSERT INTO message (request_id, delivery_id, message_id, replaces, link_id, size, sha256, bytes)
        VALUES (d.request_id, d.delivery_id,
                concat_ws('.', d.kind, d.request_id, nullif(d.number, 1), 'm' || nullif(d.messages + 1, 1)) || '@kit.invalid',
                d.message_key, link, length(text_bytes), sha256(text_bytes), text_bytes)
        RETURNING message_key INTO key;
        UPDATE delivery x SET state = 'ready', message_key = key, messages = x.messages + 1
         WHERE x.delivery_id = d.delivery_id;
    END IF;
    IF NOT confirms AND d.recipient = r.to_email THEN
        FOREACH copy IN ARRAY r.cc::text[] LOOP
            INSERT INTO delivery (request_id, company, kind, recipient, number, priority, state, message_key, messages)
            SELECT x.request_id, x.company, x.kind, copy, x.number, x.priority, 'ready', x.message_key, x.messages
              FROM delivery x WHERE x.delivery_id = d.delivery_id ON CONFLICT DO NOTHING;
        END LOOP;
    END IF;
    IF who = 'refused' THEN
        PERFORM pay_kit.end_mail(d.delivery_id, 'refused', 'failed', 'mail_refused', '550 5.1.1 no such mailbox');
    ELSIF who = 'deferred' AND d.put_off = 0 THEN
        PERFORM pay_kit.end_mail(d.delivery_id, 'deferred', 'deferred', 'mail_deferred', '451 4.3.0 try again later');
    ELSIF who = 'in-doubt' AND d.attempts = 0 THEN
        PERFORM pay_kit.end_mail(d.delivery_id, 'in_doubt', 'in_doubt', 'in_doubt',
                                 'The mail server may have taken the message: its answer was lost.');
    ELSE
        PERFORM pay_kit.end_mail(d.delivery_id, 'accepted', 'sent', NULL, '250 2.0.0 taken by nobody: contract kit');
    END IF;
    IF who = 'bounces' THEN
        PERFORM take_bounce('kit:' || d.delivery_id, m.message_id, '', '', d.recipient, 'failed', '5.1.1', 'no such mailbox')
           FROM delivery x JOIN message m USING (message_key) WHERE x.delivery_id = d.delivery_id;
    ELSIF d.kind = 'request' AND who IN ('pays', 'overpays', 'underpays') AND r.state = 'open' THEN
        PERFORM pay_kit.pay(d.request_id, r.amount + CASE who WHEN 'overpays' THEN 1 WHEN 'underpays' THEN -1 ELSE 0 END);
    END IF;
END $$;
COMMENT ON FUNCTION pay_kit.play_mail(pay_private.delivery) IS
    'One try of one mail. The recipient''s name before the @ decides: refused, deferred, in-doubt, bounces, pays, overpays, underpays; any other takes it.';

CREATE FUNCTION pay_kit.play_requests() RETURNS integer
    LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp
    AS $$
DECLARE
    d delivery;
    changed integer;
    done integer := 0;
BEGIN
    PERFORM close_request(r.request_id, 'expired', 'expired', 'The request was not paid in time.') FROM payment_request r
      WHERE r.expires_at <= now() AND r.closed_as IS NULL AND (r.multi_party OR r.state IN ('open', 'partially_paid'));
    GET DIAGNOSTICS changed = ROW_COUNT;
    done := done + changed;
    LOOP
        SELECT q.* INTO d FROM delivery q
         WHERE q.state IN ('queued', 'ready', 'deferred') AND q.next_attempt_at <= now()
         ORDER BY q.priority DESC, q.seq LIMIT 1 FOR UPDATE SKIP LOCKED;
        EXIT WHEN NOT FOUND;
        PERFORM pay_kit.play_mail(d);
        done := done + 1;
    END LOOP;
    WHILE do_follow_up(1000) LOOP
        done := done + 1;
    END LOOP;
    PERFORM pay_kit.make_link(r.request_id) FROM payment_request r
      WHERE r.link_wanted_at <= now() AND link_demand(r)
        AND EXISTS (SELECT FROM integration i WHERE i.company = r.company AND i.current AND i.stage = 'completed');
    GET DIAGNOSTICS changed = ROW_COUNT;
    done := done + changed;
    UPDATE payment_link l SET active = false, deactivated_at = now(), verified_at = now(), attempts = l.attempts + 1
     WHERE l.active AND NOT l.wanted_active;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN done + changed;
END $$;
COMMENT ON FUNCTION pay_kit.play_requests() IS 'Expires requests, sends mails that are due, makes and switches off links; answers how many.';

CREATE FUNCTION pay_kit.play() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp
    AS $$
BEGIN
    RETURN pay_kit.play_commands() + pay_kit.play_requests();
END $$;
COMMENT ON FUNCTION pay_kit.play() IS 'Does everything that the daemon would do now; answers how many things that were.';

CREATE FUNCTION pay_kit.fixtures() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp
    AS $$
DECLARE
    kind text;
    charge text;
BEGIN
    -- A company in each stage.
    FOREACH kind IN ARRAY ARRAY['completed', 'incomplete', 'in_review', 'rejected', 'disconnected', 'started'] LOOP
        PERFORM register_company('kit-' || kind, 'Kit ' || kind, 'office@kit.invalid', country => 'US');
        PERFORM connect('kit-' || kind, kind || '@kit.invalid');
        PERFORM pay_kit.play();
        IF kind <> 'started' THEN
            PERFORM finalize('kit-' || kind);
            PERFORM pay_kit.play();
        END IF;
    END LOOP;
    PERFORM pay_kit.set_account('kit-disconnected', 'disconnected');
    PERFORM register_company('kit-unconnected', 'Kit unconnected', 'office@kit.invalid', country => 'US');
    -- A request in each state; its key is the state.
    FOREACH kind IN ARRAY ARRAY['open', 'paid', 'overpaid', 'partially_paid', 'refunded', 'disputed', 'cancelled', 'expired'] LOOP
        PERFORM request_payment('kit-completed', CASE kind WHEN 'overpaid' THEN 'overpays' WHEN 'partially_paid' THEN 'underpays'
                                                           WHEN 'open' THEN 'payer' WHEN 'cancelled' THEN 'payer'
                                                           WHEN 'expired' THEN 'payer' ELSE 'pays' END || '@kit.invalid',
                                1250, 'usd', 'Kit ' || kind, request_key => kind);
    END LOOP;
    PERFORM request_payment('kit-completed', w || '@kit.invalid', 1250, 'usd', 'Kit ' || w, request_key => w)
       FROM unnest(ARRAY['refused', 'deferred', 'in-doubt', 'bounces']) w;
    PERFORM pay_kit.play();
    SELECT c.charge_id INTO STRICT charge FROM charge c JOIN payment_request r USING (request_id) WHERE r.request_key = 'refunded';
    PERFORM pay_kit.refund(charge);
    SELECT c.charge_id INTO STRICT charge FROM charge c JOIN payment_request r USING (request_id) WHERE r.request_key = 'disputed';
    PERFORM pay_kit.dispute(charge);
    PERFORM cancel_payment_request(r.request_id) FROM payment_request r WHERE r.request_key = 'cancelled';
    PERFORM close_request(r.request_id, 'expired', 'expired', 'The request was not paid in time.') FROM payment_request r
      WHERE r.request_key = 'expired';
    PERFORM pay_kit.play();
END $$;
COMMENT ON FUNCTION pay_kit.fixtures() IS
    'Companies kit-completed, kit-incomplete, kit-in_review, kit-rejected, kit-disconnected, kit-started and kit-unconnected, and requests of the first whose request_key is their state, or what becomes of their mail.';

GRANT EXECUTE ON FUNCTION pay_kit.account_of, pay_kit.set_account, pay_kit.pay, pay_kit.refund, pay_kit.dispute, pay_kit.play,
    pay_kit.fixtures TO pay_app;
