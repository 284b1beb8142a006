-- SPDX-License-Identifier: MIT
-- Its violations are shown and not recorded as discrepancies, because they say that one is missing.
-- Nothing repairs it: verify records the missing discrepancy.

CREATE OR REPLACE VIEW pay_private.rule_24_sums_are_discrepancies AS
SELECT s.account_id, s.subject, jsonb_build_object('kind', s.kind, 'since', s.since) AS evidence, true AS judged
  FROM (SELECT account_id, payout_id AS subject, 'INV-07' AS kind, itemised_at AS since
          FROM pay_private.payout_sum WHERE amount <> items OR foreign_rows > 0
        UNION ALL
        SELECT account_id, currency, 'INV-08', taken_at FROM pay_private.balance_sum WHERE balance <> ledger) s
 WHERE s.since < now() - interval '1 day'
   AND NOT EXISTS (SELECT FROM pay_private.discrepancy d
                    WHERE d.kind = s.kind AND d.account_id = s.account_id AND d.subject = s.subject
                      AND d.state <> 'repaired');
COMMENT ON VIEW pay_private.rule_24_sums_are_discrepancies IS
    'A payout or balance that does not add up is a discrepancy.';

SELECT pay_private.add_rule('INV-24', 'rule_24_sums_are_discrepancies', step => 'person', recorded => false);
