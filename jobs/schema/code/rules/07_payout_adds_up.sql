-- SPDX-License-Identifier: MIT
-- The second branch finds an automatic payout that Stripe calls complete and whose list of items was never read.
-- Repair: forget which ledger rows are in the payout, and read the payout and that list again.

CREATE OR REPLACE VIEW pay_private.rule_07_payout_adds_up AS
SELECT p.account_id, p.payout_id AS subject,
       jsonb_build_object('amount', p.amount, 'items', p.items, 'rows', p.rows, 'foreign_rows', p.foreign_rows) AS evidence, true AS judged
  FROM pay_private.payout_sum p WHERE p.amount <> p.items OR p.foreign_rows > 0
UNION ALL
SELECT p.account_id, p.payout_id, jsonb_build_object('amount', p.amount, 'itemised', false), true
  FROM pay_private.payout p
 WHERE p.automatic AND p.reconciliation_status = 'completed' AND p.itemised_at IS NULL AND p.gone_at IS NULL
   AND p.read_at < now() - interval '1 day' AND p.account_id IN (SELECT account_id FROM pay_private.readable_account WHERE connected_at < now() - interval '1 day')
   AND EXISTS (SELECT FROM pay_private.stream u
                WHERE u.account_id = p.account_id AND u.stream = 'payouts' AND u.last_completed_at > p.read_at);
COMMENT ON VIEW pay_private.rule_07_payout_adds_up IS
    'The ledger rows of an automatic payout add up to its amount.';

CREATE OR REPLACE FUNCTION pay_private.rule_07_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    UPDATE balance_transaction b SET payout_id = NULL WHERE b.account_id = d.account_id AND b.payout_id = d.subject;
    UPDATE payout p SET itemised_at = NULL WHERE p.account_id = d.account_id AND p.payout_id = d.subject;
    SELECT request_reread(d.account_id, 'payouts', ARRAY[d.subject]);
    SELECT true;
$$;
COMMENT ON FUNCTION pay_private.rule_07_repair(pay_private.discrepancy) IS
    'Requests that the payout and the list of its items are read again.';

SELECT pay_private.add_rule('INV-07', 'rule_07_payout_adds_up', step => 'itemise', repair_by => 'rule_07_repair');
