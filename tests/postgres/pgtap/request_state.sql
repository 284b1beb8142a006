-- SPDX-License-Identifier: MIT
-- The state of a payment request for each combination of facts. Amounts: asked for is 100.
BEGIN;
SELECT plan(8);

CREATE TEMP TABLE expected (captured bigint, refunded bigint, state text, multi_party_state text);
INSERT INTO expected VALUES
    (0, 0, NULL, NULL),  -- nothing came: what is under way or closed_as decides
    (40, 0, 'partially_paid', 'partially_paid'),
    (40, 10, 'partially_paid', 'partially_paid'),
    (40, 40, 'refunded', 'refunded'),
    (100, 0, 'paid', 'paid'),
    (100, 1, 'partially_refunded', 'partially_refunded'),
    (100, 99, 'partially_refunded', 'partially_refunded'),
    (100, 100, 'refunded', 'refunded'),
    (150, 0, 'overpaid', 'paid'),
    (150, 49, 'overpaid', 'partially_refunded'),
    (150, 50, 'paid', 'partially_refunded'),
    (150, 51, 'partially_refunded', 'partially_refunded'),
    (150, 150, 'refunded', 'refunded'),
    (300, 100, 'overpaid', 'partially_refunded');
CREATE TEMP VIEW every_case AS
SELECT e.*, multi_party, closed_as, is_disputed, authorized, processing,
       pay_private.request_state(100, multi_party, closed_as, captured, refunded, is_disputed, authorized, processing) AS got
  FROM expected e
 CROSS JOIN unnest(ARRAY[false, true]) multi_party
 CROSS JOIN unnest(ARRAY[NULL, 'cancelled', 'expired', 'failed']) closed_as
 CROSS JOIN unnest(ARRAY[false, true]) is_disputed
 CROSS JOIN unnest(ARRAY[0, 60]) authorized
 CROSS JOIN unnest(ARRAY[0, 60]) processing;

SELECT is_empty('SELECT * FROM every_case WHERE is_disputed AND got <> ''disputed''', 'a dispute counts more than all else');
SELECT is_empty($$SELECT * FROM every_case
                   WHERE NOT is_disputed AND authorized = 0 AND processing = 0 AND captured > 0
                     AND got IS DISTINCT FROM CASE WHEN multi_party THEN multi_party_state ELSE state END$$,
                'what was captured and given back decides, whether it was closed or not');
SELECT is_empty($$SELECT * FROM every_case
                   WHERE NOT is_disputed AND authorized = 0 AND processing = 0 AND captured = 0
                     AND got IS DISTINCT FROM coalesce(closed_as, 'open')$$,
                'without money it is open, or closed as somebody wanted');
SELECT is_empty($$SELECT * FROM every_case
                   WHERE NOT is_disputed AND authorized > 0 AND (captured < 100 OR captured = refunded) AND got <> 'authorized'$$,
                'while something is missing, an authorisation is shown');
SELECT is_empty($$SELECT * FROM every_case
                   WHERE NOT is_disputed AND authorized = 0 AND processing > 0 AND (captured < 100 OR captured = refunded)
                     AND got <> 'processing'$$,
                'and a debit on its way');
SELECT is_empty($$SELECT * FROM every_case
                   WHERE NOT is_disputed AND captured >= 100 AND captured > refunded AND got IN ('authorized', 'processing')$$,
                'but not once all was captured');
SELECT set_eq('SELECT DISTINCT got FROM every_case',
              ARRAY['open', 'processing', 'authorized', 'paid', 'overpaid', 'partially_paid', 'partially_refunded', 'refunded',
                    'disputed', 'cancelled', 'expired', 'failed'], 'each state occurs');
SELECT ok((SELECT bool_and(pg_get_constraintdef(c.oid) LIKE '%''' || got || '''%')
             FROM every_case, pg_constraint c WHERE c.conname = 'payment_request_state'), 'and the table takes each');

SELECT * FROM finish();
ROLLBACK;
