-- SPDX-License-Identifier: MIT
-- Repair: read the charge by its id.

CREATE OR REPLACE VIEW pay_private.rule_10_charge_is_newest_version AS
SELECT c.account_id, c.charge_id AS subject,
       jsonb_build_object('status', c.status, 'read_at', c.read_at) AS evidence, true AS judged
  FROM pay_private.charge c
  LEFT JOIN LATERAL (SELECT * FROM pay_private.charge_history n
                      WHERE n.account_id = c.account_id AND n.charge_id = c.charge_id
                      ORDER BY n.version DESC LIMIT 1) h ON true
 WHERE (h.status, h.amount_captured, h.amount_refunded, h.disputed, h.read_at)
       IS DISTINCT FROM (c.status, c.amount_captured, c.amount_refunded, c.disputed, c.read_at);
COMMENT ON VIEW pay_private.rule_10_charge_is_newest_version IS
    'A charge is as the newest version of its history.';

SELECT pay_private.add_rule('INV-10', 'rule_10_charge_is_newest_version', step => 'read');
