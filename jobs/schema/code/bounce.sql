-- SPDX-License-Identifier: MIT
-- Bounces: reports about messages after they were sent.

CREATE OR REPLACE VIEW pay.bounces AS
SELECT b.bounce_id, b.delivery_id, d.request_id, d.company, d.kind, d.recipient, m.message_id, b.action, b.status,
       b.diagnostic, b.reported_at
  FROM pay_private.bounce b JOIN pay_private.delivery d USING (delivery_id)
  LEFT JOIN pay_private.message m USING (message_key);
COMMENT ON VIEW pay.bounces IS 'Reports of mail servers about messages after they were sent.';
COMMENT ON COLUMN pay.bounces.bounce_id IS 'Order of arrival.';
COMMENT ON COLUMN pay.bounces.delivery_id IS 'The mail that it is about.';
COMMENT ON COLUMN pay.bounces.request_id IS 'The mail''s request.';
COMMENT ON COLUMN pay.bounces.company IS 'The company that sent it.';
COMMENT ON COLUMN pay.bounces.kind IS 'request, reminder, receipt or notice.';
COMMENT ON COLUMN pay.bounces.recipient IS 'The address that it went to.';
COMMENT ON COLUMN pay.bounces.message_id IS 'Its Message-ID.';
COMMENT ON COLUMN pay.bounces.action IS 'failed, delayed, delivered, relayed or expanded.';
COMMENT ON COLUMN pay.bounces.status IS 'Enhanced status code: 5.1.1 = no such mailbox.';
COMMENT ON COLUMN pay.bounces.diagnostic IS 'The last server''s words.';
COMMENT ON COLUMN pay.bounces.reported_at IS 'When it was heard.';

-- A server that rewrote the Message-ID returns our own headers; one that forwarded the message names another recipient.
CREATE OR REPLACE FUNCTION pay_private.returned_delivery(message_id text, request_id text, kind text, recipient text) RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found uuid[];
    exact uuid;
BEGIN
    SELECT array_agg(d.delivery_id ORDER BY d.number DESC),
           (array_agg(d.delivery_id ORDER BY d.number DESC) FILTER (WHERE lower(d.recipient COLLATE "C") = lower(returned_delivery.recipient COLLATE "C")))[1]
      INTO found, exact FROM message m
      JOIN delivery d ON d.request_id = m.request_id AND (d.message_key = m.message_key OR d.delivery_id = m.delivery_id)
     WHERE m.message_id = btrim(returned_delivery.message_id, '<> ');
    IF found IS NULL AND returned_delivery.request_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        SELECT array_agg(d.delivery_id ORDER BY d.number DESC),
               (array_agg(d.delivery_id ORDER BY d.number DESC) FILTER (WHERE lower(d.recipient COLLATE "C") = lower(returned_delivery.recipient COLLATE "C")))[1]
          INTO found, exact FROM delivery d
         WHERE d.request_id = returned_delivery.request_id::uuid AND d.message_key IS NOT NULL
           AND d.kind = coalesce(nullif(returned_delivery.kind, ''), 'request');
    END IF;
    RETURN coalesce(exact, CASE WHEN cardinality(found) = 1 THEN found[1] END);
END $$;
COMMENT ON FUNCTION pay_private.returned_delivery(text, text, text, text) IS
    'The delivery that a report is about, by its Message-ID or by our headers in the report; NULL if that is ambiguous.';

CREATE OR REPLACE FUNCTION pay_private.take_bounce(
    source text, message_id text, request_id text, kind text, recipient text, action text, status text,
    diagnostic text) RETURNS text
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    about constant uuid := returned_delivery(take_bounce.message_id, take_bounce.request_id, take_bounce.kind,
                                             take_bounce.recipient);
    mail delivery;
    asked_by payment_request;
BEGIN
    IF about IS NULL OR take_bounce.action NOT IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded') THEN
        RETURN 'unknown';
    END IF;
    SELECT r.* INTO STRICT asked_by FROM payment_request r JOIN delivery d USING (request_id)
     WHERE d.delivery_id = about FOR NO KEY UPDATE OF r;
    SELECT d.* INTO STRICT mail FROM delivery d WHERE d.delivery_id = about FOR NO KEY UPDATE;
    INSERT INTO bounce (delivery_id, source, recipient, action, status, diagnostic)
    VALUES (about, take_bounce.source, nullif(take_bounce.recipient, ''), take_bounce.action,
            nullif(take_bounce.status, ''), nullif(left(take_bounce.diagnostic, 500), ''))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'known';
    END IF;
    IF take_bounce.action = 'failed' THEN
        -- An error in the address itself is permanent; a full mailbox or a policy is not.
        IF take_bounce.status ~ '^5\.1\.' THEN
            INSERT INTO suppression (email, reason)
            VALUES (mail.recipient, 'a mail came back: ' || take_bounce.status) ON CONFLICT DO NOTHING;
        END IF;
        IF mail.state IN ('sent', 'committing', 'in_doubt') THEN
            UPDATE delivery d
               SET state = 'bounced', accepted_at = coalesce(d.accepted_at, now()), reason_code = 'mail_bounced',
                   reason_text = concat_ws(' ', nullif(take_bounce.status, ''),
                                           coalesce(nullif(left(take_bounce.diagnostic, 500), ''), 'The mail came back.'))
             WHERE d.delivery_id = about;
            RETURN 'bounced';
        END IF;
    ELSIF mail.state = 'in_doubt' THEN
        -- The report proves that the server had accepted the message.
        UPDATE delivery d SET state = 'sent', accepted_at = now(), reason_code = NULL, reason_text = NULL
         WHERE d.delivery_id = about;
        RETURN 'settled';
    END IF;
    RETURN 'noted';
END $$;
COMMENT ON FUNCTION pay_private.take_bounce(text, text, text, text, text, text, text, text) IS
    'Records a report about a message that was sent. Returns bounced, settled (the delivery was in doubt and had arrived), noted, known (this source was recorded before) or unknown (no delivery of ours).';

CREATE OR REPLACE FUNCTION pay.report_bounce(
    message_id text, recipient text DEFAULT NULL, status text DEFAULT NULL, diagnostic text DEFAULT NULL,
    action text DEFAULT 'failed', report_key text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    result text;
    rule text;
    said text;
    missing text;
BEGIN
    IF report_bounce.action NOT IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded') THEN
        RAISE EXCEPTION 'action is failed, delayed, delivered, relayed or expanded'
            USING ERRCODE = 'PY400', CONSTRAINT = 'bounce_action';
    END IF;
    result := take_bounce(
        'report:' || session_user || ':' || coalesce(report_bounce.report_key, gen_random_uuid()::text),
        report_bounce.message_id, '', '', report_bounce.recipient, report_bounce.action, report_bounce.status,
        report_bounce.diagnostic);
    IF result = 'unknown' THEN
        RAISE EXCEPTION 'there is no mail with this Message-ID to this recipient' USING ERRCODE = 'PY404';
    END IF;
    RETURN result;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.report_bounce(text, text, text, text, text, text) IS
    'Records a mail provider''s report about a message after it was sent, and returns bounced, settled, noted or known; a repeated report_key is ignored; PY404 for an unknown Message-ID.';
