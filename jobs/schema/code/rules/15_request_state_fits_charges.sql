-- SPDX-License-Identifier: MIT
-- Repair: compute the state anew, and read all charges of the request.

CREATE OR REPLACE VIEW pay_private.rule_15_request_state_fits_charges AS
SELECT coalesce(r.account_id, f.account_id, '') AS account_id, r.request_id::text AS subject,
       jsonb_build_object('state', r.state, 'amount', r.amount, 'stored', to_jsonb(ARRAY[r.amount_paid, r.amount_refunded,
                              r.amount_disputed, r.amount_authorized, r.amount_processing]),
                          'facts', to_jsonb(ARRAY[f.captured, f.refunded, f.disputed, f.authorized, f.processing]),
                          'follows', f.state, 'mixed', m.mixed) AS evidence, true AS judged
  FROM pay.payment_request r
  JOIN pay_private.request_facts f USING (request_id)
 CROSS JOIN LATERAL (SELECT coalesce(bool_or(c.currency <> r.currency OR c.livemode <> r.livemode), false) AS mixed
                       FROM pay_private.charge c WHERE c.request_id = r.request_id AND c.gone_at IS NULL) m
 WHERE m.mixed
    OR (r.state, r.amount_paid, r.amount_refunded, r.amount_disputed, r.amount_authorized, r.amount_processing, r.payments,
        r.payments_under_way)
       IS DISTINCT FROM
       (f.state, f.captured, f.refunded, f.disputed, f.authorized, f.processing, f.payments, f.under_way);
COMMENT ON VIEW pay_private.rule_15_request_state_fits_charges IS
    'A request''s state is what its charges say, in its own currency and mode.';

CREATE OR REPLACE FUNCTION pay_private.rule_15_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM settle_requests(ARRAY[d.subject::uuid]);
    PERFORM request_reread(c.account_id, 'charges', array_agg(c.charge_id))
       FROM charge c WHERE c.request_id = d.subject::uuid GROUP BY c.account_id;
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_15_repair(pay_private.discrepancy) IS
    'Computes the state of the payment request anew, and requests that all its charges are read by their ids.';

SELECT pay_private.add_rule('INV-15', 'rule_15_request_state_fits_charges',
    step => 'read', repair_by => 'rule_15_repair');
