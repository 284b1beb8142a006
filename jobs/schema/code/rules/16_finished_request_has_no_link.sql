-- SPDX-License-Identifier: MIT
-- A link that Stripe refused to switch off 20 times counts too.
-- Repair: switch the link off.

CREATE OR REPLACE VIEW pay_private.rule_16_finished_request_has_no_link AS
SELECT l.account_id, l.link_id AS subject,
       jsonb_build_object('request_id', r.request_id, 'state', r.state, 'attempts', l.attempts) AS evidence, true AS judged
  FROM pay_private.payment_link l JOIN pay.payment_request r USING (request_id)
 WHERE (l.wanted_active AND NOT pay_private.link_demand(r))
    OR (l.active AND NOT l.wanted_active AND l.attempts >= 20);
COMMENT ON VIEW pay_private.rule_16_finished_request_has_no_link IS
    'A finished request has no link that works.';

SELECT pay_private.add_rule('INV-16', 'rule_16_finished_request_has_no_link',
    step => 'switch off', repair_by => 'switch_link_off');
