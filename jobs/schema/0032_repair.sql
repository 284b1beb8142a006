-- SPDX-License-Identifier: MIT
-- Discrepancies are repaired by reading again what Stripe says: pay_private.repair_plan says what would be done,
-- pay_private.repair() has it done, and the next check of the rules closes what is in order then.

ALTER TABLE pay_private.discrepancy ADD COLUMN repair_asked_at timestamptz;
COMMENT ON COLUMN pay_private.discrepancy.repair_asked_at IS 'When somebody last had it repaired; a later check says whether that helped.';

CREATE FUNCTION pay_private.stream_of(object_id text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE split_part(object_id, '_', 1)
               WHEN 'ch' THEN 'charges' WHEN 'py' THEN 'charges' WHEN 're' THEN 'refunds' WHEN 'pyr' THEN 'refunds'
               WHEN 'dp' THEN 'disputes' WHEN 'du' THEN 'disputes' WHEN 'po' THEN 'payouts'
               WHEN 'txn' THEN 'balance_transactions' END;
$$;
COMMENT ON FUNCTION pay_private.stream_of(text) IS 'The stream of the objects whose ids begin like this one; NULL = none.';

CREATE VIEW pay_private.repair_plan AS
SELECT d.discrepancy_id, d.kind, d.account_id, d.subject, d.detected_at, d.repair_asked_at, s.step,
       CASE s.step WHEN 'read' THEN 'read ' || d.subject || ' and what belongs to it again at Stripe'
                   WHEN 'walk' THEN 'walk through ' || CASE d.kind WHEN 'INV-08' THEN 'the whole ledger' ELSE d.subject END || ' again'
                   WHEN 'itemise' THEN 'read payout ' || d.subject || ' and the list of what is in it again'
                   WHEN 'restage' THEN 'write the stage that the rule gives'
                   WHEN 'switch off' THEN 'switch link ' || d.subject || ' off'
                   ELSE 'nothing by itself: a person decides (accept, or see the operator''s guide)' END AS words
  FROM pay_private.discrepancy d
 CROSS JOIN LATERAL (SELECT CASE
        WHEN d.kind IN ('INV-01', 'INV-02', 'INV-08') THEN 'walk'
        WHEN d.kind IN ('INV-03', 'INV-04', 'INV-05', 'INV-06', 'INV-10', 'INV-15', 'INV-20', 'INV-21') THEN 'read'
        WHEN d.kind = 'INV-07' THEN 'itemise'
        WHEN d.kind = 'INV-12' THEN 'restage'
        WHEN d.kind = 'INV-16' OR d.kind = 'INV-14' AND d.evidence ->> 'what' = 'link' THEN 'switch off'
        WHEN d.kind = 'INV-22' AND d.subject LIKE '%\_%' OR d.kind LIKE '%\_vanished' THEN 'read'
        ELSE 'person' END AS step) s
 WHERE d.state = 'open';
COMMENT ON VIEW pay_private.repair_plan IS 'Open discrepancies, and what pay_private.repair() would do about each.';
COMMENT ON COLUMN pay_private.repair_plan.discrepancy_id IS 'The discrepancy.';
COMMENT ON COLUMN pay_private.repair_plan.kind IS 'Which rule is broken.';
COMMENT ON COLUMN pay_private.repair_plan.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.repair_plan.subject IS 'What breaks it.';
COMMENT ON COLUMN pay_private.repair_plan.detected_at IS 'Since when it is known.';
COMMENT ON COLUMN pay_private.repair_plan.repair_asked_at IS 'When somebody last had it repaired.';
COMMENT ON COLUMN pay_private.repair_plan.step IS 'read, walk, itemise, restage, switch off; person = nothing by itself.';
COMMENT ON COLUMN pay_private.repair_plan.words IS 'The same for people.';

CREATE FUNCTION pay_private.read_again(account_id text, stream text, object_ids text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    mirror text;
    id text;
BEGIN
    SELECT v.mirror, v.id INTO mirror, id
      FROM (VALUES ('charges', 'charge', 'charge_id'), ('refunds', 'refund', 'refund_id'),
                   ('disputes', 'dispute', 'dispute_id'), ('payouts', 'payout', 'payout_id'),
                   ('application_fees', 'application_fee', 'application_fee_id'),
                   ('balance_transactions', 'balance_transaction', 'balance_transaction_id')) AS v (stream, mirror, id)
     WHERE v.stream = read_again.stream;
    IF mirror IS NULL THEN
        RETURN;
    END IF;
    -- Without its hash the row is written whatever it says, and with it all that follows from it.
    EXECUTE format('UPDATE pay_private.%I SET row_hash = 0 WHERE account_id = $1 AND %I = ANY ($2)', mirror, id)
      USING account_id, object_ids;
    INSERT INTO reread AS r (account_id, stream, object_id, reason)
    SELECT read_again.account_id, read_again.stream, o, 'repair' FROM unnest(object_ids) o WHERE o IS NOT NULL
    ON CONFLICT (account_id, stream, object_id) DO UPDATE SET reason = 'repair';
    UPDATE stream s SET next_run_at = now()
     WHERE s.account_id = read_again.account_id AND s.stream = read_again.stream;
END $$;
COMMENT ON FUNCTION pay_private.read_again(text, text, text[]) IS
    'Has these objects of a stream read by their id at its next turn, which is due at once, and their rows written whatever they say.';

CREATE FUNCTION pay_private.walk_again(account_id text, stream text, since timestamptz, until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    now_end CONSTANT timestamptz := to_timestamp(253402300799);
BEGIN
    -- The head of the walk belongs to it, or its end would not say that all is read until then.
    UPDATE stream s
       SET walk_from = date_trunc('second', least(s.walk_from, walk_again.since, s.watermark)),
           walk_started_at = NULL, next_run_at = now()
     WHERE s.account_id = walk_again.account_id AND s.stream = walk_again.stream;
    INSERT INTO slice AS p (account_id, stream, until, since)
    SELECT walk_again.account_id, walk_again.stream, p.until, min(p.since)
      FROM (SELECT CASE WHEN walk_again.until >= now() THEN now_end
                        ELSE date_trunc('second', walk_again.until) + interval '1 second' END AS until,
                   date_trunc('second', walk_again.since) AS since
             UNION ALL
            SELECT now_end, date_trunc('second', least(s.watermark, (
                       SELECT max(upper(c.span)) FROM pay_private.coverage c
                        WHERE c.account_id = s.account_id AND c.stream = s.stream), now()) - interval '15 minutes')
              FROM stream s
             WHERE s.account_id = walk_again.account_id AND s.stream = walk_again.stream) p
     GROUP BY p.until
    ON CONFLICT (account_id, stream, until) DO UPDATE SET since = least(p.since, excluded.since), cursor = NULL;
END $$;
COMMENT ON FUNCTION pay_private.walk_again(text, text, timestamptz, timestamptz) IS
    'Has what was created in this range listed again, besides what is open and what is newest; the stream is due at once.';

CREATE FUNCTION pay_private.repair(discrepancy_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    plan repair_plan;
    evidence jsonb;
BEGIN
    SELECT p.* INTO plan FROM repair_plan p WHERE p.discrepancy_id = repair.discrepancy_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no open discrepancy %', discrepancy_id USING ERRCODE = 'PY404';
    END IF;
    IF plan.step = 'person' THEN
        RETURN false;
    END IF;
    UPDATE discrepancy d SET repair_asked_at = now() WHERE d.discrepancy_id = repair.discrepancy_id
    RETURNING d.evidence INTO evidence;
    CASE plan.kind
        WHEN 'INV-01' THEN
            PERFORM walk_again(plan.account_id, plan.subject, lower(h), upper(h))
               FROM unnest((SELECT tstzmultirange(range_merge(range_agg(c.span))) - range_agg(c.span)
                              FROM pay_private.coverage c WHERE c.account_id = plan.account_id AND c.stream = plan.subject)) h;
            UPDATE stream s SET next_run_at = now()
             WHERE s.account_id = plan.account_id AND s.stream = plan.subject;
        WHEN 'INV-02' THEN
            INSERT INTO stream (account_id, stream) VALUES (plan.account_id, plan.subject)
            ON CONFLICT (account_id, stream) DO UPDATE SET next_run_at = now(), watermark = NULL;
        WHEN 'INV-04' THEN
            PERFORM read_again(plan.account_id, 'charges', ARRAY[plan.subject]);
            PERFORM read_again(plan.account_id, 'balance_transactions', array_remove(ARRAY[evidence ->> 'ledger_row'], NULL));
        WHEN 'INV-05' THEN
            IF evidence ? 'application_fee_amount' THEN
                PERFORM read_again(plan.account_id, 'charges', ARRAY[plan.subject]);
                PERFORM read_again('', 'application_fees', ARRAY(
                    SELECT f.application_fee_id FROM application_fee f
                     WHERE f.charged_account_id = plan.account_id AND f.charge_id = plan.subject));
                PERFORM walk_again('', 'application_fees', c.created - interval '1 day', c.created + interval '1 day')
                   FROM charge c WHERE c.account_id = plan.account_id AND c.charge_id = plan.subject;
            ELSE
                PERFORM read_again(plan.account_id, 'balance_transactions', ARRAY[plan.subject]);
                PERFORM read_again(plan.account_id, stream_of(evidence ->> 'source_id'), ARRAY[evidence ->> 'source_id']);
            END IF;
        WHEN 'INV-06' THEN
            PERFORM read_again(plan.account_id, 'charges', ARRAY[plan.subject]);
            PERFORM read_again(plan.account_id, 'refunds', ARRAY(
                SELECT r.refund_id FROM refund r WHERE r.account_id = plan.account_id AND r.charge_id = plan.subject));
            PERFORM walk_again(plan.account_id, 'refunds', c.created, now())
               FROM charge c WHERE c.account_id = plan.account_id AND c.charge_id = plan.subject;
        WHEN 'INV-07' THEN
            UPDATE balance_transaction b SET payout_id = NULL
             WHERE b.account_id = plan.account_id AND b.payout_id = plan.subject;
            UPDATE payout p SET itemised_at = NULL WHERE p.account_id = plan.account_id AND p.payout_id = plan.subject;
            PERFORM read_again(plan.account_id, 'payouts', ARRAY[plan.subject]);
        WHEN 'INV-08' THEN
            UPDATE balance_transaction b SET row_hash = 0
             WHERE b.account_id = plan.account_id AND b.currency = plan.subject;
            PERFORM walk_again(plan.account_id, 'balance_transactions', i.account_created_at, now())
               FROM integration i WHERE i.account_id = plan.account_id;
        WHEN 'INV-12' THEN
            PERFORM restage(plan.account_id, 'repair');
        WHEN 'INV-15' THEN
            PERFORM read_again(c.account_id, 'charges', array_agg(c.charge_id))
               FROM charge c WHERE c.request_id = plan.subject::uuid GROUP BY c.account_id;
        WHEN 'INV-14', 'INV-16' THEN
            UPDATE payment_link l SET wanted_active = false, attempts = 0, next_attempt_at = now()
             WHERE l.link_id = plan.subject;
        WHEN 'INV-22' THEN
            PERFORM read_again(plan.account_id, evidence ->> 'stream', ARRAY[plan.subject]);
        ELSE
            PERFORM read_again(plan.account_id, stream_of(plan.subject), ARRAY[plan.subject]);
    END CASE;
    PERFORM pg_notify('pay_payment_due', '');
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.repair(bigint) IS
    'Has done what pay_private.repair_plan says about an open discrepancy; answers false when that is nothing. A later check of the rules closes it. PY404 when there is none.';

CREATE FUNCTION pay_private.accept_discrepancy(discrepancy_id bigint, words text) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
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
