-- SPDX-License-Identifier: MIT
-- The refunds are another stream than the charge, so the rule waits until they were read after it; the last branch lists the
-- charges that have to wait.
-- Repair: read the charge and its refunds by their ids, and list the refunds since the charge again.

CREATE OR REPLACE VIEW pay_private.rule_06_refunds_add_up AS
SELECT c.account_id, c.charge_id AS subject,
       jsonb_build_object('amount_refunded', b.amount, 'refunds', r.amount, 'captured', c.amount_captured) AS evidence, true AS judged
  FROM pay_private.charge c
  JOIN pay_private.complete_since f ON f.account_id = c.account_id AND f.stream = 'refunds' AND f.since <= c.created
  JOIN pay_private.stream u ON u.account_id = c.account_id AND u.stream = 'refunds' AND u.last_completed_at > c.read_at
 CROSS JOIN LATERAL (SELECT coalesce(sum(n.amount), 0) AS amount FROM pay_private.refund n
                      WHERE n.account_id = c.account_id AND n.charge_id = c.charge_id AND n.gone_at IS NULL
                        AND n.status IN ('succeeded', 'pending', 'requires_action')) r
 CROSS JOIN LATERAL (SELECT CASE WHEN c.status <> 'succeeded' THEN c.amount_refunded
                                 WHEN c.captured THEN pay_private.given_back(c.amount, c.amount_captured, c.amount_refunded)
                                 ELSE 0 END AS amount) b
 WHERE (b.amount <> r.amount OR b.amount > c.amount_captured)
   AND (c.next_check_at IS NULL OR c.next_check_at > now()) AND c.gone_at IS NULL
UNION ALL
SELECT c.account_id, c.charge_id, NULL, false
  FROM pay_private.charge c JOIN pay_private.stream s ON s.account_id = c.account_id AND s.stream = 'refunds'
 WHERE (s.last_completed_at <= c.read_at OR c.next_check_at <= now()) AND c.gone_at IS NULL;
COMMENT ON VIEW pay_private.rule_06_refunds_add_up IS
    'The refunds of a charge add up to what it says was refunded, and to no more than was taken.';

CREATE OR REPLACE FUNCTION pay_private.rule_06_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM request_reread(d.account_id, 'charges', ARRAY[d.subject]);
    PERFORM request_reread(d.account_id, 'refunds', ARRAY(
        SELECT r.refund_id FROM refund r WHERE r.account_id = d.account_id AND r.charge_id = d.subject));
    PERFORM request_walk(d.account_id, 'refunds', c.created, now())
       FROM charge c WHERE c.account_id = d.account_id AND c.charge_id = d.subject;
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_06_repair(pay_private.discrepancy) IS
    'Requests that the charge and its refunds are read by their ids, and a walk over the refunds since the charge.';

SELECT pay_private.add_rule('INV-06', 'rule_06_refunds_add_up', step => 'read', repair_by => 'rule_06_repair');
