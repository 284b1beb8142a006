-- SPDX-License-Identifier: MIT
-- The moment that counts is the promise of the final dot: until then the daemon looks at the link.
-- A later mail to the same recipient with a link that works makes up for it.
-- Repair: send an open request again, unless one of its mails is in doubt: that may be the later one.

CREATE OR REPLACE VIEW pay_private.rule_19_no_mail_with_dead_link AS
SELECT l.account_id, d.delivery_id::text AS subject,
       jsonb_build_object('request_id', d.request_id, 'link_id', l.link_id, 'off_at', l.deactivated_at, 'sent_at', t.committing_at) AS evidence, true AS judged
  FROM pay_private.delivery d JOIN pay_private.message m USING (message_key) JOIN pay_private.payment_link l USING (link_id)
  JOIN pay_private.delivery_attempt t ON t.delivery_id = d.delivery_id
 WHERE t.outcome = 'accepted' AND l.deactivated_at < t.committing_at
   AND NOT EXISTS (SELECT FROM pay_private.delivery n JOIN pay_private.message x ON x.message_key = n.message_key
                     JOIN pay_private.payment_link w ON w.link_id = x.link_id
                    WHERE n.request_id = d.request_id AND n.recipient = d.recipient AND n.state = 'sent'
                      AND n.accepted_at > t.committing_at AND coalesce(w.deactivated_at, 'infinity') >= n.accepted_at);
COMMENT ON VIEW pay_private.rule_19_no_mail_with_dead_link IS
    'No mail carried a link that was off.';

CREATE OR REPLACE FUNCTION pay_private.rule_19_step(d pay_private.discrepancy) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM payment_request r
                              WHERE r.request_id = (d.evidence ->> 'request_id')::uuid AND mail_may_go(r))
                THEN 'mail again' ELSE 'person' END
$$;
COMMENT ON FUNCTION pay_private.rule_19_step(pay_private.discrepancy) IS
    'The step that repairs it: only an open request can be sent again.';

CREATE OR REPLACE FUNCTION pay_private.rule_19_repair(d pay_private.discrepancy) RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM delivery n
                WHERE n.request_id = (d.evidence ->> 'request_id')::uuid AND n.state = 'in_doubt') THEN
        RETURN false;
    END IF;
    PERFORM pay.resend_payment_request((d.evidence ->> 'request_id')::uuid);
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.rule_19_repair(pay_private.discrepancy) IS
    'Sends the request again; false while one of its deliveries is in doubt.';

SELECT pay_private.add_rule('INV-19', 'rule_19_no_mail_with_dead_link',
    step_by => 'rule_19_step', repair_by => 'rule_19_repair');
