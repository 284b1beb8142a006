-- SPDX-License-Identifier: MIT
-- The contract kit, as the tests of an application use it: as a member of pay_app, inside one transaction. That it does
-- what the daemon does is shown by ContractKit in tests/end_to_end/.
BEGIN;
SELECT plan(25);
\i jobs/contract_kit/contract_kit.sql
RESET ROLE;

SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'pay_kit'::regnamespace
                   AND (obj_description(p.oid, 'pg_proc') IS NULL
                        OR has_function_privilege('public', p.oid, 'EXECUTE')
                        OR p.proowner <> 'pay_owner'::regrole
                        OR NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pay, pay_private, pg_temp'])$$,
                'every function says what it is, belongs to the owner, and is nobody''s by itself');
SELECT set_eq($$SELECT proname::text FROM pg_proc WHERE pronamespace = 'pay_kit'::regnamespace
                   AND has_function_privilege('pay_app', oid, 'EXECUTE')$$,
              ARRAY['account_of', 'dispute', 'fixtures', 'pay', 'play', 'refund', 'set_account'], 'applications have seven of them');

SET LOCAL ROLE pay_app;
SELECT lives_ok('SELECT pay_kit.fixtures()', 'the fixtures are made');
SELECT results_eq($$SELECT company, stage, stage_detail, blocker FROM pay.integrations WHERE company LIKE 'kit-%' ORDER BY company$$,
    $$VALUES ('kit-completed', 'completed', 'enabled', 'none'),
             ('kit-disconnected', 'disconnected', 'disconnected', 'merchant'),
             ('kit-in_review', 'pending', 'in_review', 'stripe'),
             ('kit-incomplete', 'incomplete', 'action_required', 'merchant'),
             ('kit-rejected', 'incomplete', 'rejected', 'stripe'),
             ('kit-started', 'pending', 'onboarding', 'merchant'),
             ('kit-unconnected', NULL, NULL, NULL)$$, 'there is a company in each stage');
SELECT results_eq($$SELECT request_key::text, state, delivery FROM pay.payment_requests WHERE company = 'kit-completed'
                     ORDER BY request_key::text COLLATE "C"$$,
    $$VALUES ('bounces', 'open', 'bounced'), ('cancelled', 'cancelled', 'sent'), ('deferred', 'open', 'deferred'),
             ('disputed', 'disputed', 'sent'), ('expired', 'expired', 'sent'), ('in-doubt', 'open', 'in_doubt'),
             ('open', 'open', 'sent'), ('overpaid', 'overpaid', 'sent'), ('paid', 'paid', 'sent'),
             ('partially_paid', 'partially_paid', 'sent'), ('refunded', 'refunded', 'sent'), ('refused', 'failed', 'failed')$$,
    'and a request in each state');
SELECT is(pay_kit.play(), 0, 'nothing is left to do');

-- A connection, from the first click to the last.
SELECT lives_ok($$SELECT pay.connect('bakery', 'owner@example.com', country => 'US', request_key => 'c')$$, 'connect');
SELECT is((SELECT state FROM pay.commands WHERE request_key = 'c'), 'queued', 'waits for its turn');
SELECT is(pay_kit.play(), 1, 'which comes with play()');
SELECT matches((SELECT result_url FROM pay.commands WHERE request_key = 'c'), '^https://', 'and has a link');
SELECT lives_ok($$SELECT pay.finalize('bakery'), pay_kit.play()$$, 'the form was sent');
SELECT is((SELECT stage FROM pay.integrations WHERE company = 'bakery'), 'completed', 'the stage is completed');
SELECT lives_ok($$SELECT pay_kit.set_account('bakery', 'incomplete')$$, 'Stripe wants more');
SELECT results_eq($$SELECT requirement, status, awaiting FROM pay.requirements WHERE company = 'bakery' AND status <> 'met'$$,
                  $$VALUES ('company.tax_id', 'past_due', 'merchant')$$, 'and says what');
SELECT lives_ok($$SELECT pay.request_payment('bakery', 'payer@example.com', 1250, 'usd', 'Invoice', request_key => 'waits'),
                         pay_kit.play()$$, 'a request meanwhile');
SELECT is((SELECT reason_code FROM pay.payment_requests WHERE request_key = 'waits'), 'company_not_ready', 'waits');
SELECT lives_ok($$SELECT pay.manage('bakery'), pay_kit.play()$$, 'the company opens the form again');
SELECT lives_ok($$SELECT pay.finalize('bakery'), pay_kit.play()$$, 'and sends it');
SELECT is((SELECT delivery FROM pay.payment_requests WHERE request_key = 'waits'), 'sent', 'then the request goes out');

-- An account that exists.
SELECT lives_ok($$SELECT pay.connect('cafe', 'cafe@example.com', country => 'US', existing => true, request_key => 'o')$$, 'OAuth');
SELECT is(pay_kit.play(), 1, 'begins');
SELECT lives_ok($$SELECT pay.complete_oauth('cafe', 'ac_kit', substring(result_url FROM 'state=(.*)')), pay_kit.play()
                    FROM pay.commands WHERE request_key = 'o'$$, 'and ends with the state of the link');
SELECT is((SELECT stage FROM pay.integrations WHERE company = 'cafe'), 'completed', 'connected');

RESET ROLE;
SELECT is_empty($$SELECT * FROM pay_private.violation WHERE invariant NOT IN ('INV-01', 'INV-02')$$,
                'the rules of verify hold, but those about reading Stripe');

-- Never beside the real thing.
INSERT INTO pay_private.stripe_call (idempotency_key, path, body, purpose, subject) VALUES ('k', '/v1/accounts', '', 'account', 's');
\set kit `cat jobs/contract_kit/contract_kit.sql`
SELECT throws_ok(:'kit', 'PY409', NULL, 'a database that was used with Stripe takes no kit');
SELECT * FROM finish();
ROLLBACK;
