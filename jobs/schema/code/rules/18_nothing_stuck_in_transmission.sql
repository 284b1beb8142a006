-- SPDX-License-Identifier: MIT
-- Repair: call mails in doubt that a dead daemon left in transmission; an operator decides about them.

CREATE OR REPLACE VIEW pay_private.rule_18_nothing_stuck_in_transmission AS
SELECT coalesce(r.account_id, '') AS account_id, d.delivery_id::text AS subject,
       jsonb_build_object('request_id', d.request_id, 'state', d.state, 'leased_until', d.leased_until) AS evidence, true AS judged
  FROM pay_private.delivery d JOIN pay.payment_request r USING (request_id)
 WHERE d.lease_token IS NOT NULL AND d.state = 'committing' AND d.leased_until < now() - interval '15 minutes';
COMMENT ON VIEW pay_private.rule_18_nothing_stuck_in_transmission IS
    'Nothing stays in transmission longer than its lease.';

CREATE OR REPLACE FUNCTION pay_private.rule_18_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM settle_abandoned(false);
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_18_repair(pay_private.discrepancy) IS
    'Calls deliveries in doubt whose daemon died while it transmitted them.';

SELECT pay_private.add_rule('INV-18', 'rule_18_nothing_stuck_in_transmission',
    step => 'settle', repair_by => 'rule_18_repair');
