-- SPDX-License-Identifier: MIT
-- Repair: read the ledger row by its id.

CREATE OR REPLACE VIEW pay_private.rule_03_ledger_rows_add_up AS
SELECT b.account_id, b.balance_transaction_id AS subject,
       jsonb_build_object('amount', b.amount, 'fee', b.fee, 'net', b.net, 'fee_parts', f.parts) AS evidence, true AS judged
  FROM pay_private.balance_transaction b
 CROSS JOIN LATERAL (SELECT coalesce(sum(p.amount), 0) AS parts FROM pay_private.balance_transaction_fee p
                      WHERE p.account_id = b.account_id AND p.balance_transaction_id = b.balance_transaction_id) f
 WHERE (b.net <> b.amount - b.fee OR b.fee <> f.parts) AND b.gone_at IS NULL;
COMMENT ON VIEW pay_private.rule_03_ledger_rows_add_up IS
    'Every ledger row: net = amount - fee, and the parts of the fee add up.';

SELECT pay_private.add_rule('INV-03', 'rule_03_ledger_rows_add_up', step => 'read');
