-- SPDX-License-Identifier: MIT
-- Broken rules are kept as discrepancies until they hold again or an operator accepts them; and alarms.

CREATE OR REPLACE FUNCTION pay_private.accept_discrepancy(discrepancy_id bigint, words text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE discrepancy d SET state = 'accepted', resolved_at = now(), resolution = btrim(words)
     WHERE d.discrepancy_id = accept_discrepancy.discrepancy_id AND d.state = 'open';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no open discrepancy %', discrepancy_id USING ERRCODE = 'PY404';
    END IF;
END $$;
COMMENT ON FUNCTION pay_private.accept_discrepancy(bigint, text) IS
    'Closes an open discrepancy with an operator''s reason. It is not opened again while its evidence is the same. PY404 if there is none.';

CREATE OR REPLACE VIEW pay.discrepancies AS
SELECT d.discrepancy_id, i.company, d.account_id, d.kind, n.words AS rule, d.subject, d.state, d.detected_at, d.evidence,
       d.repair_asked_at, d.resolved_at, d.verified_at, d.resolution
  FROM pay_private.discrepancy d
  LEFT JOIN pay_private.integration i ON i.account_id = d.account_id
  LEFT JOIN pay_private.invariant n ON n.invariant = d.kind;
COMMENT ON VIEW pay.discrepancies IS 'Broken rules and vanished objects, open and settled. The evidence may name other accounts, so applications may not read it.';
COMMENT ON COLUMN pay.discrepancies.discrepancy_id IS 'Number of the row.';
COMMENT ON COLUMN pay.discrepancies.company IS 'The company whose account it is; NULL = of none.';
COMMENT ON COLUMN pay.discrepancies.account_id IS 'The Stripe account; empty where there is none.';
COMMENT ON COLUMN pay.discrepancies.kind IS 'Which rule is broken.';
COMMENT ON COLUMN pay.discrepancies.rule IS 'The rule in words; NULL = the kind is no rule.';
COMMENT ON COLUMN pay.discrepancies.subject IS 'Id of the object or request that breaks it.';
COMMENT ON COLUMN pay.discrepancies.state IS 'open, explained, repaired or accepted.';
COMMENT ON COLUMN pay.discrepancies.detected_at IS 'When it was found.';
COMMENT ON COLUMN pay.discrepancies.evidence IS 'Both sides, with the reads that showed them.';
COMMENT ON COLUMN pay.discrepancies.repair_asked_at IS 'When somebody last had it repaired; a later check says whether that helped.';
COMMENT ON COLUMN pay.discrepancies.resolved_at IS 'When it stopped being open.';
COMMENT ON COLUMN pay.discrepancies.verified_at IS 'When a later check agreed.';
COMMENT ON COLUMN pay.discrepancies.resolution IS 'How it was settled, in words.';

CREATE OR REPLACE VIEW pay.alarms AS
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
  FROM pay.settings s WHERE s.drift
UNION ALL
SELECT 'mail_account', h.held_at,
       'mail account ' || h.mail_account || ' is held, and its mails wait: ' || h.reason
       || '. When the cause is gone: paysyncctl mail resume ' || h.mail_account
  FROM pay_private.mail_account_hold h
UNION ALL
SELECT 'refund_failed', f.read_at,
       'refund ' || f.refund_id || ' of ' || f.charge_id || ' failed at the payer''s bank (' || coalesce(f.failure_reason, 'no reason given')
       || '), and the money is back in the balance of account ' || f.account_id
       || '. Tell the payer, and give it back in another way (shown for 14 days)'
  FROM pay_private.refund f
 WHERE f.status = 'failed' AND f.gone_at IS NULL AND f.read_at > now() - interval '14 days'
   -- The payer got it after all.
   AND NOT EXISTS (SELECT FROM pay_private.refund n
                    WHERE n.account_id = f.account_id AND n.charge_id = f.charge_id AND n.created > f.created
                      AND n.status IN ('succeeded', 'pending', 'requires_action') AND n.gone_at IS NULL)
UNION ALL
SELECT 'out_of_sight', c.created,
       'payment request ' || r.request_id || ' of company ' || r.company || ' is ' || r.state || ' by ' || c.charge_id
       || ', and its account ' || c.account_id || ' is disconnected, so nobody sees how it ends. Reconnect the account, or look '
       || 'into Stripe''s dashboard and cancel the request'
  FROM pay.payment_request r
  JOIN pay_private.charge c USING (request_id)
  JOIN pay_private.integration i ON i.account_id = c.account_id AND i.stage = 'disconnected'
 WHERE r.state IN ('processing', 'authorized') AND r.closed_as IS NULL
   AND (c.status = 'pending' OR c.status = 'succeeded' AND NOT c.captured AND c.amount_refunded < c.amount);
COMMENT ON VIEW pay.alarms IS 'Conditions that need an operator now.';
COMMENT ON COLUMN pay.alarms.alarm IS 'Which kind: fuse, suspicion, drift, mail_account, refund_failed or out_of_sight (a payment under way on a disconnected account).';
COMMENT ON COLUMN pay.alarms.since IS 'Since when.';
COMMENT ON COLUMN pay.alarms.words IS 'The condition, and how to end it.';
