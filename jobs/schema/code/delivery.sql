-- SPDX-License-Identifier: MIT
-- The mail queue: which deliveries are due, what follows from each state, and the commands of operators.

CREATE OR REPLACE FUNCTION pay_private.release_held_mails_of(company text, batch integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    released integer;
BEGIN
    UPDATE delivery d
       SET next_attempt_at = now(),
           mail_account = CASE WHEN d.reason_code = 'mail_account_unknown' THEN coalesce(co.mail_account, '')
                               ELSE d.mail_account END
      FROM company co
     WHERE co.company = d.company
       AND d.delivery_id = ANY (ARRAY(
               SELECT h.delivery_id FROM delivery h
                WHERE h.reason_code IN (
                          'company_not_ready', 'company_disconnected', 'company_disabled', 'mail_account_unknown', 'stripe_refused',
                          'stripe_unavailable', 'stripe_account_restricted', 'stripe_account_unreachable')
                  AND h.company = release_held_mails_of.company AND h.next_attempt_at > now()
                LIMIT batch FOR NO KEY UPDATE SKIP LOCKED));
    GET DIAGNOSTICS released = ROW_COUNT;
    RETURN released;
END $$;
COMMENT ON FUNCTION pay_private.release_held_mails_of(text, integer) IS
    'Makes at most batch deliveries due that waited for the company, and returns how many.';

CREATE OR REPLACE FUNCTION pay_private.release_held_mails() RETURNS boolean
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    held record;
    rest boolean := false;
BEGIN
    FOR held IN SELECT h.company FROM held_company h ORDER BY h.released_at LIMIT 20 FOR UPDATE SKIP LOCKED LOOP
        IF release_held_mails_of(held.company, 100) < 100 THEN
            DELETE FROM held_company h WHERE h.company = held.company;
        ELSE
            -- The next company first.
            UPDATE held_company h SET released_at = now() WHERE h.company = held.company;
            rest := true;
        END IF;
    END LOOP;
    RETURN rest;
END $$;
COMMENT ON FUNCTION pay_private.release_held_mails() IS
    'Makes some deliveries of each company in held_company due; true = there are more.';

CREATE OR REPLACE FUNCTION pay_private.wake_held_mails() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF release_held_mails_of(NEW.company, 500) = 500 THEN
        INSERT INTO held_company (company) VALUES (NEW.company) ON CONFLICT DO NOTHING;
    END IF;
    PERFORM follow_up('make_links', NEW.company);
    PERFORM pg_notify('pay_payment_request', '');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.wake_held_mails() IS
    'Trigger: when a company''s integration is completed, it is enabled or its mail account is another one, deliveries that waited for it are due (the daemon sees to all after the first 500), and open requests without a live link get one.';

CREATE OR REPLACE TRIGGER integration_completed AFTER UPDATE OF stage ON pay_private.integration
    FOR EACH ROW WHEN (NEW.stage = 'completed' AND OLD.stage <> 'completed')
    EXECUTE FUNCTION pay_private.wake_held_mails();

CREATE OR REPLACE TRIGGER company_enabled AFTER UPDATE OF enabled ON pay.company
    FOR EACH ROW WHEN (NEW.enabled AND NOT OLD.enabled) EXECUTE FUNCTION pay_private.wake_held_mails();

CREATE OR REPLACE TRIGGER company_mail_account AFTER UPDATE OF mail_account ON pay.company
    FOR EACH ROW WHEN (NEW.mail_account IS DISTINCT FROM OLD.mail_account) EXECUTE FUNCTION pay_private.wake_held_mails();

CREATE OR REPLACE FUNCTION pay_private.set_due() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    NEW.due := NEW.next_attempt_at <= now();
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.set_due() IS 'Trigger: due follows next_attempt_at.';

CREATE OR REPLACE FUNCTION pay_private.set_mail_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    SELECT coalesce(c.mail_account, '') INTO NEW.mail_account FROM company c WHERE c.company = NEW.company;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.set_mail_account() IS 'Trigger: a new delivery waits in the line of its company''s mail account.';

CREATE OR REPLACE TRIGGER delivery_due BEFORE INSERT OR UPDATE OF next_attempt_at ON pay_private.delivery
    FOR EACH ROW WHEN (NEW.next_attempt_at IS NOT NULL AND NEW.due IS DISTINCT FROM (NEW.next_attempt_at <= now()))
    EXECUTE FUNCTION pay_private.set_due();

CREATE OR REPLACE TRIGGER delivery_mail_account BEFORE INSERT ON pay_private.delivery
    FOR EACH ROW WHEN (NEW.mail_account = '') EXECUTE FUNCTION pay_private.set_mail_account();

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
-- take turns. Companies and priorities are found by skipping through an index (a loose index scan) that holds only what is
-- due now, so the cost grows neither with the rows behind them nor with what is due later.
CREATE OR REPLACE FUNCTION pay_private.due_in_line(
    line text, wanted integer, after text, busy text[], OUT ids uuid[], OUT last_company text, OUT more boolean)
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    groups_at_once CONSTANT integer := 128;
    seen integer;
BEGIN
    more := false;
    last_company := after;
    ids := ARRAY(SELECT d.delivery_id FROM delivery d
                  WHERE d.due AND d.next_attempt_at IS NOT NULL AND d.mail_account = line
                    AND (d.leased_until IS NULL OR d.leased_until < now()) AND d.state <> 'committing'
                  LIMIT wanted + 1);
    IF cardinality(ids) <= wanted AND cardinality(busy) = 0 THEN
        RETURN;
    END IF;
    WITH RECURSIVE
    ahead AS (
        (SELECT d.company, -d.priority AS rank FROM delivery d
          WHERE d.due AND d.next_attempt_at IS NOT NULL AND d.mail_account = line AND d.company > after
          ORDER BY d.company, -d.priority LIMIT 1)
        UNION ALL
        SELECT n.* FROM ahead a CROSS JOIN LATERAL (
            SELECT d.company, -d.priority FROM delivery d
             WHERE d.due AND d.next_attempt_at IS NOT NULL AND d.mail_account = line
               AND (d.company, -d.priority) > (a.company, a.rank)
             ORDER BY d.company, -d.priority LIMIT 1) n),
    around AS (
        (SELECT d.company, -d.priority AS rank FROM delivery d
          WHERE d.due AND d.next_attempt_at IS NOT NULL AND d.mail_account = line AND d.company <= after
          ORDER BY d.company, -d.priority LIMIT 1)
        UNION ALL
        SELECT n.* FROM around a CROSS JOIN LATERAL (
            SELECT d.company, -d.priority FROM delivery d
             WHERE d.due AND d.next_attempt_at IS NOT NULL AND d.mail_account = line AND d.company <= after
               AND (d.company, -d.priority) > (a.company, a.rank)
             ORDER BY d.company, -d.priority LIMIT 1) n),
    page AS MATERIALIZED (
        SELECT 0 AS lap, a.* FROM (SELECT * FROM ahead LIMIT groups_at_once) a
        UNION ALL
        SELECT 1, a.* FROM (SELECT * FROM around LIMIT groups_at_once) a
        LIMIT groups_at_once),
    share AS (SELECT ceil(wanted::numeric / greatest(1, count(DISTINCT p.company)))::bigint AS rows FROM page p
               WHERE p.company <> ALL (busy)),
    candidates AS (
        SELECT p.lap, p.company, c.delivery_id,
               row_number() OVER (PARTITION BY p.company ORDER BY p.rank, c.next_attempt_at, c.seq) AS turn
          FROM page p
         CROSS JOIN LATERAL (
              SELECT d.delivery_id, d.next_attempt_at, d.seq FROM delivery d
               WHERE d.due AND d.next_attempt_at IS NOT NULL AND d.mail_account = line AND d.company = p.company
                 AND -d.priority = p.rank
                 AND (d.leased_until IS NULL OR d.leased_until < now()) AND d.state <> 'committing'
               ORDER BY d.next_attempt_at, d.seq LIMIT (SELECT rows FROM share)) c
         WHERE p.company <> ALL (busy)),
    chosen AS (
        SELECT c.* FROM candidates c WHERE c.turn <= (SELECT rows FROM share)
         ORDER BY c.turn, c.lap, c.company LIMIT wanted)
    SELECT array_agg(c.delivery_id ORDER BY c.turn, c.lap, c.company),
           coalesce((array_agg(c.company ORDER BY c.turn DESC, c.lap DESC, c.company DESC))[1],
                    (SELECT p.company FROM page p ORDER BY p.lap DESC, p.company DESC LIMIT 1), after),
           (SELECT count(*) FROM page)
      INTO ids, last_company, seen FROM chosen c;
    more := ids IS NULL AND seen = groups_at_once;
    ids := coalesce(ids, '{}');
END $$;
COMMENT ON FUNCTION pay_private.due_in_line(text, integer, text, text[]) IS
    'Up to wanted deliveries that are due in the line of a mail account, none of busy companies. If more are due, companies take turns, beginning after the company in the argument after. more = all that was looked at is leased; call again after last_company.';

CREATE OR REPLACE FUNCTION pay_private.due_deliveries(
    lines text[], accounts text[], wanted integer[], after text[], busy text[], OUT ids uuid[], OUT last_companies text[], OUT more boolean)
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    found_rows record;
BEGIN
    -- Deliveries whose time has come. In their order, so a line of 100,000 delays nobody who was due earlier.
    UPDATE delivery d SET due = true
     WHERE d.delivery_id = ANY (ARRAY(SELECT l.delivery_id FROM delivery l
                                       WHERE NOT l.due AND l.next_attempt_at <= now()
                                       ORDER BY l.next_attempt_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED));
    ids := '{}';
    last_companies := after;
    more := false;
    FOR i IN 1 .. cardinality(lines) LOOP
        CONTINUE WHEN EXISTS (SELECT FROM mail_account_hold h WHERE h.mail_account = accounts[i]);
        found_rows := due_in_line(lines[i], wanted[i], after[i], busy);
        ids := ids || found_rows.ids;
        last_companies[i] := found_rows.last_company;
        more := more OR found_rows.more;
    END LOOP;
END $$;
COMMENT ON FUNCTION pay_private.due_deliveries(text[], text[], integer[], text[], text[]) IS
    'Deliveries that are due in the lines of several mail accounts (a line has the name of its account, or is empty for the default one), without those of accounts that are held; for each line as due_in_line().';

CREATE OR REPLACE FUNCTION pay_private.move_stray_mails(
    known text[], batch integer, OUT moved integer, OUT waiting integer, OUT account text)
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    -- Another daemon with another configuration may know the account, so it has its time first.
    WITH RECURSIVE lines AS (
        (SELECT d.mail_account FROM delivery d WHERE d.due AND d.next_attempt_at IS NOT NULL ORDER BY d.mail_account LIMIT 1)
        UNION ALL
        SELECT n.mail_account FROM lines l CROSS JOIN LATERAL (
            SELECT d.mail_account FROM delivery d
             WHERE d.due AND d.next_attempt_at IS NOT NULL AND d.mail_account > l.mail_account
             ORDER BY d.mail_account LIMIT 1) n),
    stray AS MATERIALIZED (
        SELECT s.delivery_id, coalesce(co.mail_account, '') AS own FROM lines l CROSS JOIN LATERAL (
            SELECT x.delivery_id, x.company FROM delivery x
             WHERE x.due AND x.next_attempt_at < now() - interval '20 seconds' AND x.mail_account = l.mail_account
               AND x.lease_token IS NULL AND x.state IN ('queued', 'ready', 'deferred')
             LIMIT batch FOR NO KEY UPDATE SKIP LOCKED) s
          JOIN company co ON co.company = s.company
         WHERE l.mail_account <> '' AND l.mail_account <> ALL (known) LIMIT batch),
    changed AS (
        UPDATE delivery d
           SET mail_account = CASE WHEN v.known THEN s.own ELSE d.mail_account END,
               next_attempt_at = CASE WHEN v.known THEN d.next_attempt_at ELSE now() + interval '1 minute' END,
               reason_code = CASE WHEN v.known THEN d.reason_code ELSE 'mail_account_unknown' END,
               reason_text = CASE WHEN v.known THEN d.reason_text ELSE 'no mail account is called ' || d.mail_account END
          FROM stray s CROSS JOIN LATERAL (SELECT s.own = '' OR s.own = ANY (known) AS known) v
         WHERE d.delivery_id = s.delivery_id
        RETURNING v.known, d.mail_account)
    SELECT count(*) FILTER (WHERE c.known), count(*) FILTER (WHERE NOT c.known), min(c.mail_account) FILTER (WHERE NOT c.known)
      INTO moved, waiting, account FROM changed c;
END $$;
COMMENT ON FUNCTION pay_private.move_stray_mails(text[], integer) IS
    'Of at most batch deliveries that are due for 20 s in the lines of mail accounts that the configuration does not name: moves those whose company has another account to that one''s line; the others say why they wait, for another minute. Returns how many of each, and the name of an unknown account.';

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
               SET state = 'queued', accepted_at = NULL, put_off = 0, next_attempt_at = now(),
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

CREATE OR REPLACE FUNCTION pay_private.requeue_mails(
    reason text, since timestamptz, INOUT company text, INOUT seq bigint, batch integer, OUT queued integer, OUT seen integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    dead record;
BEGIN
    queued := 0;
    seen := 0;
    FOR dead IN
        SELECT d.delivery_id, d.company, d.seq, coalesce(t.finished_at, d.created_at) >= requeue_mails.since AS recent,
               d.state IN ('failed', 'bounced', 'suppressed') AS ended
          FROM delivery d LEFT JOIN delivery_attempt t ON t.delivery_id = d.delivery_id AND t.attempt = d.attempts
         WHERE d.reason_code = requeue_mails.reason
           AND (d.company, d.seq) > (requeue_mails.company, requeue_mails.seq)
         ORDER BY d.company, d.seq LIMIT batch
    LOOP
        company := dead.company;
        seq := dead.seq;
        seen := seen + 1;
        IF dead.recent AND dead.ended THEN
            queued := queued + requeue_mail(dead.delivery_id);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION pay_private.requeue_mails(text, timestamptz, text, bigint, integer) IS
    'Queues the deliveries again that failed for this reason since then, of at most batch that it looks at, after this company and seq. Returns the last company and seq, how many were queued and how many were looked at; fewer than batch = these were the last.';

CREATE OR REPLACE FUNCTION pay_private.hold_mail_account(account text, reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    rule text;
    said text;
    missing text;
BEGIN
    INSERT INTO mail_account_hold (mail_account, reason) VALUES (account, hold_mail_account.reason) ON CONFLICT DO NOTHING;
    RETURN FOUND;
EXCEPTION WHEN check_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay_private.hold_mail_account(text, text) IS
    'Holds a mail account: no daemon sends by it, and its deliveries wait. False = it is held already.';

CREATE OR REPLACE FUNCTION pay_private.resume_mail_account(account text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    DELETE FROM mail_account_hold h WHERE h.mail_account = account;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- Those that were on their way when the account was stopped.
    UPDATE delivery d SET next_attempt_at = now()
     WHERE d.reason_code = 'mail_account_paused' AND d.mail_account IN (account, '') AND d.next_attempt_at > now();
    PERFORM pg_notify('pay_payment_request', '');
    RETURN true;
END $$;
COMMENT ON FUNCTION pay_private.resume_mail_account(text) IS
    'Ends the hold of a mail account; its deliveries go out. False = it is not held.';

CREATE OR REPLACE FUNCTION pay_private.is_overtaken(d pay_private.delivery) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT d.kind IN ('request', 'reminder', 'debit_failed')
       AND EXISTS (SELECT FROM delivery n WHERE n.request_id = d.request_id AND n.kind = d.kind
                      AND n.recipient = d.recipient AND n.number > d.number AND n.state <> 'cancelled')
$$;
COMMENT ON FUNCTION pay_private.is_overtaken(pay_private.delivery) IS
    'Whether a later mail that asks for the money was queued for the same recipient. A receipt is about its own payment.';

CREATE OR REPLACE FUNCTION pay_private.resolve_mail(id uuid, arrived boolean) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    resolved integer;
BEGIN
    UPDATE delivery d
       SET state = v.verdict, accepted_at = CASE WHEN v.verdict = 'sent' THEN now() END, next_attempt_at = now(),
           reason_code = CASE WHEN v.verdict = 'cancelled' THEN 'overtaken' END,
           reason_text = CASE WHEN v.verdict = 'cancelled' THEN 'A later mail took its place.' END
      FROM delivery x
      JOIN payment_request r USING (request_id)
     CROSS JOIN LATERAL (SELECT CASE WHEN resolve_mail.arrived THEN 'sent' WHEN is_overtaken(x) THEN 'cancelled'
                                     ELSE 'deferred' END AS verdict) v
     WHERE x.delivery_id = d.delivery_id AND resolve_mail.id IN (d.request_id, d.delivery_id)
       AND d.state = 'in_doubt' AND (v.verdict <> 'deferred' OR d.charge_id IS NOT NULL OR mail_may_go(r));
    GET DIAGNOSTICS resolved = ROW_COUNT;
    RETURN resolved;
END $$;
COMMENT ON FUNCTION pay_private.resolve_mail(uuid, boolean) IS
    'An operator''s decision about the deliveries in doubt of a request, or about one by its own id: it arrived, or it is sent again, or cancelled if a later mail took its place. Returns how many.';

CREATE OR REPLACE FUNCTION pay_private.settle_abandoned(resend boolean, OUT delivery_id uuid, OUT request_id uuid, OUT verdict text)
RETURNS SETOF record LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    WITH abandoned AS (
        SELECT d.delivery_id, d.attempts,
               CASE WHEN r.amount_paid + r.amount_authorized + r.amount_processing > 0 AND d.charge_id IS NULL THEN 'sent'
                    WHEN resend AND (mail_may_go(r) OR d.charge_id IS NOT NULL) AND NOT is_overtaken(d) THEN 'deferred'
                    ELSE 'in_doubt' END AS verdict
          FROM delivery d JOIN payment_request r USING (request_id)
         WHERE d.lease_token IS NOT NULL AND d.state = 'committing' AND d.leased_until < now()
         LIMIT 500
         -- Whoever changes the request now decides about its doubts as well.
         FOR UPDATE OF d SKIP LOCKED FOR SHARE OF r SKIP LOCKED),
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
    'Settles up to 500 deliveries whose daemon died after it committed to the final dot and before the server answered: in doubt, or queued again if resend. A delivery of a paid request has arrived.';

CREATE OR REPLACE FUNCTION pay_private.prune_messages(keep interval, batch integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    pruned integer;
BEGIN
    -- A message that may still be sent keeps its bytes, however old it is.
    UPDATE message m SET bytes = NULL
     WHERE m.message_key = ANY (ARRAY(
               SELECT o.message_key FROM message o
                WHERE o.bytes IS NOT NULL AND o.frozen_at < now() - keep
                  AND NOT EXISTS (SELECT FROM delivery d
                                   WHERE d.request_id = o.request_id AND d.message_key = o.message_key
                                     AND (d.next_attempt_at IS NOT NULL OR d.state IN ('committing', 'in_doubt')))
                ORDER BY o.frozen_at LIMIT batch FOR NO KEY UPDATE SKIP LOCKED));
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN pruned;
END $$;
COMMENT ON FUNCTION pay_private.prune_messages(interval, integer) IS
    'Deletes the bytes of at most batch messages that are older and of which no delivery is under way or in doubt; returns how many. Size, SHA-256 and Message-ID stay.';

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
SELECT d.delivery_id, d.request_id, d.company, d.kind, d.recipient, m.message_id, m.size AS message_size,
       encode(m.sha256, 'hex') AS message_sha256, m.link_id, m.brand_version, d.state, d.attempts,
       d.accepted_at, t.started_at AS last_attempt_at, t.outcome AS last_outcome, t.smtp_code, d.smtp_reply, d.created_at,
       d.number, d.charge_id, m.frozen_at, d.put_off, d.next_attempt_at, d.reason_code, d.reason_text
  FROM pay_private.delivery d
  LEFT JOIN pay_private.message m USING (message_key)
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
