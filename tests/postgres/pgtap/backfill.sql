-- SPDX-License-Identifier: MIT
-- An operator has a company read again from a day on.
BEGIN;
SELECT plan(13);

INSERT INTO pay.company (company, name) VALUES ('acme', 'Acme'), ('bravo', 'Bravo'), ('unread', 'Unread'), ('gone', 'Gone');
INSERT INTO pay_private.integration (account_id, company, livemode, current, stage, disconnected_at) VALUES
    ('acct_old', 'acme', true, false, 'pending', NULL), ('acct_acme', 'acme', true, true, 'pending', NULL),
    ('acct_unread', 'unread', true, true, 'pending', NULL), ('acct_gone', 'gone', true, true, 'disconnected', now());
INSERT INTO pay_private.stream (account_id, stream, since, watermark, last_completed_at, next_run_at, lease_token, leased_until)
SELECT a, s, now() - interval '30 days', now() - interval '1 day', now(), now() + interval '5 minutes', 7,
       now() + interval '1 minute'
  FROM unnest(ARRAY['acct_old', 'acct_acme', 'acct_gone']) a CROSS JOIN unnest(ARRAY['charges', 'disputes']) s;
INSERT INTO pay_private.stream (account_id, stream) VALUES ('acct_acme', 'payouts'), ('acct_unread', 'charges');

SELECT results_eq($$SELECT account_id, stream, since, until FROM pay_private.backfill_plan('acme', '2020-01-01 12:00:00.5Z')$$,
                  $$VALUES ('acct_acme', 'charges', timestamptz '2020-01-01 12:00Z', now()),
                           ('acct_acme', 'disputes', timestamptz '2020-01-01 12:00Z', now())$$,
                  'a plan has what was begun of the account that is used now');
SELECT is_empty('SELECT FROM pay_private.slice', 'and does nothing');
SELECT results_eq($$SELECT stream, since FROM pay_private.backfill('acme', '2020-01-01')$$,
                  $$VALUES ('charges', timestamptz '2020-01-01Z'), ('disputes', timestamptz '2020-01-01Z')$$,
                  'it is carried out and answers the same');
SELECT results_eq('SELECT account_id, stream, since, cursor, until FROM pay_private.slice ORDER BY stream',
                  $$VALUES ('acct_acme', 'charges', timestamptz '2020-01-01Z', NULL, to_timestamp(253402300799)),
                           ('acct_acme', 'disputes', timestamptz '2020-01-01Z', NULL, to_timestamp(253402300799))$$,
                  'all of it is still to be listed');
SELECT results_eq($$SELECT stream, since, lease_token, next_run_at FROM pay_private.stream WHERE account_id = 'acct_acme'
                       AND next_run_at IS NOT NULL AND stream <> 'payouts' ORDER BY stream$$,
                  $$VALUES ('charges', timestamptz '2020-01-01Z', NULL::bigint, now()),
                           ('disputes', timestamptz '2020-01-01Z', NULL, now())$$,
                  'at once, whoever was at it; and what is not read then is a hole');
SELECT is((SELECT count(*) FROM pay_private.stream WHERE lease_token = 7), 4::bigint, 'nobody else''s is');
UPDATE pay_private.slice SET cursor = 'ch_1';
SELECT is((SELECT count(*) FROM pay_private.backfill('acme', now() - interval '1 day')), 2::bigint, 'asked again, for less,');
SELECT is((SELECT min(since) FROM pay_private.slice), '2020-01-01Z', 'it still goes back as far');

SELECT throws_ok($$SELECT * FROM pay_private.backfill('nobody', '2020-01-01')$$, 'PY404', 'there is no company "nobody"',
                 'an unknown company');
SELECT throws_ok($$SELECT * FROM pay_private.backfill('bravo', '2020-01-01')$$, 'PY404', 'company "bravo" has no account',
                 'one without an account');
SELECT throws_ok($$SELECT * FROM pay_private.backfill('gone', '2020-01-01')$$, 'PY409',
                 'account acct_gone of company "gone" is disconnected and not read any more', 'one that left');
SELECT throws_ok($$SELECT * FROM pay_private.backfill('unread', '2020-01-01')$$, 'PY409',
                 'account acct_unread of company "unread" has not begun to be read', 'one whose first walk has still to begin');
SELECT throws_ok($$SELECT * FROM pay_private.backfill('acme', now() + interval '1 day')$$, 'PY400',
                 'back_to: is no time in the past', 'a day to come');

SELECT * FROM finish();
ROLLBACK;
