-- SPDX-License-Identifier: MIT
-- A bank debit can fail after it succeeded. The ledger then has a row of the charge that takes the money back; without one, what
-- was read contradicts itself. The second branch compares the version at which a repair restarted the history with the last one that was trusted.
-- Repair: read the charge, and restart its history with what Stripe answers. The old versions are kept.

CREATE OR REPLACE VIEW pay_private.rule_11_final_status_stays AS
SELECT t.account_id, t.charge_id AS subject,
       jsonb_build_object('version', t.version, 'was', t.was, 'became', t.status) AS evidence, true AS judged
  FROM (SELECT *, lag(status) OVER (PARTITION BY account_id, charge_id ORDER BY version) AS was
          FROM pay_private.charge_history) t
 WHERE t.was <> t.status AND t.was <> 'pending'
   AND NOT EXISTS (SELECT FROM pay_private.latest_restart n
                    WHERE n.history = 'charge_history' AND n.account_id = t.account_id AND n.subject = t.charge_id
                      AND t.version <= n.first)
   AND NOT (t.was = 'succeeded' AND t.status = 'failed'
            AND EXISTS (SELECT FROM pay_private.balance_transaction b
                         WHERE b.account_id = t.account_id AND b.source_id = t.charge_id AND b.amount < 0))
UNION ALL
SELECT n.account_id, n.subject, jsonb_build_object('version', n.first, 'was', before.status, 'became', h.status), true
  FROM pay_private.latest_restart n
  JOIN pay_private.charge_history before
    ON before.account_id = n.account_id AND before.charge_id = n.subject AND before.version = n.trusted
  JOIN pay_private.charge_history h
    ON h.account_id = n.account_id AND h.charge_id = n.subject AND h.version = n.first
 WHERE n.history = 'charge_history' AND before.status <> h.status AND before.status <> 'pending';
COMMENT ON VIEW pay_private.rule_11_final_status_stays IS
    'A charge does not leave succeeded or failed, except for a late failure that the ledger shows.';

SELECT pay_private.add_rule('INV-11', 'rule_11_final_status_stays',
    step_by => 'charge_history_step', repair_by => 'restart_charge_history');
