-- SPDX-License-Identifier: MIT
-- Repair: read all charges of the request.

CREATE OR REPLACE VIEW pay_private.rule_15_request_state_fits_charges AS
SELECT coalesce(r.account_id, '') AS account_id, r.request_id::text AS subject,
       jsonb_build_object('state', r.state, 'amount', r.amount, 'paid', m.paid, 'charges', m.charges) AS evidence, true AS judged
  FROM pay.payment_request r
 CROSS JOIN LATERAL (SELECT coalesce(sum(c.amount_captured), 0) AS paid, count(*) AS charges,
                            coalesce(bool_or(c.currency <> r.currency OR c.livemode <> r.livemode), false) AS mixed
                       FROM pay_private.charge c
                      WHERE c.request_id = r.request_id AND c.status = 'succeeded' AND c.captured) m
 WHERE m.mixed OR r.amount_paid <> m.paid
    OR CASE r.state WHEN 'paid' THEN m.paid <> r.amount AND NOT r.multi_party
                    WHEN 'overpaid' THEN m.paid <= r.amount
                    WHEN 'partially_paid' THEN m.paid >= r.amount
                    WHEN 'refunded' THEN m.charges = 0 WHEN 'disputed' THEN m.charges = 0
                    ELSE m.charges > 0 END;
COMMENT ON VIEW pay_private.rule_15_request_state_fits_charges IS
    'A request''s state is what its charges say, in its own currency and mode.';

CREATE OR REPLACE FUNCTION pay_private.rule_15_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM request_reread(c.account_id, 'charges', array_agg(c.charge_id))
       FROM charge c WHERE c.request_id = d.subject::uuid GROUP BY c.account_id;
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_15_repair(pay_private.discrepancy) IS
    'Requests that all charges of the payment request are read by their ids.';

SELECT pay_private.add_rule('INV-15', 'rule_15_request_state_fits_charges',
    step => 'read', repair_by => 'rule_15_repair');
