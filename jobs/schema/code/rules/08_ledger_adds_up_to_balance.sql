-- SPDX-License-Identifier: MIT
-- pay_private.balance_sum says which balance of an account is compared. The last branch lists the balances of which none can
-- be compared now.
-- Repair: list the whole ledger again, and write each row whatever it says.

CREATE OR REPLACE VIEW pay_private.rule_08_ledger_adds_up_to_balance AS
SELECT b.account_id, b.currency AS subject,
       jsonb_build_object('balance', b.balance, 'ledger', b.ledger, 'taken_at', b.taken_at) AS evidence, true AS judged
  FROM pay_private.balance_sum b WHERE b.balance <> b.ledger
UNION ALL
SELECT k.account_id, k.currency, NULL, false
  FROM (SELECT account_id, currency FROM pay_private.balance_snapshot
        UNION
        SELECT account_id, subject FROM pay_private.discrepancy WHERE kind = 'INV-08' AND state = 'open') k
 WHERE NOT EXISTS (SELECT FROM pay_private.balance_base b WHERE b.account_id = k.account_id AND b.currency = k.currency);
COMMENT ON VIEW pay_private.rule_08_ledger_adds_up_to_balance IS
    'The whole ledger adds up to the balance.';

CREATE OR REPLACE FUNCTION pay_private.rule_08_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    UPDATE balance_transaction b SET row_hash = 0 WHERE b.account_id = d.account_id AND b.currency = d.subject;
    PERFORM request_walk(d.account_id, 'balance_transactions', i.account_created_at, now())
       FROM integration i WHERE i.account_id = d.account_id;
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_08_repair(pay_private.discrepancy) IS
    'Requests a new walk over the whole ledger, and that its rows of this currency are written whatever they say.';

SELECT pay_private.add_rule('INV-08', 'rule_08_ledger_adds_up_to_balance',
    step => 'walk', repair_by => 'rule_08_repair');
