-- SPDX-License-Identifier: MIT
-- Stripe writes the ledger row of a captured charge within a day.
-- Repair: read the charge and the ledger row that it names.

CREATE OR REPLACE VIEW pay_private.rule_04_charge_has_ledger_row AS
SELECT c.account_id, c.charge_id AS subject,
       jsonb_build_object('created', c.created, 'ledger_row', c.balance_transaction_id) AS evidence, true AS judged
  FROM pay_private.charge c
 WHERE c.status = 'succeeded' AND c.captured AND c.created < now() - interval '24 hours' AND c.gone_at IS NULL
   AND NOT EXISTS (SELECT FROM pay_private.balance_transaction b
                    WHERE b.account_id = c.account_id AND b.balance_transaction_id = c.balance_transaction_id);
COMMENT ON VIEW pay_private.rule_04_charge_has_ledger_row IS
    'A captured charge has its ledger row.';

CREATE OR REPLACE FUNCTION pay_private.rule_04_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM request_reread(d.account_id, 'charges', ARRAY[d.subject]);
    PERFORM request_reread(d.account_id, 'balance_transactions', array_remove(ARRAY[d.evidence ->> 'ledger_row'], NULL));
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_04_repair(pay_private.discrepancy) IS
    'Requests that the charge and its ledger row are read by their ids.';

SELECT pay_private.add_rule('INV-04', 'rule_04_charge_has_ledger_row', step => 'read', repair_by => 'rule_04_repair');
