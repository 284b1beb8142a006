-- SPDX-License-Identifier: MIT
-- Versions of one charge count from 1 without gaps, their times ascend, and each has Stripe's Request-Id. After a repair the
-- versions from the restart on count; the second branch finds a restart that no version followed.
-- Repair: read the charge, and restart its history with what Stripe answers. The old versions are kept.

CREATE OR REPLACE VIEW pay_private.rule_09_history_goes_forward AS
SELECT h.account_id, h.charge_id AS subject,
       jsonb_build_object('version', h.version, 'read_at', h.read_at) AS evidence, true AS judged
  FROM (SELECT *, lag(read_at) OVER w AS read_before, lag(version) OVER w AS version_before
          FROM pay_private.charge_history WINDOW w AS (PARTITION BY account_id, charge_id ORDER BY version)) h
 WHERE (h.read_before > h.read_at OR h.version <> coalesce(h.version_before, 0) + 1 OR h.stripe_request_id IS NULL)
   AND NOT EXISTS (SELECT FROM pay_private.latest_restart n
                    WHERE n.history = 'charge_history' AND n.account_id = h.account_id AND n.subject = h.charge_id
                      AND (h.version < n.first OR h.version = n.first AND h.stripe_request_id IS NOT NULL))
UNION ALL
SELECT n.account_id, n.subject, jsonb_build_object('version', n.first, 'read_at', NULL), true
  FROM pay_private.latest_restart n
 WHERE n.history = 'charge_history'
   AND NOT EXISTS (SELECT FROM pay_private.charge_history h
                    WHERE h.account_id = n.account_id AND h.charge_id = n.subject AND h.version >= n.first);
COMMENT ON VIEW pay_private.rule_09_history_goes_forward IS
    'History only goes forward, and each version names the answer that proved it.';

SELECT pay_private.add_rule('INV-09', 'rule_09_history_goes_forward',
    step_by => 'charge_history_step', repair_by => 'restart_charge_history');
