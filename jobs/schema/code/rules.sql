-- SPDX-License-Identifier: MIT
-- Views and functions that the rules in rules/ share. Each rule is one file: a view with the columns account_id, subject, evidence and judged
-- (true: the subject breaks the rule; false: the rule cannot be checked for this subject yet), its words as the view's
-- comment, its repair, and a call of add_rule(). code/violation.sql unites them.

CREATE OR REPLACE FUNCTION pay_private.add_rule(rule text, view text, step text DEFAULT NULL, step_by text DEFAULT NULL,
    repair_by text DEFAULT NULL, recorded boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    INSERT INTO rule (rule, view, step, step_by, repair_by, recorded)
    VALUES (add_rule.rule, add_rule.view, add_rule.step, add_rule.step_by, add_rule.repair_by, add_rule.recorded)
    ON CONFLICT ON CONSTRAINT rule_pkey DO UPDATE
       SET view = excluded.view, step = excluded.step, step_by = excluded.step_by, repair_by = excluded.repair_by,
           recorded = excluded.recorded;
    EXECUTE format('COMMENT ON COLUMN pay_private.%I.account_id IS ''The Stripe account; empty where there is none.''', view);
    EXECUTE format('COMMENT ON COLUMN pay_private.%I.subject IS ''Id of the object or request that is checked.''', view);
    EXECUTE format('COMMENT ON COLUMN pay_private.%I.evidence IS ''The values that do not fit together; NULL = not checked.''', view);
    EXECUTE format('COMMENT ON COLUMN pay_private.%I.judged IS ''true = breaks the rule; false = cannot be checked yet.''', view);
END $$;
COMMENT ON FUNCTION pay_private.add_rule(text, text, text, text, text, boolean) IS
    'Registers a rule in pay_private.rule and comments the columns of its view.';

CREATE OR REPLACE FUNCTION pay_private.unite_rules() RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    broken text;
    waiting text;
BEGIN
    SELECT string_agg(format('SELECT %L::text AS invariant, account_id::text AS account_id, subject::text AS subject, evidence '
                             'FROM pay_private.%I WHERE judged', r.rule, r.view), ' UNION ALL ' ORDER BY r.rule),
           string_agg(format('SELECT %L::text AS invariant, account_id::text AS account_id, subject::text AS subject '
                             'FROM pay_private.%I WHERE NOT judged', r.rule, r.view), ' UNION ALL ' ORDER BY r.rule)
      INTO broken, waiting FROM rule r;
    EXECUTE 'CREATE OR REPLACE VIEW pay_private.violation AS ' || broken;
    EXECUTE 'CREATE OR REPLACE VIEW pay_private.uncheckable AS ' || waiting;
END $$;
COMMENT ON FUNCTION pay_private.unite_rules() IS
    'Makes pay_private.violation and pay_private.uncheckable from the views in pay_private.rule.';

CREATE OR REPLACE VIEW pay_private.readable_account AS
SELECT i.account_id, i.connected_at FROM pay_private.integration i WHERE i.access = 'ok' AND i.stage <> 'disconnected';
COMMENT ON VIEW pay_private.readable_account IS 'Accounts that we may read from.';
COMMENT ON COLUMN pay_private.readable_account.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.readable_account.connected_at IS 'When it was connected.';

CREATE OR REPLACE VIEW pay_private.complete_since AS
SELECT DISTINCT ON (c.account_id, c.stream) c.account_id, c.stream, lower(c.span) AS since
  FROM pay_private.coverage c ORDER BY c.account_id, c.stream, upper(c.span) DESC;
COMMENT ON VIEW pay_private.complete_since IS
    'Since when each stream has no gap. Older objects (before the horizon, or still being read) are not expected to be there.';
COMMENT ON COLUMN pay_private.complete_since.account_id IS 'The Stripe account; empty = the platform''s own.';
COMMENT ON COLUMN pay_private.complete_since.stream IS 'The kind of object.';
COMMENT ON COLUMN pay_private.complete_since.since IS 'Objects that were created later are there.';

CREATE OR REPLACE VIEW pay_private.latest_restart AS
SELECT DISTINCT ON (s.history, s.account_id, s.subject) s.history, s.account_id, s.subject, s.first, s.trusted
  FROM pay_private.history_restart s ORDER BY s.history, s.account_id, s.subject, s.discrepancy_id DESC;
COMMENT ON VIEW pay_private.latest_restart IS 'The last repair of each history; what stands before it is not checked any more.';
COMMENT ON COLUMN pay_private.latest_restart.history IS 'charge_history or stage_event.';
COMMENT ON COLUMN pay_private.latest_restart.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.latest_restart.subject IS 'The charge or account whose history was restarted.';
COMMENT ON COLUMN pay_private.latest_restart.first IS 'Number of the first entry that counts.';
COMMENT ON COLUMN pay_private.latest_restart.trusted IS 'Number of the last entry before it that was in order; NULL = none.';

CREATE OR REPLACE VIEW pay_private.payout_sum AS
SELECT p.account_id, p.payout_id, p.currency, p.amount, p.itemised_at,
       coalesce(sum(b.net) FILTER (WHERE b.type <> 'payout'), 0)::bigint AS items,
       count(*) FILTER (WHERE b.type <> 'payout') AS rows,
       count(*) FILTER (WHERE b.currency <> p.currency) AS foreign_rows
  FROM pay_private.payout p
  LEFT JOIN pay_private.balance_transaction b
         ON b.account_id = p.account_id AND b.payout_id = p.payout_id AND b.gone_at IS NULL
 WHERE p.itemised_at IS NOT NULL AND p.gone_at IS NULL
 GROUP BY p.account_id, p.payout_id;
COMMENT ON VIEW pay_private.payout_sum IS 'Itemised payouts beside the sum of what is in them.';
COMMENT ON COLUMN pay_private.payout_sum.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.payout_sum.payout_id IS 'The payout.';
COMMENT ON COLUMN pay_private.payout_sum.currency IS 'Its currency.';
COMMENT ON COLUMN pay_private.payout_sum.amount IS 'Amount of the payout, in minor units.';
COMMENT ON COLUMN pay_private.payout_sum.itemised_at IS 'When the list of what is in it was read.';
COMMENT ON COLUMN pay_private.payout_sum.items IS 'Sum of the net of its ledger rows, in minor units.';
COMMENT ON COLUMN pay_private.payout_sum.rows IS 'How many ledger rows are in it.';
COMMENT ON COLUMN pay_private.payout_sum.foreign_rows IS 'How many of them are in another currency.';

-- A ledger row has Stripe's clock and a balance has ours, so the ledger may agree at any moment within two minutes of the
-- balance. An account that existed before, or whose ledger is not known from its beginning, is compared by what moved since
-- an earlier balance that did not change for four minutes.
CREATE OR REPLACE VIEW pay_private.balance_base AS
WITH newest AS (
    SELECT DISTINCT ON (s.account_id, s.currency) s.account_id, s.currency, s.taken_at, s.available + s.pending AS balance,
           c.span, i.origin = 'new' AND lower(c.span) <= i.account_created_at AS whole
      FROM pay_private.balance_snapshot s
      JOIN pay_private.integration i USING (account_id)
      JOIN pay_private.coverage c
        ON c.account_id = s.account_id AND c.stream = 'balance_transactions' AND c.span @> s.taken_at
     ORDER BY s.account_id, s.currency, s.taken_at DESC)
SELECT n.account_id, n.currency, n.taken_at, n.balance,
       CASE WHEN n.whole THEN '-infinity' ELSE f.taken_at + interval '2 minutes' END AS since,
       CASE WHEN n.whole THEN 0 ELSE f.balance END AS base
  FROM newest n
  LEFT JOIN LATERAL (
       SELECT s.taken_at, s.available + s.pending AS balance FROM pay_private.balance_snapshot s
        WHERE s.account_id = n.account_id AND s.currency = n.currency AND s.taken_at >= lower(n.span)
          AND s.taken_at < n.taken_at AND s.seen_at >= s.taken_at + interval '4 minutes'
        ORDER BY s.taken_at LIMIT 1) f ON NOT n.whole
 WHERE n.whole OR f.taken_at IS NOT NULL;
COMMENT ON VIEW pay_private.balance_base IS
    'The newest balance of each account and currency that can be compared with the ledger, and from where the ledger is added up.';
COMMENT ON COLUMN pay_private.balance_base.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.balance_base.currency IS 'The currency.';
COMMENT ON COLUMN pay_private.balance_base.taken_at IS 'When Stripe gave the balance.';
COMMENT ON COLUMN pay_private.balance_base.balance IS 'Available and pending, in minor units.';
COMMENT ON COLUMN pay_private.balance_base.since IS 'Ledger rows that were created later are added up.';
COMMENT ON COLUMN pay_private.balance_base.base IS 'The balance at that moment, in minor units.';

CREATE OR REPLACE VIEW pay_private.balance_sum AS
SELECT b.account_id, b.currency, b.taken_at, b.balance,
       CASE WHEN b.balance = b.base + t.early OR b.balance IN (
                     SELECT b.base + t.early + sum(r.net) OVER (ORDER BY r.created)
                       FROM pay_private.balance_transaction r
                      WHERE r.account_id = b.account_id AND r.currency = b.currency AND r.gone_at IS NULL
                        AND coalesce(r.balance_type, 'payments') = 'payments' AND r.created > b.since
                        AND r.created > b.taken_at - interval '2 minutes'
                        AND r.created <= b.taken_at + interval '2 minutes')
            THEN b.balance ELSE (b.base + t.until_then)::bigint END AS ledger
  FROM pay_private.balance_base b
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(r.net), 0) AS until_then,
              coalesce(sum(r.net) FILTER (WHERE r.created <= b.taken_at - interval '2 minutes'), 0) AS early
         FROM pay_private.balance_transaction r
        WHERE r.account_id = b.account_id AND r.currency = b.currency AND r.gone_at IS NULL
          AND coalesce(r.balance_type, 'payments') = 'payments'
          AND r.created > b.since AND r.created <= b.taken_at) t;
COMMENT ON VIEW pay_private.balance_sum IS
    'The newest balance of each account and currency that the proof of its ledger has passed, beside what the ledger says.';
COMMENT ON COLUMN pay_private.balance_sum.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.balance_sum.currency IS 'The currency.';
COMMENT ON COLUMN pay_private.balance_sum.taken_at IS 'When Stripe gave the balance.';
COMMENT ON COLUMN pay_private.balance_sum.balance IS 'Balance at Stripe, available and pending, in minor units.';
COMMENT ON COLUMN pay_private.balance_sum.ledger IS 'Sum of our ledger rows, in minor units.';
