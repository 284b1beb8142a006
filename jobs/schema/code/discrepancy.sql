-- SPDX-License-Identifier: MIT
-- Broken rules are kept as discrepancies until they hold again or an operator accepts them; and alarms.

CREATE OR REPLACE FUNCTION pay_private.is_judged(kind text, account_id text, subject text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE is_judged.kind
        WHEN 'INV-05' THEN NOT EXISTS (
            SELECT FROM balance_transaction b JOIN stream s ON s.account_id = b.account_id
             WHERE b.account_id = is_judged.account_id AND b.balance_transaction_id = is_judged.subject AND b.gone_at IS NULL
               AND s.stream IN ('charges', 'refunds', 'payouts') AND s.last_completed_at <= b.read_at)
            AND NOT EXISTS (
            SELECT FROM balance_transaction b
              LEFT JOIN charge c ON c.account_id = b.account_id AND c.charge_id = b.source_id AND c.gone_at IS NULL
              LEFT JOIN refund r ON r.account_id = b.account_id AND r.refund_id = b.source_id AND r.gone_at IS NULL
             WHERE b.account_id = is_judged.account_id AND b.balance_transaction_id = is_judged.subject
               AND (c.next_check_at <= now() OR r.next_check_at <= now()))
            AND NOT EXISTS (
            SELECT FROM charge c JOIN stream s ON s.account_id = '' AND s.stream = 'application_fees'
             WHERE c.account_id = is_judged.account_id AND c.charge_id = is_judged.subject AND c.gone_at IS NULL
               AND s.last_completed_at <= c.read_at)
        WHEN 'INV-06' THEN NOT EXISTS (
            SELECT FROM charge c JOIN stream s ON s.account_id = c.account_id AND s.stream = 'refunds'
             WHERE c.account_id = is_judged.account_id AND c.charge_id = is_judged.subject AND c.gone_at IS NULL
               AND (s.last_completed_at <= c.read_at OR c.next_check_at <= now()))
        WHEN 'INV-08' THEN EXISTS (
            SELECT FROM balance_sum b WHERE b.account_id = is_judged.account_id AND b.currency = is_judged.subject)
        ELSE true END;
$$;
COMMENT ON FUNCTION pay_private.is_judged(text, text, text) IS
    'Whether a rule can say now that its subject is in order; those that wait for two streams to be read sometimes cannot.';

CREATE OR REPLACE FUNCTION pay_private.record_violations(OUT broken integer, OUT repaired integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT DISTINCT ON (invariant, account_id, subject) * FROM violation;
    UPDATE discrepancy d
       SET state = 'repaired', resolved_at = now(), verified_at = now(), resolution = 'a later check found it in order'
     WHERE d.state = 'open' AND d.kind IN (SELECT i.invariant FROM invariant i)
       AND NOT EXISTS (SELECT FROM pg_temp.seen v
                        WHERE v.invariant = d.kind AND v.account_id = d.account_id AND v.subject = d.subject)
       AND is_judged(d.kind, d.account_id, d.subject);
    GET DIAGNOSTICS repaired = ROW_COUNT;
    -- The rules about discrepancies are for people to see; they would breed.
    INSERT INTO discrepancy (kind, account_id, subject, evidence)
    SELECT v.invariant, v.account_id, v.subject, v.evidence FROM pg_temp.seen v
     WHERE v.invariant NOT IN ('INV-23', 'INV-24')
       AND NOT EXISTS (SELECT FROM discrepancy a
                        WHERE a.kind = v.invariant AND a.account_id = v.account_id AND a.subject = v.subject
                          AND a.state = 'accepted' AND a.evidence = v.evidence)
    ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO UPDATE SET evidence = excluded.evidence
     WHERE discrepancy.evidence <> excluded.evidence;
    -- What was called repaired and never checked is open, for the next check to close, unless it was found again anyway.
    UPDATE discrepancy d
       SET state = 'explained', resolution = 'never checked; found again as discrepancy ' || o.discrepancy_id
      FROM discrepancy o
     WHERE d.state = 'repaired' AND (d.verified_at IS NULL OR d.verified_at < d.resolved_at)
       AND d.kind IN (SELECT i.invariant FROM invariant i)
       AND o.state = 'open' AND o.kind = d.kind AND o.account_id = d.account_id AND o.subject = d.subject;
    UPDATE discrepancy d SET state = 'open', resolved_at = NULL, verified_at = NULL, resolution = NULL
     WHERE d.discrepancy_id IN (SELECT max(u.discrepancy_id) FROM discrepancy u
                                 WHERE u.kind IN (SELECT i.invariant FROM invariant i)
                                   AND u.state = 'repaired' AND (u.verified_at IS NULL OR u.verified_at < u.resolved_at)
                                 GROUP BY u.kind, u.account_id, u.subject);
    UPDATE stream s SET balance_proven_at = p.moment
      FROM (SELECT b.account_id, min(b.taken_at) AS moment FROM balance_sum b GROUP BY b.account_id
            HAVING bool_and(b.balance = b.ledger)
               AND count(*) = (SELECT count(DISTINCT n.currency) FROM balance_snapshot n WHERE n.account_id = b.account_id)) p
     WHERE s.account_id = p.account_id AND s.stream = 'balance_transactions'
       AND s.balance_proven_at IS DISTINCT FROM p.moment;
    SELECT count(*) INTO broken FROM pg_temp.seen;
END $$;
COMMENT ON FUNCTION pay_private.record_violations() IS
    'Makes a discrepancy of each violation, closes those that are no more, and opens again what was called repaired without a check; yields how many violations there are, and how many were closed.';

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
    'A person says why an open discrepancy is in order; it stays away while its evidence is the same. PY404 when there is none.';

CREATE OR REPLACE VIEW pay.discrepancies AS
SELECT d.discrepancy_id, i.company, d.account_id, d.kind, n.words AS rule, d.subject, d.state, d.detected_at, d.evidence,
       d.repair_asked_at, d.resolved_at, d.verified_at, d.resolution
  FROM pay_private.discrepancy d
  LEFT JOIN pay_private.integration i ON i.account_id = d.account_id
  LEFT JOIN pay_private.invariant n ON n.invariant = d.kind;
COMMENT ON VIEW pay.discrepancies IS 'What does not fit together, or did not: open, and settled ones with how. The evidence may name other accounts, so this is not for applications.';
COMMENT ON COLUMN pay.discrepancies.discrepancy_id IS 'Number of the row.';
COMMENT ON COLUMN pay.discrepancies.company IS 'The company whose account it is; NULL = of none.';
COMMENT ON COLUMN pay.discrepancies.account_id IS 'The Stripe account; empty where there is none.';
COMMENT ON COLUMN pay.discrepancies.kind IS 'Which rule is broken.';
COMMENT ON COLUMN pay.discrepancies.rule IS 'What should be true, in words; NULL = kind says it.';
COMMENT ON COLUMN pay.discrepancies.subject IS 'Id of the object or request that breaks it.';
COMMENT ON COLUMN pay.discrepancies.state IS 'open, explained, repaired or accepted.';
COMMENT ON COLUMN pay.discrepancies.detected_at IS 'When it was found.';
COMMENT ON COLUMN pay.discrepancies.evidence IS 'Both sides, with the reads that showed them.';
COMMENT ON COLUMN pay.discrepancies.repair_asked_at IS 'When somebody last had it repaired; a later check says whether that helped.';
COMMENT ON COLUMN pay.discrepancies.resolved_at IS 'When it stopped being open.';
COMMENT ON COLUMN pay.discrepancies.verified_at IS 'When a later check agreed.';
COMMENT ON COLUMN pay.discrepancies.resolution IS 'What was done, in words.';

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
  FROM pay.settings s WHERE s.drift;
COMMENT ON VIEW pay.alarms IS 'What an operator should look at now.';
COMMENT ON COLUMN pay.alarms.alarm IS 'Which kind: fuse, suspicion or drift.';
COMMENT ON COLUMN pay.alarms.since IS 'Since when.';
COMMENT ON COLUMN pay.alarms.words IS 'What it is and what to do.';
