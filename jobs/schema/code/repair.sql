-- SPDX-License-Identifier: MIT
-- Repairing broken rules: what Stripe says is read again, what our own rules say is written again. pay_private.repair_plan
-- says what would be done, pay_private.repair() has it done, and the next verify closes what is in order then. Only what
-- happened to somebody (two mails, a mail after a disconnect) is left to an operator's words.

CREATE OR REPLACE VIEW pay_private.repair_plan AS
SELECT d.discrepancy_id, d.kind, d.account_id, d.subject, d.detected_at, d.repair_asked_at, s.step,
       CASE s.step WHEN 'read' THEN 'read ' || d.subject || ' and what belongs to it again at Stripe'
                   WHEN 'read anew' THEN 'read ' || d.subject || ' again at Stripe and begin its history anew with that; what stands before is kept'
                   WHEN 'walk' THEN 'walk through ' || CASE d.kind WHEN 'INV-08' THEN 'the whole ledger' ELSE d.subject END || ' again'
                   WHEN 'itemise' THEN 'read payout ' || d.subject || ' and the list of what is in it again'
                   WHEN 'restage' THEN 'write the stage that the rule gives'
                   WHEN 'log anew' THEN 'begin the log of stages anew with the stage that the rule gives; what stands before is kept'
                   WHEN 'switch off' THEN 'switch link ' || d.subject || ' off'
                   WHEN 'cut back' THEN 'let the proof of ' || d.subject || ' end at the disconnect'
                   WHEN 'settle' THEN 'call mails in doubt that a dead daemon left in transmission (mail resolve decides then)'
                   WHEN 'mail again' THEN 'send the request again, with a link that works'
                   WHEN 'correct' THEN 'write run ' || d.subject || ' down as what it was'
                   ELSE 'nothing by itself: a person decides (accept, or see the operator''s guide)' END AS words
  FROM pay_private.discrepancy d
 CROSS JOIN LATERAL (SELECT CASE
        WHEN d.kind IN ('INV-01', 'INV-02', 'INV-08') THEN 'walk'
        WHEN d.kind IN ('INV-03', 'INV-04', 'INV-05', 'INV-06', 'INV-10', 'INV-15', 'INV-20', 'INV-21') THEN 'read'
        WHEN d.kind IN ('INV-09', 'INV-11') AND EXISTS (
                 SELECT FROM pay_private.charge c JOIN pay_private.integration i USING (account_id)
                  WHERE c.account_id = d.account_id AND c.charge_id = d.subject AND c.gone_at IS NULL
                    AND i.access = 'ok' AND i.stage <> 'disconnected') THEN 'read anew'
        WHEN d.kind = 'INV-07' THEN 'itemise'
        WHEN d.kind = 'INV-12' THEN 'restage'
        WHEN d.kind = 'INV-13' THEN 'log anew'
        WHEN d.kind = 'INV-14' AND d.evidence ->> 'what' = 'read' THEN 'cut back'
        WHEN d.kind = 'INV-16' OR d.kind = 'INV-14' AND d.evidence ->> 'what' = 'link' THEN 'switch off'
        WHEN d.kind = 'INV-18' THEN 'settle'
        WHEN d.kind = 'INV-19' AND EXISTS (SELECT FROM pay.payment_request r
                                            WHERE r.request_id = (d.evidence ->> 'request_id')::uuid AND r.state = 'open')
             THEN 'mail again'
        WHEN d.kind = 'INV-22' AND d.evidence ? 'job' THEN 'correct'
        WHEN d.kind = 'INV-22' OR d.kind LIKE '%\_vanished' THEN 'read'
        ELSE 'person' END AS step) s
 WHERE d.state = 'open';
COMMENT ON VIEW pay_private.repair_plan IS 'Open discrepancies, and what pay_private.repair() would do about each.';
COMMENT ON COLUMN pay_private.repair_plan.discrepancy_id IS 'The discrepancy.';
COMMENT ON COLUMN pay_private.repair_plan.kind IS 'Which rule is broken.';
COMMENT ON COLUMN pay_private.repair_plan.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.repair_plan.subject IS 'What breaks it.';
COMMENT ON COLUMN pay_private.repair_plan.detected_at IS 'Since when it is known.';
COMMENT ON COLUMN pay_private.repair_plan.repair_asked_at IS 'When somebody last had it repaired.';
COMMENT ON COLUMN pay_private.repair_plan.words IS 'The same for people.';
COMMENT ON COLUMN pay_private.repair_plan.step IS
    'read, read anew, walk, itemise, restage, log anew, switch off, cut back, settle, mail again, correct; person = nothing by itself.';

CREATE OR REPLACE FUNCTION pay_private.repair_by_walking(d pay_private.discrepancy) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
BEGIN
    CASE d.kind
        WHEN 'INV-01' THEN
            PERFORM walk_again(d.account_id, d.subject, lower(r), upper(r))
               FROM hole h CROSS JOIN unnest(h.holes) r
              WHERE h.account_id = d.account_id AND h.stream = d.subject;
            UPDATE stream s SET next_run_at = now() WHERE s.account_id = d.account_id AND s.stream = d.subject;
        WHEN 'INV-02' THEN
            INSERT INTO stream (account_id, stream) VALUES (d.account_id, d.subject)
            ON CONFLICT (account_id, stream) DO UPDATE SET next_run_at = now(), watermark = NULL;
        WHEN 'INV-08' THEN
            UPDATE balance_transaction b SET row_hash = 0 WHERE b.account_id = d.account_id AND b.currency = d.subject;
            PERFORM walk_again(d.account_id, 'balance_transactions', i.account_created_at, now())
               FROM integration i WHERE i.account_id = d.account_id;
    END CASE;
END $$;
COMMENT ON FUNCTION pay_private.repair_by_walking(pay_private.discrepancy) IS
    'Has listed again what a discrepancy of the rules 01, 02 and 08 is about.';

CREATE OR REPLACE FUNCTION pay_private.repair_by_reading(d pay_private.discrepancy) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
BEGIN
    CASE
        WHEN d.kind = 'INV-04' THEN
            PERFORM read_again(d.account_id, 'charges', ARRAY[d.subject]);
            PERFORM read_again(d.account_id, 'balance_transactions', array_remove(ARRAY[d.evidence ->> 'ledger_row'], NULL));
        WHEN d.kind = 'INV-05' AND d.evidence ? 'application_fee_amount' THEN
            PERFORM read_again(d.account_id, 'charges', ARRAY[d.subject]);
            PERFORM read_again('', 'application_fees', ARRAY(
                SELECT f.application_fee_id FROM application_fee f
                 WHERE f.charged_account_id = d.account_id AND f.charge_id = d.subject));
            PERFORM walk_again('', 'application_fees', c.created - interval '1 day', c.created + interval '1 day')
               FROM charge c WHERE c.account_id = d.account_id AND c.charge_id = d.subject;
        WHEN d.kind = 'INV-05' THEN
            PERFORM read_again(d.account_id, 'balance_transactions', ARRAY[d.subject]);
            PERFORM read_again(d.account_id, stream_of(d.evidence ->> 'source_id'), ARRAY[d.evidence ->> 'source_id']);
        WHEN d.kind = 'INV-06' THEN
            PERFORM read_again(d.account_id, 'charges', ARRAY[d.subject]);
            PERFORM read_again(d.account_id, 'refunds', ARRAY(
                SELECT r.refund_id FROM refund r WHERE r.account_id = d.account_id AND r.charge_id = d.subject));
            PERFORM walk_again(d.account_id, 'refunds', c.created, now())
               FROM charge c WHERE c.account_id = d.account_id AND c.charge_id = d.subject;
        WHEN d.kind IN ('INV-09', 'INV-11') THEN
            -- Asked for again it is read again, and begins where it began.
            INSERT INTO chain_start (chain, account_id, subject, first, trusted, discrepancy_id)
            SELECT 'charge_history', d.account_id, d.subject, 1 + max(h.version),
                   max(h.version) FILTER (WHERE d.kind = 'INV-11' AND h.version < (d.evidence ->> 'version')::integer),
                   d.discrepancy_id
              FROM charge_history h WHERE h.account_id = d.account_id AND h.charge_id = d.subject
            HAVING max(h.version) IS NOT NULL
            ON CONFLICT DO NOTHING;
            PERFORM read_again(d.account_id, 'charges', ARRAY[d.subject]);
        WHEN d.kind = 'INV-15' THEN
            PERFORM read_again(c.account_id, 'charges', array_agg(c.charge_id))
               FROM charge c WHERE c.request_id = d.subject::uuid GROUP BY c.account_id;
        WHEN d.kind = 'INV-22' THEN
            PERFORM read_again(d.account_id, d.evidence ->> 'stream', ARRAY[d.subject]);
        ELSE
            PERFORM read_again(d.account_id, stream_of(d.subject), ARRAY[d.subject]);
    END CASE;
END $$;
COMMENT ON FUNCTION pay_private.repair_by_reading(pay_private.discrepancy) IS
    'Has the objects that a discrepancy is about read again by their id, and begins a broken history anew.';

CREATE OR REPLACE FUNCTION pay_private.repair_payout(d pay_private.discrepancy) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    UPDATE balance_transaction b SET payout_id = NULL WHERE b.account_id = d.account_id AND b.payout_id = d.subject;
    UPDATE payout p SET itemised_at = NULL WHERE p.account_id = d.account_id AND p.payout_id = d.subject;
    SELECT read_again(d.account_id, 'payouts', ARRAY[d.subject]);
$$;
COMMENT ON FUNCTION pay_private.repair_payout(pay_private.discrepancy) IS
    'Has a payout read again, and the list of what is in it.';

CREATE OR REPLACE FUNCTION pay_private.repair_stage_log(d pay_private.discrepancy) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    last_seq bigint;
BEGIN
    -- It takes the row's lock, and writes the end of the log where only that was missing.
    PERFORM restage(d.account_id, 'repair');
    IF NOT EXISTS (SELECT FROM violation v WHERE v.invariant = d.kind AND v.account_id = d.account_id) THEN
        RETURN;
    END IF;
    SELECT max(e.seq) INTO last_seq FROM stage_event e WHERE e.account_id = d.account_id;
    INSERT INTO chain_start (chain, account_id, subject, first, discrepancy_id)
    VALUES ('stage_event', d.account_id, d.account_id, last_seq + 1, d.discrepancy_id)
    ON CONFLICT DO NOTHING;
    INSERT INTO stage_event (account_id, seq, to_stage, detail, cause)
    SELECT i.account_id, last_seq + 1, i.stage, i.stage_detail, 'repair' FROM integration i WHERE i.account_id = d.account_id;
END $$;
COMMENT ON FUNCTION pay_private.repair_stage_log(pay_private.discrepancy) IS
    'Begins a broken log of stages anew with the stage that the rule gives now.';

CREATE OR REPLACE FUNCTION pay_private.repair_coverage(d pay_private.discrepancy) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    ended CONSTANT timestamptz := (SELECT i.disconnected_at FROM integration i WHERE i.account_id = d.account_id);
BEGIN
    DELETE FROM pay_private.coverage c
     WHERE c.account_id = d.account_id AND c.stream = d.subject AND c.read_at > ended AND lower(c.span) >= ended;
    UPDATE pay_private.coverage c SET span = c.span * tstzrange(NULL, ended), read_at = ended
     WHERE c.account_id = d.account_id AND c.stream = d.subject AND c.read_at > ended;
    -- A stream has the name of its table, and an s.
    EXECUTE format('UPDATE pay_private.coverage c
                       SET rows = (SELECT count(*) FROM pay_private.%I m WHERE m.account_id = $1 AND m.created <@ c.span)
                     WHERE c.account_id = $1 AND c.stream = $2 AND c.read_at = $3', left(d.subject, -1))
      USING d.account_id, d.subject, ended;
END $$;
COMMENT ON FUNCTION pay_private.repair_coverage(pay_private.discrepancy) IS
    'Lets the proof of a stream end at the moment of the disconnect; what was read later is read again after a reconnect.';

CREATE OR REPLACE FUNCTION pay_private.repair_run(d pay_private.discrepancy) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    UPDATE run r
       SET state = CASE r.state WHEN 'running' THEN 'lost' ELSE 'partial' END,
           finished_at = coalesce(r.finished_at, r.alive_until),
           reason = coalesce(r.reason, CASE r.state WHEN 'running' THEN 'its daemon ended without a word'
                                                    ELSE r.failed || ' could not be done' END)
     WHERE r.run_id = d.subject::bigint
       AND (r.state = 'running' AND r.alive_until < now() OR r.state = 'ok' AND r.failed > 0);
$$;
COMMENT ON FUNCTION pay_private.repair_run(pay_private.discrepancy) IS
    'Calls a run lost whose daemon died, and partial when some of it failed.';

CREATE OR REPLACE FUNCTION pay_private.repair(discrepancy_id bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    step text;
    d discrepancy;
BEGIN
    SELECT n.* INTO d FROM discrepancy n
     WHERE n.discrepancy_id = repair.discrepancy_id AND n.state = 'open' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no open discrepancy %', discrepancy_id USING ERRCODE = 'PY404';
    END IF;
    SELECT p.step INTO step FROM repair_plan p WHERE p.discrepancy_id = repair.discrepancy_id;
    IF step = 'person' THEN
        RETURN false;
    END IF;
    UPDATE discrepancy n SET repair_asked_at = now() WHERE n.discrepancy_id = repair.discrepancy_id;
    -- What was repaired and not checked yet is not repaired twice.
    IF d.kind IN (SELECT i.invariant FROM invariant i)
       AND NOT EXISTS (SELECT FROM violation v
                        WHERE v.invariant = d.kind AND v.account_id = d.account_id AND v.subject = d.subject) THEN
        RETURN true;
    END IF;
    CASE step
        WHEN 'walk' THEN PERFORM repair_by_walking(d);
        WHEN 'read', 'read anew' THEN PERFORM repair_by_reading(d);
        WHEN 'itemise' THEN PERFORM repair_payout(d);
        WHEN 'restage' THEN PERFORM restage(d.account_id, 'repair');
        WHEN 'log anew' THEN PERFORM repair_stage_log(d);
        WHEN 'switch off' THEN
            UPDATE payment_link l SET wanted_active = false, attempts = 0, next_attempt_at = now() WHERE l.link_id = d.subject;
        WHEN 'cut back' THEN PERFORM repair_coverage(d);
        WHEN 'settle' THEN PERFORM settle_abandoned(false);
        WHEN 'mail again' THEN
            -- The mail in doubt may be the one that makes it good.
            IF EXISTS (SELECT FROM delivery n
                        WHERE n.request_id = (d.evidence ->> 'request_id')::uuid AND n.state = 'in_doubt') THEN
                RETURN false;
            END IF;
            PERFORM pay.resend_payment_request((d.evidence ->> 'request_id')::uuid);
        WHEN 'correct' THEN PERFORM repair_run(d);
    END CASE;
    PERFORM pg_notify('pay_payment_due', '');
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.repair(bigint) IS
    'Has done what pay_private.repair_plan says about an open discrepancy, if its rule is still broken; answers false when that is nothing. A later check of the rules closes it. PY404 when there is none.';
