-- SPDX-License-Identifier: MIT
-- All rules together: what breaks one, what cannot be checked yet, and how both become discrepancies.

SELECT pay_private.unite_rules();

COMMENT ON VIEW pay_private.violation IS 'Subjects that break a rule of pay_private.invariant now; empty = all rules hold. Read it in one REPEATABLE READ snapshot.';
COMMENT ON COLUMN pay_private.violation.invariant IS 'The rule.';
COMMENT ON COLUMN pay_private.violation.account_id IS 'The Stripe account; empty where there is none.';
COMMENT ON COLUMN pay_private.violation.subject IS 'Id of the object or request that breaks it.';
COMMENT ON COLUMN pay_private.violation.evidence IS 'The values that do not fit together.';

COMMENT ON VIEW pay_private.uncheckable IS
    'Subjects for which a rule that compares two streams cannot say yet whether it holds; an open discrepancy about one stays open.';
COMMENT ON COLUMN pay_private.uncheckable.invariant IS 'The rule.';
COMMENT ON COLUMN pay_private.uncheckable.account_id IS 'The Stripe account; empty where there is none.';
COMMENT ON COLUMN pay_private.uncheckable.subject IS 'Id of the object that it cannot check.';

-- MATERIALIZED, so that the words are looked up once for each rule and not once for each row that a query joins with them.
CREATE OR REPLACE VIEW pay_private.invariant AS
WITH described AS MATERIALIZED (
    SELECT r.rule AS invariant, obj_description(c.oid, 'pg_class') AS words
      FROM pay_private.rule r
      LEFT JOIN pg_class c ON c.relname = r.view AND c.relnamespace = 'pay_private'::regnamespace)
SELECT invariant, words FROM described;
COMMENT ON VIEW pay_private.invariant IS 'The rules that pay_private.violation checks, in words.';
COMMENT ON COLUMN pay_private.invariant.invariant IS 'Name of the rule.';
COMMENT ON COLUMN pay_private.invariant.words IS 'The rule in words: the comment of its view.';

CREATE OR REPLACE FUNCTION pay_private.can_be_checked(kind text, account_id text, subject text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM uncheckable u
                        WHERE u.invariant = can_be_checked.kind AND u.account_id = can_be_checked.account_id
                          AND u.subject = can_be_checked.subject);
$$;
COMMENT ON FUNCTION pay_private.can_be_checked(text, text, text) IS
    'Whether a rule can be evaluated for its subject now. A rule that compares two streams cannot, until both were read.';

CREATE OR REPLACE FUNCTION pay_private.record_violations(OUT broken integer, OUT repaired integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT DISTINCT ON (invariant, account_id, subject) * FROM violation;
    UPDATE discrepancy d
       SET state = 'repaired', resolved_at = now(), verified_at = now(), resolution = 'a later check found it in order'
     WHERE d.state = 'open' AND d.kind IN (SELECT i.invariant FROM invariant i)
       AND NOT EXISTS (SELECT FROM pg_temp.seen v
                        WHERE v.invariant = d.kind AND v.account_id = d.account_id AND v.subject = d.subject)
       AND can_be_checked(d.kind, d.account_id, d.subject);
    GET DIAGNOSTICS repaired = ROW_COUNT;
    -- Rules about discrepancies are not recorded: each record would break them again.
    INSERT INTO discrepancy (kind, account_id, subject, evidence)
    SELECT v.invariant, v.account_id, v.subject, v.evidence FROM pg_temp.seen v
     WHERE v.invariant IN (SELECT r.rule FROM rule r WHERE r.recorded)
       AND NOT EXISTS (SELECT FROM discrepancy a
                        WHERE a.kind = v.invariant AND a.account_id = v.account_id AND a.subject = v.subject
                          AND a.state = 'accepted' AND a.evidence = v.evidence)
    ON CONFLICT (kind, account_id, subject) WHERE state = 'open' DO UPDATE SET evidence = excluded.evidence
     WHERE discrepancy.evidence <> excluded.evidence;
    -- A discrepancy that was called repaired without a later check is opened again, unless this check found it again anyway.
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
    'Records each violation as a discrepancy, closes discrepancies whose rule holds again, and opens those again that were called repaired without a check. Returns how many violations there are and how many discrepancies were closed.';
