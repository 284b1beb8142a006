-- SPDX-License-Identifier: MIT
-- Erasing a person: afterwards no column of any table holds the address or the name, and everything else is as it was.
BEGIN;
SELECT plan(53);
SET LOCAL bytea_output = 'escape';
\i jobs/contract_kit/contract_kit.sql
RESET ROLE;
SELECT pay_kit.fixtures();

-- Every column of every table, searched as text, with what is another person's taken away before.
CREATE FUNCTION pg_temp.places(words text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    place record;
    hits bigint;
BEGIN
    FOR place IN
        SELECT c.oid::regclass AS name, a.attname, a.atttypid = 'bytea'::regtype AS bytes
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace IN ('pay'::regnamespace, 'pay_private'::regnamespace) AND c.relkind IN ('r', 'p', 'm')
    LOOP
        EXECUTE format('SELECT count(*) FROM %s t
                         WHERE regexp_replace(lower(%s), ''joann(\.| de )example|ann\.example%%40mail\.test\.other'', '''', ''g'') LIKE ANY ($1)',
                       place.name,
                       format(CASE WHEN place.bytes THEN 'encode(%I, ''escape'')' ELSE '%I::text' END, place.attname))
           INTO hits USING words;
        IF hits > 0 THEN
            RETURN NEXT place.name || '.' || place.attname;
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION pg_temp.all_rows(but text[]) RETURNS TABLE (name text, contents text) LANGUAGE plpgsql AS $$
DECLARE
    place regclass;
BEGIN
    FOR place IN SELECT c.oid FROM pg_class c
                  WHERE c.relnamespace IN ('pay'::regnamespace, 'pay_private'::regnamespace) AND c.relkind = 'r'
    LOOP
        RETURN QUERY EXECUTE format('SELECT %L, t::text FROM %s t WHERE t::text NOT LIKE ALL ($1)', place, place) USING but;
    END LOOP;
END $$;
PREPARE found AS SELECT p FROM pg_temp.places(ARRAY['%ann.example@%', '%ann.example\%40%', '%ann de example%', '%ann+de+example%',
    '%ann\%20de\%20example%', '%ann else%', '%dear ann%']) p;

-- Ann, in every table that can hold her, and Joann, who is somebody else.
UPDATE pay.company SET email = 'office@mail.test', admin_emails = '{office@mail.test,ann.example@mail.test}' WHERE company = 'kit-completed';
INSERT INTO pay.company (company, name, email) VALUES ('ann', 'Ann', 'Ann.Example@mail.test');
SELECT pay.request_payment('kit-completed', 'Ann.Example@Mail.test', 5000, 'eur', 'Invoice 7 for Ann de Example', request_key => 'a-paid',
    to_name => 'Ann de Example', message => 'Dear Ann, hello', metadata => '{"customer": "Ann de Example <ann.example@mail.test>", "n": 7}'),
  pay.request_payment('kit-completed', 'ann.example@mail.test', 700, 'eur', 'Ann de Example: open', request_key => 'a-sent',
    to_name => 'Ann de Example', due_on => current_date + 40, reminders => '{-7}', cc => '{copy@mail.test,ANN.example@mail.test}'),
  pay.request_payment('kit-completed', 'joann.example@mail.test', 900, 'eur', 'For Joann', request_key => 'j-cc',
    to_name => 'Joann de Exampler', cc => '{ann.example@mail.test}', reply_to => 'ann.example@mail.test', message => 'Dear Joann'),
  pay.request_payment('kit-completed', 'joann.example@mail.test', 901, 'eur', 'For Joann alone', request_key => 'j-paid', message => 'Dear J');
SELECT pay_kit.play();
SELECT pay_kit.pay(request_id) FROM pay.payment_requests WHERE request_key = 'j-paid';
SELECT pay_kit.pay(request_id, payer_email => 'ann.example@mail.test') FROM pay.payment_requests WHERE request_key = 'a-paid';
SELECT pay_kit.play();
UPDATE pay_private.charge SET payer_name = 'Joann de Exampler', payer_email = 'joann.example@mail.test'
 WHERE request_id = (SELECT request_id FROM pay.payment_requests WHERE request_key = 'j-paid');
UPDATE pay_private.charge SET payer_name = 'ANN DE EXAMPLE', payer_email = 'ann.example@mail.test', receipt_email = 'Ann.Example@mail.test',
       receipt_url = 'https://pay.test/receipts/1', description = 'Invoice 7 for Ann de Example', failure_message = 'no: ann.example@mail.test'
 WHERE request_id = (SELECT request_id FROM pay.payment_requests WHERE request_key = 'a-paid');
UPDATE pay_private.balance_transaction SET description = 'Invoice 7 for Ann de Example'
 WHERE source_id = (SELECT charge_id FROM pay_private.charge WHERE payer_email = 'ann.example@mail.test');
SELECT pay.request_payment('kit-completed', 'ann.example@mail.test', 800, 'eur', 'Not sent', request_key => 'a-waits', to_name => 'Ann de Example'),
       pay.request_payment('kit-completed', 'ann.example@mail.test', 801, 'eur', 'Under way', request_key => 'a-dot');
INSERT INTO pay_private.message (request_id, delivery_id, message_id, replaces, size, sha256, bytes)
SELECT d.request_id, d.delivery_id, m.id, NULL, 25, '', 'To: ann.example@mail.test'
  FROM pay_private.delivery d JOIN pay.payment_requests r USING (request_id) CROSS JOIN (VALUES ('dot-1@x'), ('dot@x')) m (id)
 WHERE r.request_key = 'a-dot';
UPDATE pay_private.message SET replaces = message_key - 1 WHERE message_id = 'dot@x';
UPDATE pay_private.delivery SET state = 'committing', lease_token = 1, leased_until = now() + interval '1 minute',
       message_key = (SELECT message_key FROM pay_private.message WHERE message_id = 'dot@x')
 WHERE request_id = (SELECT request_id FROM pay.payment_requests WHERE request_key = 'a-dot');
UPDATE pay_private.delivery SET smtp_reply = '250 ok for <Ann.Example@mail.test>' WHERE recipient = 'Ann.Example@Mail.test';
UPDATE pay_private.message m SET bytes = 'To: Ann de Example <ann.example@mail.test>'
  FROM pay_private.delivery d WHERE d.message_key = m.message_key AND d.recipient = 'Ann.Example@Mail.test';
UPDATE pay_private.delivery_attempt SET smtp_reply = '250 ok for Ann.Example@mail.test.'
 WHERE delivery_id IN (SELECT delivery_id FROM pay_private.delivery WHERE recipient = 'Ann.Example@Mail.test');
INSERT INTO pay_private.bounce (delivery_id, source, recipient, action, diagnostic)
SELECT delivery_id, 'test', 'ann.example@mail.test', 'delayed', 'smtp; 450 <ann.example@mail.test>'
  FROM pay_private.delivery WHERE recipient = 'Ann.Example@Mail.test' AND kind = 'request';
INSERT INTO pay.command (company, kind, email, request_key, arguments) VALUES
    ('ann', 'connect', 'ann.example@mail.test', 'for ann.example@mail.test', '{"note": "Ann.Example@mail.test"}');
UPDATE pay_private.integration SET email_of_record = 'ann.example@mail.test' WHERE company = 'kit-started';
INSERT INTO pay_private.oauth_state (state_sha256, company, command_id, email, expires_at)
SELECT repeat('a', 64), company, command_id, 'ann.example@mail.test', now() FROM pay.command WHERE company = 'ann';
INSERT INTO pay_private.stripe_call (idempotency_key, path, body, purpose, subject, status, finished_at) VALUES
    ('k1', '/v1/x', 'name=Ann+de+Example&email=ann.example%40mail.test&x=1', 'p', 's', 200, now()),
    ('k2', '/v1/x', 'email=joann.example%40mail.test', 'p', 's', 200, now()),
    ('k3', '/v1/x', 'email=ann.example%40mail.test.other', 'p', 's', 200, now());
INSERT INTO pay_private.quarantine (account_id, stream, object_id, raw, error) VALUES
    ('acct_q', 'charges', 'ch_q', '{"id":"ch_q","name":"Ann Else","email":"ann.example@mail.test"}', 'bad: ann.example@mail.test'),
    ('acct_q', 'charges', 'ch_r', '{"id":"ch_r","email":"joann.example@mail.test"}', 'bad');
INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence)
SELECT 'k', account_id, charge_id, '{"said": "Ann de Example", "by": "a\nann.example@mail.test"}' FROM pay_private.charge WHERE payer_name = 'ANN DE EXAMPLE';
INSERT INTO pay_private.swept_account (account_id, stage_changes, raw, stripe_request_id, read_at)
VALUES ('acct_s', false, '{"email":"ann.example@mail.test"}', 'req', now());
INSERT INTO pay.collect_payment_file (company, name, media_type, content)
VALUES ('kit-completed', 'terms.txt', 'text/plain', 'Write to ann.example@mail.test.'), ('kit-completed', 'b.txt', 'text/plain', 'joann.example@mail.test');
INSERT INTO pay.mail_template (company, kind, locale, subject, changed_by) VALUES ('kit-completed', 'receipt', 'en', 'Ask ann.example@mail.test', 'x')
ON CONFLICT DO NOTHING;

UPDATE pay_private.delivery SET state = 'in_doubt', accepted_at = NULL WHERE recipient = 'copy@mail.test';
INSERT INTO pay.command (company, kind, email, request_key) VALUES ('ann', 'connect', 'ann.example@mail.test', 'under way');
UPDATE pay.command SET state = 'running' WHERE request_key = 'under way';

SELECT cmp_ok(count(*), '>=', 20::bigint, 'she is in many places: ' || string_agg(p, ', ')) FROM pg_temp.places(ARRAY['%ann.example@mail.test%']) p;
SELECT isnt_empty('EXECUTE found', 'which the search below would find');
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.all_rows(ARRAY['%ann.example%', '%Ann%', '%ANN%', '%Ann.Example%', '%For Joann%']);
CREATE TEMP TABLE violations_before AS SELECT * FROM pay_private.violation;
CREATE TEMP TABLE charges_before AS
SELECT account_id, charge_id, livemode, created, status, paid, captured, amount, amount_captured, amount_refunded, currency, refunded,
       disputed, balance_transaction_id, payment_intent_id, request_id, matched_by, method, brand, last4, row_hash, read_at, stripe_request_id
  FROM pay_private.charge;
CREATE TEMP TABLE requests_before AS SELECT request_id, seq, company, amount, currency, created_at, state, paid_at, amount_paid FROM pay.payment_request;
CREATE TEMP TABLE stripe_says AS SELECT * FROM pay_private.charge WHERE payer_name = 'ANN DE EXAMPLE';
CREATE TEMP TABLE ledger_says AS
SELECT b.* FROM pay_private.balance_transaction b JOIN stripe_says s ON s.charge_id = b.source_id;

-- Who may -----------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pg_temp.refused(role text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    RETURN NEXT throws_ok($s$SELECT * FROM pay_private.erase_subject('ann.example@mail.test')$s$, '42501', NULL, role || ' erases nobody');
    RESET ROLE;
END $$;
GRANT USAGE ON SCHEMA tap TO PUBLIC;
SELECT r.* FROM unnest(ARRAY['pay_app', 'pay_reader', 'pay_daemon']) role CROSS JOIN LATERAL pg_temp.refused(role) r;
SET LOCAL ROLE pay_operator;
SELECT throws_ok('SELECT * FROM pay_private.erase_salt', '42501', NULL, 'nobody but the owner reads the salt');
SELECT throws_ok($$SELECT * FROM pay_private.erase_subject('nobody')$$, 'PY400', NULL, 'it wants an address');
SELECT results_eq($$SELECT * FROM pay_private.erase_subject('stranger@mail.test')$$, $$VALUES ('nothing was found', 0::bigint)$$,
                  'of a stranger nothing is found');
RESET ROLE;
SELECT is_empty('SELECT * FROM pay_private.erased', 'and nothing kept');

-- The erasure ---------------------------------------------------------------------------------------------------------------

SET LOCAL ROLE pay_operator;
CREATE TEMP TABLE answer AS SELECT * FROM pay_private.erase_subject('ANN.example@mail.test');
RESET ROLE;
SELECT is((SELECT email::text FROM pay.command WHERE request_key = 'under way'), 'ann.example@mail.test', 'a command under way keeps its words');
SELECT is((SELECT rows FROM answer WHERE what LIKE 'commands and calls%'), 1::bigint, 'which the answer says');
UPDATE pay.command SET state = 'failed', error_code = 'x', finished_at = now() WHERE request_key = 'under way';
SET LOCAL ROLE pay_operator;
SELECT results_eq($$SELECT * FROM pay_private.erase_subject('ann.example@mail.test') WHERE what LIKE 'pay.%'$$, $$VALUES ('pay.command', 1::bigint)$$,
                  'until it has ended and she is erased again');
RESET ROLE;
SELECT is_empty('EXECUTE found', 'no column of any table holds the address or the name');
SELECT is_empty($$SELECT b.* FROM before b WHERE (b.name, b.contents) NOT IN (SELECT a.name, a.contents FROM pg_temp.all_rows('{}') a)
                     AND b.name NOT IN ('pay_private.payment_link')$$, 'rows of others are as they were');
SELECT set_eq('SELECT account_id, charge_id, livemode, created, status, paid, captured, amount, amount_captured, amount_refunded, currency, refunded,
       disputed, balance_transaction_id, payment_intent_id, request_id, matched_by, method, brand, last4, row_hash, read_at, stripe_request_id
  FROM pay_private.charge', 'SELECT * FROM charges_before', 'the money of every charge, and the proof of it, is as it was');
SELECT set_eq('SELECT request_id, seq, company, amount, currency, created_at, paid_at, amount_paid FROM pay.payment_request',
              'SELECT request_id, seq, company, amount, currency, created_at, paid_at, amount_paid FROM requests_before',
              'and so is what was asked for and paid');
SELECT set_eq('SELECT invariant, account_id, subject FROM pay_private.violation', 'SELECT invariant, account_id, subject FROM violations_before',
              'no rule of verify is broken by it');
SELECT is_empty($$SELECT * FROM pay_private.violation WHERE invariant NOT IN ('INV-01', 'INV-02')$$, 'nor was one before, but those about reading Stripe');
SELECT results_eq($$SELECT request_key::text, state FROM pay.payment_requests WHERE request_key LIKE 'a-%' OR request_key LIKE 'j-%'
                     ORDER BY request_key::text COLLATE "C"$$,
                  $$VALUES ('a-dot', 'open'), ('a-paid', 'paid'), ('a-sent', 'open'), ('a-waits', 'cancelled'), ('j-cc', 'open'), ('j-paid', 'paid')$$,
                  'what was not sent is cancelled, and nothing else');
SELECT is_empty($$SELECT * FROM pay_private.payment_link l JOIN pay.payment_request r USING (request_id)
                   WHERE r.request_key = 'a-waits' AND l.wanted_active$$, 'and its link is not wanted');
SELECT is_empty($$SELECT * FROM pay_private.delivery WHERE recipient LIKE 'erased-%' AND next_attempt_at IS NOT NULL AND state <> 'committing'$$,
                'none of her mails is in the queue any more');
SELECT results_eq($$SELECT d.kind, d.state FROM pay_private.delivery d JOIN pay.payment_request r USING (request_id)
                     WHERE request_key = 'a-sent' AND recipient LIKE 'erased-%' ORDER BY d.kind, d.recipient$$,
                  $$VALUES ('reminder', 'cancelled'), ('request', 'sent'), ('request', 'sent')$$,
                  'reminders are stopped, and two spellings stay two mails');
SELECT is((SELECT state FROM pay.deliveries WHERE message_id = 'dot@x'), 'committing', 'a mail at its last dot is left to end');
SELECT is((SELECT rows FROM answer WHERE what LIKE 'mails being sent%'), 1::bigint, 'which the answer says');
SELECT is((SELECT rows FROM answer WHERE what = 'payment requests cancelled'), 1::bigint, 'as it does what was cancelled');
SELECT is((SELECT rows FROM answer WHERE what = 'pay_private.charge'), 1::bigint, 'and how many charges there were');
SELECT is((SELECT state FROM pay.command WHERE company = 'ann' AND request_key <> 'under way'), 'cancelled', 'her command is cancelled');
SELECT results_eq($$SELECT body FROM pay_private.stripe_call WHERE idempotency_key IN ('k2', 'k3') ORDER BY idempotency_key$$,
                  $$VALUES ('email=joann.example%40mail.test'), ('email=ann.example%40mail.test.other')$$, 'a longer address is another one');
SELECT is((SELECT raw FROM pay_private.quarantine WHERE object_id = 'ch_r'), '{"id":"ch_r","email":"joann.example@mail.test"}', 'in quarantine too');
SELECT results_eq($$SELECT to_name::text, cc::text[], reply_to::text, message FROM pay.payment_request WHERE request_key = 'j-cc'$$,
                  $$VALUES ('Joann de Exampler', '{}'::text[], NULL::text, 'Dear Joann')$$, 'a request to somebody else loses only her copy');
SELECT is((SELECT email::text FROM pay.suppression WHERE reason = 'erased'), (SELECT pseudonym FROM pay_private.erased), 'the suppression list knows her by her pseudonym');
SELECT isnt(pay_private.as_email((SELECT pseudonym FROM pay_private.erased)), NULL, 'which is an address');

SET LOCAL ROLE pay_operator;
SELECT results_eq($$SELECT * FROM pay_private.erase_subject('ann.example@mail.test') WHERE what NOT LIKE 'mails being%'$$,
                  $$VALUES ('nothing was left to erase: it was done before', 0::bigint)$$, 'a second time nothing is changed, and it says so');
RESET ROLE;

-- Rows that come later ------------------------------------------------------------------------------------------------------------

-- As the daemon stores what Stripe shows: nothing is written when nothing else changed.
PREPARE read_again AS
INSERT INTO pay_private.charge AS m SELECT s.* FROM stripe_says s
ON CONFLICT (account_id, charge_id) DO UPDATE
   SET payer_name = excluded.payer_name, payer_email = excluded.payer_email, receipt_email = excluded.receipt_email,
       receipt_url = excluded.receipt_url, description = excluded.description, failure_message = excluded.failure_message,
       amount_refunded = excluded.amount_refunded, row_hash = excluded.row_hash
 WHERE m.row_hash IS DISTINCT FROM excluded.row_hash
    OR (m.payer_name, m.payer_email, m.receipt_email, m.receipt_url, m.description, m.failure_message, m.amount_refunded)
       IS DISTINCT FROM (excluded.payer_name, excluded.payer_email, excluded.receipt_email, excluded.receipt_url,
                         excluded.description, excluded.failure_message, excluded.amount_refunded)
RETURNING payer_name = (SELECT pseudonym FROM pay_private.erased), payer_email = payer_name, receipt_email = payer_name, receipt_url, description;
SELECT is_empty('EXECUTE read_again', 'the same charge read again is not written');
UPDATE stripe_says SET row_hash = row_hash + 1;
SELECT results_eq('EXECUTE read_again', $$SELECT true, true, true, NULL::text, 'Invoice 7 for ' || pseudonym FROM pay_private.erased$$,
                  'a changed one is written with the pseudonym');
UPDATE stripe_says SET charge_id = 'ch_new', request_id = NULL, description = 'Again by Ann de Example, ann.example@mail.test';
SELECT results_eq('EXECUTE read_again', $$SELECT true, true, true, NULL::text, 'Again by ' || pseudonym || ', ' || pseudonym FROM pay_private.erased$$,
                  'and so is another one of hers');
SELECT is_empty($$INSERT INTO pay_private.balance_transaction AS m SELECT * FROM ledger_says
                  ON CONFLICT (account_id, balance_transaction_id) DO UPDATE SET description = excluded.description
                   WHERE m.description IS DISTINCT FROM excluded.description RETURNING 1$$, 'nor is its ledger row written again');
INSERT INTO pay_private.quarantine (account_id, stream, object_id, raw, error)
VALUES ('acct_q', 'charges', 'ch_q', '{"id":"ch_q","name":"Ann Else","email":"ann.example@mail.test"}', 'bad')
ON CONFLICT (account_id, stream, object_id) DO UPDATE SET raw = excluded.raw;
UPDATE pay_private.delivery SET state = 'failed', smtp_reply = '550 no Ann.Example@mail.test here', reason_code = 'mail_refused',
       reason_text = '550 <ann.example@mail.test>'
 WHERE delivery_id = (SELECT delivery_id FROM pay.deliveries WHERE message_id = 'dot@x');
SELECT is(pay_private.resolve_mail((SELECT delivery_id FROM pay_private.delivery WHERE recipient = 'copy@mail.test'), false), 1,
          'a copy in doubt to somebody else, sent again,');
SELECT results_eq($$SELECT state, bytes FROM pay_private.delivery JOIN pay_private.message USING (message_key)
                     WHERE recipient = 'copy@mail.test'$$,
                  $$VALUES ('deferred', NULL::bytea)$$, 'has no bytes, and is written anew');
SELECT set_eq($$SELECT p FROM pg_temp.places(ARRAY['% ann.example@mail.test%', '%<ann.example@mail.test%', '%"ann.example@mail.test%', '%ann else%']) p$$,
              '{}'::text[], 'neither the quarantine nor a mail server brings her back');

SET LOCAL ROLE pay_app;
SELECT lives_ok($$SELECT pay.request_payment('kit-completed', 'Ann.Example@mail.test', 300, 'eur', 'New', request_key => 'a-new')$$, 'a new request to her');
SELECT results_eq($$SELECT state, delivery, reason_code FROM pay.payment_requests WHERE request_key = 'a-new'$$,
                  $$VALUES ('failed', 'suppressed', 'suppressed')$$, 'ends, for she is on the suppression list');
SELECT lives_ok($$INSERT INTO pay.suppression (email, reason) VALUES ('ann.example@mail.test', 'again') ON CONFLICT DO NOTHING$$, 'she is on it');
SELECT results_eq($$SELECT reason FROM pay.suppression WHERE email LIKE '%ann.ex%' OR email LIKE 'erased%'$$, $$VALUES ('erased')$$, 'once');
SELECT ok(pay.unsuppress('Ann.example@mail.test'), 'an application takes her off');
SELECT ok(NOT pay.unsuppress('Ann.example@mail.test'), 'once');
SELECT lives_ok($$SELECT pay.resend_payment_request(request_id) FROM pay.payment_requests WHERE request_key = 'a-new'$$, 'and then may write to her');
SELECT results_eq($$SELECT state, delivery FROM pay.payment_requests WHERE request_key = 'a-new'$$, $$VALUES ('open', 'queued')$$, 'again');
RESET ROLE;

-- The protection is there for all others -----------------------------------------------------------------------------------

SELECT throws_ok($$UPDATE pay.payment_request SET description = 'x' WHERE request_key = 'j-cc'$$, 'PY409', NULL, 'a request never changes');
SET LOCAL ROLE pay_owner;
SELECT throws_ok($$UPDATE pay.payment_request SET amount = 1 WHERE request_key = 'j-cc'$$, 'PY409', NULL, 'its amount not even by the owner');
SELECT throws_ok($$UPDATE pay.payment_request SET to_email = 'thief@mail.test' WHERE request_key = 'j-cc'$$, 'PY409', NULL, 'nor its address, but for a pseudonym');
RESET ROLE;
SELECT throws_ok($$UPDATE pay.collect_payment_file SET content = 'x'$$, 'PY409', NULL, 'nor a file');
SELECT throws_ok($$UPDATE pay.command SET email = 'erased-1@invalid'$$, 'PY409', NULL, 'nor a command');
SELECT * FROM finish();
ROLLBACK;
