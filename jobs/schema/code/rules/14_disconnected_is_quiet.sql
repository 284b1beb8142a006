-- SPDX-License-Identifier: MIT
-- After the moment of a disconnect nothing of the account is read, no link of it is wanted and no mail is sent.
-- Repair: end the coverage at the disconnect, or switch the link off. A mail that was sent is left to an operator.

CREATE OR REPLACE VIEW pay_private.rule_14_disconnected_is_quiet AS
SELECT i.account_id, q.subject,
       jsonb_build_object('what', q.what, 'at', q.at, 'disconnected_at', i.disconnected_at) AS evidence, true AS judged
  FROM pay_private.integration i
 CROSS JOIN LATERAL (
       SELECT c.stream AS subject, 'read' AS what, c.read_at AS at FROM pay_private.coverage c
        WHERE c.account_id = i.account_id AND c.read_at > i.disconnected_at
       UNION ALL
       SELECT l.link_id, 'link', l.created_at FROM pay_private.payment_link l
        WHERE l.account_id = i.account_id AND l.wanted_active
          AND NOT EXISTS (SELECT FROM pay_private.follow_up f WHERE f.task = 'unwant_links' AND f.subject = i.account_id)
       UNION ALL
       SELECT r.request_id::text, 'mail', t.started_at
         FROM pay.payment_request r JOIN pay_private.delivery d USING (request_id)
         JOIN pay_private.delivery_attempt t USING (delivery_id)
        WHERE r.account_id = i.account_id AND t.started_at > i.disconnected_at) q
 WHERE i.stage = 'disconnected';
COMMENT ON VIEW pay_private.rule_14_disconnected_is_quiet IS
    'A disconnected account is quiet.';

CREATE OR REPLACE FUNCTION pay_private.rule_14_step(d pay_private.discrepancy) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE d.evidence ->> 'what' WHEN 'read' THEN 'cut back' WHEN 'link' THEN 'switch off' ELSE 'person' END
$$;
COMMENT ON FUNCTION pay_private.rule_14_step(pay_private.discrepancy) IS
    'The step that repairs it, by what happened after the disconnect.';

CREATE OR REPLACE FUNCTION pay_private.rule_14_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    ended CONSTANT timestamptz := (SELECT i.disconnected_at FROM integration i WHERE i.account_id = d.account_id);
BEGIN
    IF d.evidence ->> 'what' = 'link' THEN
        RETURN switch_link_off(d);
    END IF;
    DELETE FROM pay_private.coverage c
     WHERE c.account_id = d.account_id AND c.stream = d.subject AND c.read_at > ended AND lower(c.span) >= ended;
    UPDATE pay_private.coverage c SET span = c.span * tstzrange(NULL, ended), read_at = ended
     WHERE c.account_id = d.account_id AND c.stream = d.subject AND c.read_at > ended;
    -- A stream is named like its table with an s.
    EXECUTE format('UPDATE pay_private.coverage c
                       SET rows = (SELECT count(*) FROM pay_private.%I m WHERE m.account_id = $1 AND m.created <@ c.span)
                     WHERE c.account_id = $1 AND c.stream = $2 AND c.read_at = $3', left(d.subject, -1))
      USING d.account_id, d.subject, ended;
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_14_repair(pay_private.discrepancy) IS
    'Ends the coverage of a stream at the disconnect, so that later objects are read again after a reconnect; or switches a link off.';

SELECT pay_private.add_rule('INV-14', 'rule_14_disconnected_is_quiet',
    step_by => 'rule_14_step', repair_by => 'rule_14_repair');
