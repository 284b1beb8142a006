-- SPDX-License-Identifier: MIT
-- Each rule of jobs/schema/code/rules/ is registered with a view of the same shape, words, and a repair that exists.
BEGIN;
SELECT plan(7);

SELECT is((SELECT count(*) FROM pay_private.rule),
          (SELECT count(*) FROM pg_class WHERE relnamespace = 'pay_private'::regnamespace AND relname ~ '^rule_\d\d_' AND relkind = 'v'),
          'each view of a rule is registered');
SELECT is_empty($$SELECT rule, view FROM pay_private.rule WHERE view !~ ('^rule_' || right(rule, 2) || '_[a-z_]+$')$$,
                'a view has the number of its rule');
SELECT is_empty($$SELECT r.view FROM pay_private.rule r
                   WHERE (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
                           WHERE a.attrelid = to_regclass('pay_private.' || r.view) AND a.attnum > 0)
                         IS DISTINCT FROM ARRAY['account_id', 'subject', 'evidence', 'judged']$$,
                'each view has the columns account_id, subject, evidence and judged');
SELECT is_empty($$SELECT invariant FROM pay_private.invariant WHERE coalesce(words, '') = ''$$, 'each rule has words');
SELECT is_empty($$SELECT r.rule, f FROM pay_private.rule r CROSS JOIN unnest(ARRAY[r.step_by, r.repair_by]) f
                   WHERE f IS NOT NULL AND to_regprocedure('pay_private.' || f || '(pay_private.discrepancy)') IS NULL$$,
                'the functions that a rule names exist');
SELECT set_eq($$SELECT d.refobjid::regclass::text FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid
                 WHERE w.ev_class = 'pay_private.violation'::regclass AND d.refclassid = 'pg_class'::regclass
                   AND d.deptype = 'n' AND d.refobjid <> w.ev_class$$,
              $$SELECT 'pay_private.' || view FROM pay_private.rule$$, 'pay_private.violation is the union of all');
CREATE FUNCTION pg_temp.explained(view text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    EXECUTE format('EXPLAIN SELECT * FROM pay_private.%I', view) INTO line;
    RETURN line;
END $$;
SELECT is_empty('SELECT view FROM pay_private.rule WHERE pg_temp.explained(view) IS NULL', 'each can be explained');

SELECT * FROM finish();
ROLLBACK;
