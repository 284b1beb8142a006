-- SPDX-License-Identifier: MIT
-- Repair: read the object by its id.

CREATE OR REPLACE VIEW pay_private.rule_21_test_and_live_apart AS
SELECT m.account_id, m.subject, jsonb_build_object('livemode', m.livemode) AS evidence, true AS judged
  FROM (SELECT account_id, charge_id AS subject, livemode FROM pay_private.charge
        UNION ALL SELECT account_id, dispute_id, livemode FROM pay_private.dispute
        UNION ALL SELECT account_id, payout_id, livemode FROM pay_private.payout) m
  JOIN pay_private.integration i USING (account_id) WHERE m.livemode <> i.livemode;
COMMENT ON VIEW pay_private.rule_21_test_and_live_apart IS
    'Test and live never meet in one account.';

SELECT pay_private.add_rule('INV-21', 'rule_21_test_and_live_apart', step => 'read');
