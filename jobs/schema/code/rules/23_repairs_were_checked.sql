-- SPDX-License-Identifier: MIT
-- Its violations are shown and not recorded as discrepancies, because those would be subjects of this rule again.
-- Nothing repairs it: verify, or an operator's words, settle the discrepancy.

CREATE OR REPLACE VIEW pay_private.rule_23_repairs_were_checked AS
SELECT d.account_id, d.discrepancy_id::text AS subject,
       jsonb_build_object('kind', d.kind, 'state', d.state, 'subject', d.subject) AS evidence, true AS judged
  FROM pay_private.discrepancy d
 WHERE (d.state = 'repaired' AND (d.verified_at IS NULL OR d.verified_at < d.resolved_at))
    -- An object that Stripe does not know is read again after a day at the earliest.
    OR (d.state = 'open' AND d.detected_at < now() - CASE WHEN d.kind LIKE '%\_vanished' THEN interval '10 days'
                                                          ELSE interval '1 day' END)
    OR (d.state IN ('explained', 'accepted') AND coalesce(d.resolution, '') = '');
COMMENT ON VIEW pay_private.rule_23_repairs_were_checked IS
    'A repair is closed only by a later check, and a discrepancy only with words.';

SELECT pay_private.add_rule('INV-23', 'rule_23_repairs_were_checked', step => 'person', recorded => false);
