-- SPDX-License-Identifier: MIT
-- The first branch finds a ledger row without its object, the second one with another amount, the third a charge whose
-- application fee is not the sum of the fees. Each compares two streams, so it waits until the object's stream was read after
-- the ledger row; the last two branches list what has to wait.
-- Repair: read both sides again; for an application fee, list the platform's fees around the charge as well.

CREATE OR REPLACE VIEW pay_private.rule_05_ledger_row_has_object AS
SELECT b.account_id, b.balance_transaction_id AS subject,
       jsonb_build_object('type', b.type, 'source_id', b.source_id, 'created', b.created) AS evidence, true AS judged
  FROM pay_private.balance_transaction b
  JOIN (VALUES ('charge', 'charges'), ('payment', 'charges'), ('refund', 'refunds'), ('payment_refund', 'refunds'),
               ('payout', 'payouts')) AS k (type, stream) ON k.type = b.type
  JOIN pay_private.complete_since f ON f.account_id = b.account_id AND f.stream = k.stream AND f.since < b.created - interval '1 day'
  JOIN pay_private.stream u ON u.account_id = b.account_id AND u.stream = k.stream AND u.last_completed_at > b.read_at
 WHERE NOT EXISTS (SELECT FROM pay_private.charge c WHERE c.account_id = b.account_id AND c.charge_id = b.source_id)
   AND NOT EXISTS (SELECT FROM pay_private.refund r WHERE r.account_id = b.account_id AND r.refund_id = b.source_id)
   AND NOT EXISTS (SELECT FROM pay_private.payout p WHERE p.account_id = b.account_id AND p.payout_id = b.source_id)
   AND b.gone_at IS NULL
UNION ALL
SELECT b.account_id, b.balance_transaction_id,
       jsonb_build_object('type', b.type, 'source_id', b.source_id, 'amount', b.amount, 'object', o.amount), true
  FROM pay_private.balance_transaction b
  JOIN (VALUES ('charge', 'charges'), ('payment', 'charges'), ('refund', 'refunds'), ('payment_refund', 'refunds'),
               ('payout', 'payouts')) AS k (type, stream) ON k.type = b.type
  JOIN pay_private.stream u ON u.account_id = b.account_id AND u.stream = k.stream AND u.last_completed_at > b.read_at
 CROSS JOIN LATERAL (
       SELECT c.amount_captured AS amount, c.currency, c.next_check_at FROM pay_private.charge c
        WHERE k.stream = 'charges' AND c.account_id = b.account_id AND c.charge_id = b.source_id AND c.gone_at IS NULL
          AND c.balance_transaction_id = b.balance_transaction_id AND c.status = 'succeeded' AND c.captured
       UNION ALL
       SELECT -r.amount, r.currency, r.next_check_at FROM pay_private.refund r
        WHERE k.stream = 'refunds' AND r.account_id = b.account_id AND r.refund_id = b.source_id AND r.gone_at IS NULL
       UNION ALL
       SELECT -p.amount, p.currency, NULL FROM pay_private.payout p
        WHERE k.stream = 'payouts' AND p.account_id = b.account_id AND p.payout_id = b.source_id AND p.gone_at IS NULL) o
 WHERE b.exchange_rate IS NULL AND b.currency = o.currency AND b.amount <> o.amount AND b.gone_at IS NULL
   AND (o.next_check_at IS NULL OR o.next_check_at > now())
UNION ALL
SELECT c.account_id, c.charge_id,
       jsonb_build_object('application_fee_amount', c.application_fee_amount, 'fees', f.amount, 'created', c.created), true
  FROM pay_private.charge c
  JOIN pay_private.complete_since k ON k.account_id = '' AND k.stream = 'application_fees' AND k.since < c.created - interval '1 day'
  JOIN pay_private.stream u ON u.account_id = '' AND u.stream = 'application_fees' AND u.last_completed_at > c.read_at
 CROSS JOIN LATERAL (SELECT coalesce(sum(n.amount), 0) AS amount FROM pay_private.application_fee n
                      WHERE n.charged_account_id = c.account_id AND n.charge_id = c.charge_id AND n.gone_at IS NULL) f
 WHERE c.application_fee_amount > 0 AND c.status = 'succeeded' AND c.captured AND c.gone_at IS NULL
   AND c.application_fee_amount <> f.amount
UNION ALL
SELECT b.account_id, b.balance_transaction_id, NULL, false
  FROM pay_private.balance_transaction b
 WHERE b.gone_at IS NULL
       AND EXISTS (SELECT FROM pay_private.stream s
                    WHERE s.account_id = b.account_id AND s.stream IN ('charges', 'refunds', 'payouts')
                      AND s.last_completed_at <= b.read_at)
    OR EXISTS (SELECT FROM pay_private.charge c
                WHERE c.account_id = b.account_id AND c.charge_id = b.source_id AND c.gone_at IS NULL
                  AND c.next_check_at <= now())
    OR EXISTS (SELECT FROM pay_private.refund r
                WHERE r.account_id = b.account_id AND r.refund_id = b.source_id AND r.gone_at IS NULL
                  AND r.next_check_at <= now())
UNION ALL
SELECT c.account_id, c.charge_id, NULL, false
  FROM pay_private.charge c
  JOIN pay_private.stream s ON s.account_id = '' AND s.stream = 'application_fees' AND s.last_completed_at <= c.read_at
 WHERE c.gone_at IS NULL;
COMMENT ON VIEW pay_private.rule_05_ledger_row_has_object IS
    'A ledger row of a charge, refund or payout has its object, and what the platform took of a charge is its fee.';

CREATE OR REPLACE FUNCTION pay_private.rule_05_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF d.evidence ? 'application_fee_amount' THEN
        PERFORM request_reread(d.account_id, 'charges', ARRAY[d.subject]);
        PERFORM request_reread('', 'application_fees', ARRAY(
            SELECT f.application_fee_id FROM application_fee f
             WHERE f.charged_account_id = d.account_id AND f.charge_id = d.subject));
        PERFORM request_walk('', 'application_fees', c.created - interval '1 day', c.created + interval '1 day')
           FROM charge c WHERE c.account_id = d.account_id AND c.charge_id = d.subject;
    ELSE
        PERFORM request_reread(d.account_id, 'balance_transactions', ARRAY[d.subject]);
        PERFORM request_reread(d.account_id, stream_of(d.evidence ->> 'source_id'), ARRAY[d.evidence ->> 'source_id']);
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_05_repair(pay_private.discrepancy) IS
    'Requests that the ledger row and its object are read by their ids, or a charge and its application fees.';

SELECT pay_private.add_rule('INV-05', 'rule_05_ledger_row_has_object', step => 'read', repair_by => 'rule_05_repair');
