-- SPDX-License-Identifier: MIT
-- What an operator should look at.

CREATE VIEW pay.alarms AS
SELECT 'fuse' AS alarm, f.blown_at AS since,
       f.reason || '; nothing of it was written. If it is true, clear the fuse: paysyncctl fuse clear' AS words
  FROM pay_private.fuse f WHERE f.blown_at IS NOT NULL
UNION ALL
SELECT 'suspicion', s.since,
       'account ' || s.account_id || ' of company ' || i.company || ' may not be ours any more (' || s.cause || '); '
       || s.agreeing_reads || ' reads say so'
  FROM pay_private.suspicion s JOIN pay_private.integration i USING (account_id)
UNION ALL
SELECT 'drift', s.actual_at,
       'the ' || s.setting || ' of company ' || s.company || ' is another one at Stripe than was applied; ask for it '
       || 'again with pay.update_settings or pay.update_branding, or take over what Stripe shows'
  FROM pay.settings s WHERE s.drift;
COMMENT ON VIEW pay.alarms IS 'What an operator should look at now.';
COMMENT ON COLUMN pay.alarms.alarm IS 'Which kind: fuse, suspicion or drift.';
COMMENT ON COLUMN pay.alarms.since IS 'Since when.';
COMMENT ON COLUMN pay.alarms.words IS 'What it is and what to do.';
