-- SPDX-License-Identifier: MIT
-- Repairing broken rules: what Stripe says is read again, what our own rules say is written again. pay_private.repair_plan
-- says what would be done, pay_private.repair() has it done, and the next verify closes what is in order then. Only what
-- happened to somebody (two mails, a mail after a disconnect) is left to an operator's words.

CREATE OR REPLACE FUNCTION pay_private.charge_history_step(d pay_private.discrepancy) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE WHEN EXISTS (
                    SELECT FROM charge c JOIN readable_account a ON a.account_id = c.account_id
                     WHERE c.account_id = d.account_id AND c.charge_id = d.subject AND c.gone_at IS NULL)
                THEN 'read anew' ELSE 'person' END
$$;
COMMENT ON FUNCTION pay_private.charge_history_step(pay_private.discrepancy) IS
    'The step that repairs the history of a charge: only a charge that Stripe still shows us can be read anew.';

CREATE OR REPLACE FUNCTION pay_private.restart_charge_history(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    -- A second repair reads the charge again, and the restart stays where it is.
    INSERT INTO history_restart (history, account_id, subject, first, trusted, discrepancy_id)
    SELECT 'charge_history', d.account_id, d.subject, 1 + max(h.version),
           max(h.version) FILTER (WHERE d.kind = 'INV-11' AND h.version < (d.evidence ->> 'version')::integer),
           d.discrepancy_id
      FROM charge_history h WHERE h.account_id = d.account_id AND h.charge_id = d.subject
    HAVING max(h.version) IS NOT NULL
    ON CONFLICT DO NOTHING;
    PERFORM request_reread(d.account_id, 'charges', ARRAY[d.subject]);
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.restart_charge_history(pay_private.discrepancy) IS
    'Requests that a charge is read by its id, and restarts its history with that version.';

CREATE OR REPLACE FUNCTION pay_private.switch_link_off(d pay_private.discrepancy) RETURNS boolean
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    UPDATE payment_link l SET wanted_active = false, attempts = 0, next_attempt_at = now() WHERE l.link_id = d.subject;
    SELECT true;
$$;
COMMENT ON FUNCTION pay_private.switch_link_off(pay_private.discrepancy) IS
    'Makes the switching off of a payment link due at once, however often it failed.';

CREATE OR REPLACE FUNCTION pay_private.repair_by_reading(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM request_reread(d.account_id, stream_of(d.subject), ARRAY[d.subject]);
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.repair_by_reading(pay_private.discrepancy) IS
    'Requests that the object which a discrepancy is about is read by its id: the repair of rules that name no other.';

CREATE OR REPLACE FUNCTION pay_private.repair_step(d pay_private.discrepancy) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    broken rule;
    step text;
BEGIN
    SELECT r.* INTO broken FROM rule r WHERE r.rule = d.kind;
    IF NOT FOUND THEN
        RETURN CASE WHEN d.kind LIKE '%\_vanished' THEN 'read' ELSE 'person' END;
    ELSIF broken.step_by IS NULL THEN
        RETURN broken.step;
    END IF;
    EXECUTE format('SELECT pay_private.%I($1)', broken.step_by) INTO step USING d;
    RETURN step;
END $$;
COMMENT ON FUNCTION pay_private.repair_step(pay_private.discrepancy) IS
    'The step that pay_private.repair() would take for a discrepancy; person = none, an operator decides.';

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
                   WHEN 'settle' THEN 'call mails in doubt that a dead daemon left in transmission (then settle them: paysyncctl mail resolve ID --sent, or --resend)'
                   WHEN 'mail again' THEN 'send the request again, with a link that works'
                   WHEN 'correct' THEN 'write run ' || d.subject || ' down as what it was'
                   ELSE 'nothing by itself: a person decides (accept, or see the operator''s guide)' END AS words
  FROM pay_private.discrepancy d
 CROSS JOIN LATERAL (SELECT pay_private.repair_step(d) AS step OFFSET 0) s
 WHERE d.state = 'open';
COMMENT ON VIEW pay_private.repair_plan IS 'Open discrepancies, and the step that pay_private.repair() would take for each.';
COMMENT ON COLUMN pay_private.repair_plan.discrepancy_id IS 'The discrepancy.';
COMMENT ON COLUMN pay_private.repair_plan.kind IS 'Which rule is broken.';
COMMENT ON COLUMN pay_private.repair_plan.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.repair_plan.subject IS 'Id of the object or request that breaks it.';
COMMENT ON COLUMN pay_private.repair_plan.detected_at IS 'Since when it is known.';
COMMENT ON COLUMN pay_private.repair_plan.repair_asked_at IS 'When somebody last had it repaired.';
COMMENT ON COLUMN pay_private.repair_plan.words IS 'The same for people.';
COMMENT ON COLUMN pay_private.repair_plan.step IS
    'read, read anew, walk, itemise, restage, log anew, switch off, cut back, settle, mail again, correct; person = nothing by itself.';

CREATE OR REPLACE FUNCTION pay_private.repair(discrepancy_id bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    step text;
    d discrepancy;
    asked boolean;
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
    -- A repair that no check has confirmed yet is not repeated.
    IF d.kind IN (SELECT i.invariant FROM invariant i)
       AND NOT EXISTS (SELECT FROM violation v
                        WHERE v.invariant = d.kind AND v.account_id = d.account_id AND v.subject = d.subject) THEN
        RETURN true;
    END IF;
    EXECUTE format('SELECT pay_private.%I($1)', coalesce((SELECT r.repair_by FROM rule r WHERE r.rule = d.kind), 'repair_by_reading'))
       INTO asked USING d;
    IF NOT asked THEN
        RETURN false;
    END IF;
    PERFORM pg_notify('pay_payment_due', '');
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.repair(bigint) IS
    'Requests the step of pay_private.repair_plan for an open discrepancy, if its rule is still broken. Returns false if there is none. A later check of the rules closes the discrepancy. PY404 if it is not open.';
