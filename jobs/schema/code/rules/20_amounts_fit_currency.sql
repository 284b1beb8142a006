-- SPDX-License-Identifier: MIT
-- Repair: read the charge by its id.

CREATE OR REPLACE VIEW pay_private.rule_20_amounts_fit_currency AS
SELECT c.account_id, c.charge_id AS subject,
       jsonb_build_object('amount', c.amount, 'currency', c.currency) AS evidence, true AS judged
  FROM pay_private.charge c LEFT JOIN pay_private.currency u ON u.code = c.currency
 WHERE u.code IS NULL OR c.amount % u.multiple_of <> 0;
COMMENT ON VIEW pay_private.rule_20_amounts_fit_currency IS
    'Amounts keep to Stripe''s rules for their currency.';

SELECT pay_private.add_rule('INV-20', 'rule_20_amounts_fit_currency', step => 'read');
