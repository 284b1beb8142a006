-- SPDX-License-Identifier: MIT
-- Reminders, and the clock of a company: its time zone and the hours in which reminders go out.
-- A planned reminder belongs to the request and a day. Its number is the place of that day among all days of the request, 1 to
-- 10, so it exists once, whichever mail was accepted first and however often the request was closed and opened again.
-- Reminders that somebody asks for have higher numbers.

CREATE OR REPLACE FUNCTION pay_private.time_zone_of(company text) RETURNS text
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT coalesce(c.time_zone, d.time_zone) FROM deployment d LEFT JOIN company c ON c.company = time_zone_of.company
$$;
COMMENT ON FUNCTION pay_private.time_zone_of(text) IS 'The time zone in which days of this company are meant.';

CREATE OR REPLACE FUNCTION pay_private.sending_time(company text, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE WHEN l.at::time < h.send_from THEN (l.at::date + h.send_from) AT TIME ZONE h.zone
                WHEN l.at::time >= h.send_until THEN (l.at::date + 1 + h.send_from) AT TIME ZONE h.zone
                ELSE sending_time.at END
      FROM (SELECT coalesce(c.send_from, d.send_from) AS send_from, coalesce(c.send_until, d.send_until) AS send_until,
                   coalesce(c.time_zone, d.time_zone) AS zone
              FROM deployment d LEFT JOIN company c ON c.company = sending_time.company) h
     CROSS JOIN LATERAL (SELECT sending_time.at AT TIME ZONE h.zone AS at) l
$$;
COMMENT ON FUNCTION pay_private.sending_time(text, timestamptz) IS
    'This moment if it lies in the company''s sending hours, else the next one that does.';

CREATE OR REPLACE FUNCTION pay_private.plan_reminders(request_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- At the time of day at which the application let the request go out, not at which the mail server took it: after an
    -- outage that may be at night. A reminder for today or earlier is left out.
    INSERT INTO delivery AS d (request_id, company, kind, recipient, number, priority, next_attempt_at)
    SELECT r.request_id, r.company, 'reminder', r.to_email, days.number, r.priority,
           sending_time(r.company, (days.day + (greatest(r.send_after, r.created_at) AT TIME ZONE zone.name)::time)
                                       AT TIME ZONE zone.name)
      FROM payment_request r
      JOIN company c ON c.company = r.company AND NOT 'reminder' = ANY (c.muted_mails)
     CROSS JOIN LATERAL (SELECT time_zone_of(r.company) AS name) zone
     CROSS JOIN LATERAL (SELECT day, row_number() OVER (ORDER BY day) AS number
                           FROM (SELECT DISTINCT r.due_on + offset_days AS day FROM unnest(r.reminders) AS offset_days) n) days
     WHERE r.request_id = plan_reminders.request_id AND r.reminders <> '{}' AND mail_may_go(r)
       AND days.day > (now() AT TIME ZONE zone.name)::date
       -- They begin with the payer's own mail: nobody is reminded of what never came.
       AND EXISTS (SELECT FROM delivery m
                    WHERE m.request_id = r.request_id AND m.kind = 'request' AND m.recipient = r.to_email
                      AND m.accepted_at IS NOT NULL AND m.state = 'sent')
    ON CONFLICT (request_id, kind, recipient, number) DO UPDATE
       SET state = 'queued', next_attempt_at = excluded.next_attempt_at, put_off = 0,
           reason_code = NULL, reason_text = NULL
     -- The request was closed and is open again.
     WHERE d.state = 'cancelled' AND d.accepted_at IS NULL;
END $$;
COMMENT ON FUNCTION pay_private.plan_reminders(uuid) IS
    'Queues the reminders of an open request that are due on later days and not queued yet, once the payer''s own mail was accepted.';

CREATE OR REPLACE FUNCTION pay_private.queue_reminders() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM plan_reminders(NEW.request_id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.queue_reminders() IS
    'Trigger: queues the reminders of a request whose mail was accepted, or which is open again.';

CREATE OR REPLACE TRIGGER delivery_sent AFTER UPDATE OF state ON pay_private.delivery
    FOR EACH ROW WHEN (NEW.state = 'sent' AND OLD.state <> 'sent' AND NEW.kind = 'request')
    EXECUTE FUNCTION pay_private.queue_reminders();

CREATE OR REPLACE TRIGGER payment_request_reminders AFTER UPDATE OF state ON pay.payment_request
    FOR EACH ROW WHEN (NEW.reminders <> '{}' AND NEW.state <> OLD.state AND NEW.state IN ('open', 'partially_paid'))
    EXECUTE FUNCTION pay_private.queue_reminders();
COMMENT ON TRIGGER payment_request_reminders ON pay.payment_request IS 'Reminders that were cancelled when the request was closed are due again.';

CREATE OR REPLACE FUNCTION pay.remind_payment_request(request_id uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(remind_payment_request.request_id);
    distance constant interval := (SELECT d.remind_distance FROM deployment d);
    waiting uuid;
    last_at timestamptz;
BEGIN
    IF NOT mail_may_go(found_row) THEN
        PERFORM refuse_not_open(found_row, 'be reminded of');
    ELSIF unfinished_delivery(found_row) IS NOT NULL THEN
        RETURN unfinished_delivery(found_row);
    END IF;
    SELECT d.delivery_id INTO waiting FROM delivery d
     WHERE d.request_id = found_row.request_id AND d.kind IN ('reminder', 'debit_failed') AND d.recipient = found_row.to_email
       AND (d.state IN ('sending', 'committing') OR d.next_attempt_at <= now() OR (d.number > 10 AND d.next_attempt_at IS NOT NULL))
     ORDER BY d.number DESC LIMIT 1;
    IF waiting IS NOT NULL THEN
        RETURN waiting;
    END IF;
    SELECT max(coalesce(d.accepted_at, d.created_at)) INTO last_at FROM delivery d
     WHERE d.request_id = found_row.request_id AND d.kind IN ('reminder', 'debit_failed')
       AND d.recipient = found_row.to_email AND d.state IN ('sent', 'in_doubt');
    IF last_at > now() - distance THEN
        RAISE EXCEPTION 'the payer was reminded at %; the next reminder can be asked for from % on', last_at, last_at + distance
            USING ERRCODE = 'PY409';
    END IF;
    INSERT INTO delivery (request_id, company, kind, recipient, number, priority)
    SELECT found_row.request_id, found_row.company, 'reminder', found_row.to_email, 1 + greatest(10, max(d.number)),
           found_row.priority
      FROM delivery d
     WHERE d.request_id = found_row.request_id AND d.kind = 'reminder' AND d.recipient = found_row.to_email
    RETURNING delivery_id INTO waiting;
    PERFORM pg_notify('pay_payment_request', '');
    RETURN waiting;
END $$;
COMMENT ON FUNCTION pay.remind_payment_request(uuid) IS
    'Reminds the payer of an open request now, by the same link; answers the mail''s id, and that of a mail that is still on its way. PY409 within jobs.payment_requests.reminder_distance of the last reminder.';
