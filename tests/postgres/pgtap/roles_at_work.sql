-- SPDX-License-Identifier: MIT
-- Each role does what it may; the rest is refused.
BEGIN;
SELECT plan(46);

CREATE FUNCTION pg_temp.refused(statement text, what text) RETURNS text LANGUAGE sql AS $$
    SELECT throws_ok(statement, '42501', NULL, what)
$$;

-- An application --------------------------------------------------------------------------------------------------------

SET LOCAL ROLE pay_app;
SELECT lives_ok($$SELECT pay.register_company('acme', 'Acme Ltd', 'office@acme.test')$$, 'an application registers a company');
SELECT lives_ok($$INSERT INTO pay.company (company, name) VALUES ('other', 'Other')$$, 'or inserts one');
SELECT lives_ok($$UPDATE pay.company SET name = 'Another', mail_account = NULL WHERE company = 'other'$$, 'and changes it');
SELECT lives_ok($$SELECT pay.connect('acme', 'owner@acme.test', request_key => 'c1')$$, 'queues a command');
SELECT results_eq($$INSERT INTO pay.command (company, kind) VALUES ('acme', 'refresh') RETURNING state$$, $$VALUES ('queued')$$,
                  'or inserts one and reads it back');
SELECT lives_ok($$SELECT pay.cancel_command(command_id) FROM pay.command WHERE kind = 'refresh'$$, 'and cancels it');
SELECT lives_ok($$SELECT pay.complete_oauth('acme', 'ac_1', 'state_1')$$, 'hands over an authorization code');
SELECT lives_ok($$SELECT pay.update_settings('acme', default_currency => 'eur')$$, 'asks for settings');
SELECT lives_ok($$SELECT pay.update_branding('acme', 'checkout', primary_color => '#102030')$$, 'sets a brand');
SELECT lives_ok($$SELECT pay.set_mail_template('acme', 'receipt', subject => 'Thank you')$$, 'sets a text');
SELECT lives_ok($$SELECT pay.add_collect_payment_file('acme', 'a.txt', 'text/plain', 'abc')$$, 'adds a file');
SELECT lives_ok($$SELECT pay.request_payment('acme', 'payer@example.com', 1250, 'eur', 'Invoice 1', request_key => 'r1',
                     metadata => '{"order": 7}')$$, 'asks for a payment');
SELECT results_eq($$INSERT INTO pay.payment_request (company, to_email, amount, currency, description, request_key, metadata)
                    VALUES ('acme', 'payer@example.com', 1250, 'eur', 'Invoice 2', 'r2', '{"a": 1}')
                    ON CONFLICT (company, request_key) WHERE request_key IS NOT NULL DO NOTHING RETURNING company, state$$,
                  $$VALUES ('acme', 'open')$$, 'or inserts the request, once for each key');
SELECT is((SELECT requested_by FROM pay.payment_requests WHERE request_key = 'r1'), session_user::text,
          'the row names who logged in, not the owner of the function');
SELECT lives_ok($$SELECT pay.change_payment_request_expiry(request_id, now() + interval '1 day'),
                         pay.replace_payment_link(request_id), pay.remind_payment_request(request_id),
                         pay.resend_payment_request(request_id), pay.request_status(request_id),
                         pay.cancel_payment_request(request_id)
                    FROM pay.payment_requests WHERE request_key = 'r2'$$, 'steers a request');
SELECT lives_ok($$INSERT INTO pay.suppression (email, reason) VALUES ('gone@example.com', 'manual')$$, 'fills the suppression list');
SELECT lives_ok($$DELETE FROM pay.suppression WHERE email = 'gone@example.com'$$, 'and empties it');
SELECT throws_ok($$SELECT pay.report_bounce('<nobody@example.com>')$$, 'PY404', NULL, 'reports what came back');
SELECT lives_ok($$SELECT count(*) FROM pay.commands UNION ALL SELECT count(*) FROM pay.payment_requests
        UNION ALL SELECT count(*) FROM pay.deliveries UNION ALL SELECT count(*) FROM pay.bounces
        UNION ALL SELECT count(*) FROM pay.my_payments UNION ALL SELECT count(*) FROM pay.my_payments('acme', '{"text": "x"}')
        UNION ALL SELECT count(*) FROM pay.payment_to_bank UNION ALL SELECT count(due_words) FROM pay.integrations
        UNION ALL SELECT count(*) FROM pay.requirements UNION ALL SELECT count(state) FROM pay.settings
        UNION ALL SELECT count(noticed_within) FROM pay.stage_history UNION ALL SELECT count(*) FROM pay.coverage$$,
                'reads its views');
SELECT pg_temp.refused('SELECT to_email FROM pay.payment_request', 'the queue is read by its view');
SELECT pg_temp.refused('SELECT confirmation FROM pay.command', 'and commands by theirs');
SELECT pg_temp.refused($$UPDATE pay.payment_request SET state = 'paid'$$, 'no application says that something is paid');
SELECT pg_temp.refused('DELETE FROM pay.payment_request', 'or takes a request away');
SELECT pg_temp.refused($$UPDATE pay.company SET company = 'mine'$$, 'or renames a company');
SELECT pg_temp.refused('SELECT * FROM pay.alarms', 'alarms are for operators');
SELECT pg_temp.refused('SELECT * FROM pay_private.charge', 'what is private is private');
SELECT pg_temp.refused($$SELECT pay_private.clear_fuse()$$, 'so is the fuse');
SELECT pg_temp.refused('CREATE TABLE pay.mine (a integer)', 'and nothing is put beside our tables');

-- A report ---------------------------------------------------------------------------------------------------------------

SET LOCAL ROLE pay_reader;
SELECT lives_ok($$SELECT count(command_id) FROM pay.commands UNION ALL SELECT count(*) FROM pay.payment_requests
        UNION ALL SELECT count(*) FROM pay.my_payments(NULL) UNION ALL SELECT count(due_words) FROM pay.integrations
        UNION ALL SELECT count(state) FROM pay.settings UNION ALL SELECT count(*) FROM pay.alarms
        UNION ALL SELECT count(*) FROM pay.stage_detection UNION ALL SELECT count(*) FROM pay.coverage$$,
                'a report reads the views');
SELECT pg_temp.refused('SELECT result_url FROM pay.commands', 'but no link to Stripe''s form');
SELECT pg_temp.refused($$SELECT pay.command_status(command_id) FROM pay.commands$$, 'by no way');
SELECT pg_temp.refused($$SELECT pay.request_payment('acme', 'payer@example.com', 1250, 'eur', 'x')$$, 'asks for nothing');
SELECT pg_temp.refused('SELECT * FROM pay.company', 'and reads no table');

-- An operator --------------------------------------------------------------------------------------------------------------

SET LOCAL ROLE pay_operator;
SELECT lives_ok($$SELECT pay_private.clear_fuse(), pay_private.requeue_mail(gen_random_uuid()),
                         pay_private.resolve_mail(gen_random_uuid(), true)$$, 'an operator clears the fuse and settles mails');
SELECT lives_ok($$SELECT count(*) FROM pay_private.violation JOIN pay_private.invariant USING (invariant)$$, 'verifies');
SELECT throws_ok($$SELECT pay_private.accept_discrepancy(0, 'x')$$, 'PY404', NULL, 'accepts a discrepancy, if there is one');
SELECT throws_ok($$SELECT pay_private.backfill('nobody', '2026-01-01')$$, 'PY404', 'there is no company "nobody"',
                 'has a company read again, if there is one');
SELECT pg_temp.refused('SELECT code FROM pay_private.oauth_code', 'but sees no authorization code');
SELECT pg_temp.refused('SELECT bytes FROM pay_private.message', 'and no bytes of a mail');
SELECT pg_temp.refused($$UPDATE pay_private.delivery SET state = 'sent'$$, 'and writes no outcome');
SELECT pg_temp.refused($$SELECT pay.connect('acme', 'x@example.com')$$, 'and acts for no company');

-- The daemon -----------------------------------------------------------------------------------------------------------------

SET LOCAL ROLE pay_daemon;
SELECT lives_ok($$UPDATE pay.payment_request SET state = 'expired' WHERE request_key = 'r1'$$,
                'the daemon writes outcomes, and what follows from them is written with the owner''s rights');
SELECT pg_temp.refused('DELETE FROM pay_private.charge', 'it forgets no payment');
SELECT pg_temp.refused('TRUNCATE pay_private.delivery', 'and no mail');
SELECT pg_temp.refused('DROP TABLE pay_private.delivery', 'and changes no structure');
SELECT pg_temp.refused($$SELECT pay_private.backfill('acme', '2026-01-01')$$, 'what is read again people decide');

RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
