-- SPDX-License-Identifier: MIT
-- The mail queue: which deliveries are due, what follows from each state, and the commands of operators.

CREATE OR REPLACE FUNCTION pay_private.wake_held_mails() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    UPDATE delivery d SET next_attempt_at = now()
     WHERE d.company = NEW.company AND d.next_attempt_at > now()
       AND d.reason_code IN ('company_not_ready', 'company_disconnected');
    PERFORM pg_notify('pay_payment_request', '');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.wake_held_mails() IS 'Trigger: deliveries that waited for the company''s integration are due when it is completed.';

CREATE OR REPLACE TRIGGER integration_completed AFTER UPDATE OF stage ON pay_private.integration
    FOR EACH ROW WHEN (NEW.stage = 'completed' AND OLD.stage <> 'completed')
    EXECUTE FUNCTION pay_private.wake_held_mails();

CREATE OR REPLACE FUNCTION pay_private.clear_next_attempt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    NEW.next_attempt_at := NULL;
    NEW.lease_token := NULL;
    NEW.leased_until := NULL;
    NEW.leased_by := NULL;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.clear_next_attempt() IS 'Trigger: sets next_attempt_at to NULL in the states in which nothing more is to be done.';

-- A company with 100,000 messages must not delay the one message of another: if more is due than was asked for, companies
-- take turns. Companies and priorities are found by skipping through an index (a loose index scan), so the cost does not
-- grow with the number of rows behind them.
CREATE OR REPLACE FUNCTION pay_private.due_deliveries(
    wanted integer, after text, held text[], OUT ids uuid[], OUT last_company text, OUT more boolean)
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    groups_at_once CONSTANT integer := 128;
    seen integer;
BEGIN
    more := false;
    last_company := after;
    -- Deliveries of held mail accounts are skipped by company, because there may be very many of them.
    IF held = '{}' THEN
        ids := ARRAY(SELECT d.delivery_id FROM delivery d
                      WHERE d.next_attempt_at <= now() AND (d.leased_until IS NULL OR d.leased_until < now())
                        AND d.state <> 'committing'
                      LIMIT wanted + 1);
        IF cardinality(ids) <= wanted THEN
            RETURN;
        END IF;
    END IF;
    WITH RECURSIVE
    ahead AS (
        (SELECT d.company, -d.priority AS rank FROM delivery d
          WHERE d.next_attempt_at IS NOT NULL AND d.company > after ORDER BY d.company, -d.priority LIMIT 1)
        UNION ALL
        SELECT n.* FROM ahead a CROSS JOIN LATERAL (
            SELECT d.company, -d.priority FROM delivery d
             WHERE d.next_attempt_at IS NOT NULL AND (d.company, -d.priority) > (a.company, a.rank)
             ORDER BY d.company, -d.priority LIMIT 1) n),
    around AS (
        (SELECT d.company, -d.priority AS rank FROM delivery d
          WHERE d.next_attempt_at IS NOT NULL AND d.company <= after ORDER BY d.company, -d.priority LIMIT 1)
        UNION ALL
        SELECT n.* FROM around a CROSS JOIN LATERAL (
            SELECT d.company, -d.priority FROM delivery d
             WHERE d.next_attempt_at IS NOT NULL AND d.company <= after
               AND (d.company, -d.priority) > (a.company, a.rank)
             ORDER BY d.company, -d.priority LIMIT 1) n),
    page AS MATERIALIZED (
        SELECT 0 AS lap, a.* FROM (SELECT * FROM ahead LIMIT groups_at_once) a
        UNION ALL
        SELECT 1, a.* FROM (SELECT * FROM around LIMIT groups_at_once) a
        LIMIT groups_at_once),
    share AS (SELECT ceil(wanted::numeric / greatest(1, count(DISTINCT p.company)))::bigint AS rows FROM page p),
    candidates AS (
        SELECT p.lap, p.company, c.delivery_id,
               row_number() OVER (PARTITION BY p.company ORDER BY p.rank, c.next_attempt_at, c.seq) AS turn
          FROM page p JOIN company co ON co.company = p.company AND NOT coalesce(co.mail_account, '') = ANY (held)
         CROSS JOIN LATERAL (
              SELECT d.delivery_id, d.next_attempt_at, d.seq FROM delivery d
               WHERE d.next_attempt_at IS NOT NULL AND d.company = p.company AND -d.priority = p.rank
                 AND d.next_attempt_at <= now() AND (d.leased_until IS NULL OR d.leased_until < now())
                 AND d.state <> 'committing'
               ORDER BY d.next_attempt_at, d.seq LIMIT (SELECT rows FROM share)) c),
    chosen AS (
        SELECT c.* FROM candidates c WHERE c.turn <= (SELECT rows FROM share)
         ORDER BY c.turn, c.lap, c.company LIMIT wanted)
    SELECT array_agg(c.delivery_id ORDER BY c.turn, c.lap, c.company),
           coalesce((array_agg(c.company ORDER BY c.turn DESC, c.lap DESC, c.company DESC))[1],
                    (SELECT p.company FROM page p ORDER BY p.lap DESC, p.company DESC LIMIT 1)),
           (SELECT count(*) FROM page)
      INTO ids, last_company, seen FROM chosen c;
    more := ids IS NULL AND seen = groups_at_once;
    ids := coalesce(ids, '{}');
END $$;
COMMENT ON FUNCTION pay_private.due_deliveries(integer, text, text[]) IS
    'Up to wanted deliveries that are due, without those of held mail accounts (empty text = the default account). If more are due, companies take turns, beginning after the company in the argument after. more = none was found yet; call again after last_company.';

CREATE OR REPLACE FUNCTION pay_private.fail_request_of(delivery_id uuid, reason_code text, reason_text text) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    SELECT close_request(r.request_id, 'failed', fail_request_of.reason_code, fail_request_of.reason_text)
      FROM delivery d JOIN payment_request r USING (request_id)
     WHERE d.delivery_id = fail_request_of.delivery_id AND r.state = 'open' AND d.kind = 'request' AND d.recipient = r.to_email
       AND NOT EXISTS (SELECT FROM delivery n WHERE n.request_id = d.request_id AND n.kind = d.kind
                          AND n.recipient = d.recipient AND n.number > d.number);
$$;
COMMENT ON FUNCTION pay_private.fail_request_of(uuid, text, text) IS
    'Fails an open request whose newest message to the payer has failed.';

CREATE OR REPLACE FUNCTION pay_private.requeue_mail(id uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    dead record;
    asked_by payment_request;
    queued integer := 0;
BEGIN
    FOR dead IN
        SELECT d.delivery_id, d.request_id, d.kind, d.recipient FROM delivery d
         WHERE requeue_mail.id IN (d.request_id, d.delivery_id) AND d.state IN ('failed', 'bounced', 'suppressed')
           AND NOT EXISTS (SELECT FROM delivery n WHERE n.request_id = d.request_id AND n.kind = d.kind
                              AND n.recipient = d.recipient AND n.number > d.number)
         ORDER BY d.seq
    LOOP
        asked_by := lock_request(dead.request_id);
        IF dead.kind = 'request' AND dead.recipient = asked_by.to_email THEN
            CONTINUE WHEN asked_by.state NOT IN ('open', 'partially_paid', 'failed') OR asked_by.closed_as IN ('cancelled', 'expired');
            PERFORM resend_payment_request(dead.request_id);
        ELSE
            -- The message is composed anew, because its link may be another one now.
            UPDATE delivery d
               SET state = 'queued', frozen_at = NULL, accepted_at = NULL, put_off = 0, next_attempt_at = now(),
                   reason_code = NULL, reason_text = NULL
             WHERE d.delivery_id = dead.delivery_id
               AND (mail_may_go(asked_by) OR d.charge_id IS NOT NULL);
            CONTINUE WHEN NOT FOUND;
        END IF;
        queued := queued + 1;
    END LOOP;
    IF queued > 0 THEN
        PERFORM pg_notify('pay_payment_request', '');
    END IF;
    RETURN queued;
END $$;
COMMENT ON FUNCTION pay_private.requeue_mail(uuid) IS
    'Queues the failed deliveries of a request again, or one by its own id, and returns how many. A request that had failed is open again.';

CREATE OR REPLACE FUNCTION pay_private.resolve_mail(id uuid, arrived boolean) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    resolved integer;
BEGIN
    UPDATE delivery d
       SET state = CASE WHEN resolve_mail.arrived THEN 'sent' ELSE 'deferred' END,
           accepted_at = CASE WHEN resolve_mail.arrived THEN now() END, next_attempt_at = now(),
           reason_code = NULL, reason_text = NULL
      FROM payment_request r
     WHERE r.request_id = d.request_id AND resolve_mail.id IN (d.request_id, d.delivery_id)
       AND d.state = 'in_doubt' AND (resolve_mail.arrived OR d.charge_id IS NOT NULL OR mail_may_go(r));
    GET DIAGNOSTICS resolved = ROW_COUNT;
    RETURN resolved;
END $$;
COMMENT ON FUNCTION pay_private.resolve_mail(uuid, boolean) IS
    'An operator''s decision about the deliveries in doubt of a request, or about one by its own id: it arrived, or it is sent again. Returns how many.';

CREATE OR REPLACE FUNCTION pay_private.settle_abandoned(resend boolean, OUT delivery_id uuid, OUT request_id uuid, OUT verdict text)
RETURNS SETOF record LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    WITH abandoned AS (
        SELECT d.delivery_id, d.attempts,
               CASE WHEN r.amount_paid + r.amount_authorized + r.amount_processing > 0 AND d.charge_id IS NULL THEN 'sent'
                    WHEN resend AND (mail_may_go(r) OR d.charge_id IS NOT NULL) THEN 'deferred'
                    ELSE 'in_doubt' END AS verdict
          FROM delivery d JOIN payment_request r USING (request_id)
         WHERE d.lease_token IS NOT NULL AND d.state = 'committing' AND d.leased_until < now()
         FOR UPDATE OF d SKIP LOCKED),
    attempts AS (
        UPDATE delivery_attempt t SET finished_at = now(), outcome = 'in_doubt'
          FROM abandoned a
         WHERE t.delivery_id = a.delivery_id AND t.attempt = a.attempts AND t.finished_at IS NULL)
    UPDATE delivery d
       SET state = a.verdict, next_attempt_at = now(),
           accepted_at = CASE WHEN a.verdict = 'sent' THEN now() ELSE d.accepted_at END,
           leased_until = NULL, leased_by = NULL, lease_token = NULL,
           reason_code = CASE WHEN a.verdict <> 'sent' THEN 'in_doubt' END,
           reason_text = CASE WHEN a.verdict <> 'sent' THEN 'The daemon ended while the mail server was taking the message.' END
      FROM abandoned a WHERE d.delivery_id = a.delivery_id
    RETURNING d.delivery_id, d.request_id, a.verdict;
$$;
COMMENT ON FUNCTION pay_private.settle_abandoned(boolean) IS
    'Settles deliveries whose daemon died after it committed to the final dot and before the server answered: in doubt, or queued again if resend. A delivery of a paid request has arrived.';

CREATE OR REPLACE TRIGGER delivery_next_attempt BEFORE INSERT OR UPDATE ON pay_private.delivery
    FOR EACH ROW WHEN (
        NEW.state IN ('sent', 'failed', 'in_doubt', 'suppressed', 'cancelled', 'bounced')
        AND (NEW.next_attempt_at IS NOT NULL OR NEW.lease_token IS NOT NULL))
    EXECUTE FUNCTION pay_private.clear_next_attempt();

CREATE OR REPLACE TRIGGER delivery_changed AFTER UPDATE OF state ON pay_private.delivery
    FOR EACH ROW WHEN (
        NEW.state <> OLD.state
        AND NEW.state IN ('sent', 'deferred', 'failed', 'in_doubt', 'suppressed', 'cancelled', 'bounced'))
    EXECUTE FUNCTION pay_private.wake('pay_request_changed');

CREATE OR REPLACE VIEW pay.deliveries AS
SELECT d.delivery_id, d.request_id, d.company, d.kind, d.recipient, d.message_id, octet_length(d.message) AS message_size,
       encode(d.message_sha256, 'hex') AS message_sha256, d.link_id, d.brand_version, d.state, d.attempts,
       d.accepted_at, t.started_at AS last_attempt_at, t.outcome AS last_outcome, t.smtp_code, d.smtp_reply, d.created_at,
       d.number, d.charge_id, d.frozen_at, d.put_off, d.next_attempt_at, d.reason_code, d.reason_text
  FROM pay_private.delivery d
  LEFT JOIN pay_private.delivery_attempt t ON t.delivery_id = d.delivery_id AND t.attempt = d.attempts;
COMMENT ON VIEW pay.deliveries IS 'Deliveries and their results, without the text of the messages.';
COMMENT ON COLUMN pay.deliveries.delivery_id IS 'Id of the mail.';
COMMENT ON COLUMN pay.deliveries.request_id IS 'The request that it is about.';
COMMENT ON COLUMN pay.deliveries.company IS 'The company.';
COMMENT ON COLUMN pay.deliveries.kind IS 'request, reminder, debit_failed, receipt or refund (to the payer); notice, refund_notice or dispute_notice (to the company''s administrators).';
COMMENT ON COLUMN pay.deliveries.recipient IS 'The address that it goes to.';
COMMENT ON COLUMN pay.deliveries.message_id IS 'Its Message-ID.';
COMMENT ON COLUMN pay.deliveries.message_size IS 'Its size in bytes.';
COMMENT ON COLUMN pay.deliveries.message_sha256 IS 'SHA-256 of its bytes, in hexadecimal.';
COMMENT ON COLUMN pay.deliveries.link_id IS 'The payment link that stands in it.';
COMMENT ON COLUMN pay.deliveries.brand_version IS 'The version of the brand that it was made with.';
COMMENT ON COLUMN pay.deliveries.attempts IS 'How many attempts have begun.';
COMMENT ON COLUMN pay.deliveries.accepted_at IS 'When the mail server took it.';
COMMENT ON COLUMN pay.deliveries.last_attempt_at IS 'When the last attempt began.';
COMMENT ON COLUMN pay.deliveries.last_outcome IS 'How the last attempt ended; NULL = it is under way.';
COMMENT ON COLUMN pay.deliveries.smtp_code IS 'The mail server''s last reply code.';
COMMENT ON COLUMN pay.deliveries.smtp_reply IS 'The mail server''s last words.';
COMMENT ON COLUMN pay.deliveries.created_at IS 'When it was queued.';
COMMENT ON COLUMN pay.deliveries.number IS 'Counts the mails of a kind to a recipient: a second sending, each reminder.';
COMMENT ON COLUMN pay.deliveries.charge_id IS 'The payment that a receipt or a notice is about.';
COMMENT ON COLUMN pay.deliveries.frozen_at IS 'When its bytes were fixed; NULL = not yet.';
COMMENT ON COLUMN pay.deliveries.put_off IS 'How often the mail server put it off.';
COMMENT ON COLUMN pay.deliveries.next_attempt_at IS 'When the daemon takes it up next; NULL = there is nothing more to do.';
COMMENT ON COLUMN pay.deliveries.reason_code IS 'Why state is what it is, for programs.';
COMMENT ON COLUMN pay.deliveries.reason_text IS 'Why state is what it is, for people.';
COMMENT ON COLUMN pay.deliveries.state IS
    'queued, ready, sending, committing, sent, deferred, failed, in_doubt, suppressed, cancelled or bounced.';
