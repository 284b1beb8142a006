-- SPDX-License-Identifier: MIT
-- Changes to a payment request after it was queued. Each function locks the request first, then its deliveries and links.

CREATE OR REPLACE FUNCTION pay_private.lock_request(request_id uuid) RETURNS pay.payment_request
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_row payment_request;
BEGIN
    SELECT r.* INTO found_row FROM payment_request r WHERE r.request_id = lock_request.request_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no payment request %', lock_request.request_id USING ERRCODE = 'PY404';
    END IF;
    RETURN found_row;
END $$;
COMMENT ON FUNCTION pay_private.lock_request(uuid) IS 'The request, locked; PY404 for an unknown id.';

CREATE OR REPLACE FUNCTION pay_private.refuse_not_open(request pay.payment_request, wanted text) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payment request % is % and cannot %', request.request_id, request.state, wanted
        USING ERRCODE = 'PY409';
END $$;
COMMENT ON FUNCTION pay_private.refuse_not_open(pay.payment_request, text) IS 'Raises PY409: the request''s state does not allow what was asked.';

CREATE OR REPLACE FUNCTION pay_private.unwant_links(request_id uuid, why text) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    UPDATE payment_link l SET wanted_active = false, deactivation_reason = unwant_links.why
     WHERE l.request_id = unwant_links.request_id AND l.wanted_active;
$$;
COMMENT ON FUNCTION pay_private.unwant_links(uuid, text) IS
    'The request''s live links are wanted inactive; the daemon switches them off and looks whether they are.';

CREATE OR REPLACE FUNCTION pay_private.queue_delivery(request pay.payment_request, kind text) RETURNS uuid
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    new_id uuid;
BEGIN
    INSERT INTO delivery (request_id, company, kind, recipient, number, priority)
    SELECT request.request_id, request.company, queue_delivery.kind, request.to_email,
           1 + coalesce(max(d.number), 0), request.priority
      FROM delivery d
     WHERE d.request_id = request.request_id AND d.kind = queue_delivery.kind AND d.recipient = request.to_email
    RETURNING delivery_id INTO new_id;
    PERFORM pg_notify('pay_payment_request', '');
    RETURN new_id;
END $$;
COMMENT ON FUNCTION pay_private.queue_delivery(pay.payment_request, text) IS
    'Queues one more mail of a kind to the payer and answers its id.';

CREATE OR REPLACE FUNCTION pay_private.unfinished_delivery(request pay.payment_request) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT d.delivery_id FROM delivery d
     WHERE d.request_id = request.request_id AND d.kind = 'request' AND d.recipient = request.to_email
       AND d.state IN ('queued', 'ready', 'sending', 'committing', 'deferred')
     ORDER BY d.number DESC LIMIT 1;
$$;
COMMENT ON FUNCTION pay_private.unfinished_delivery(pay.payment_request) IS 'The request''s own mail if it is still on its way, else NULL.';

CREATE OR REPLACE FUNCTION pay_private.link_due(request pay.payment_request) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT now() + CASE WHEN unfinished_delivery(request) IS NULL THEN interval '0' ELSE interval '30 seconds' END;
$$;
COMMENT ON FUNCTION pay_private.link_due(pay.payment_request) IS
    'When the links job makes the link that the request lacks: at once, or after half a minute if a mail is on its way that will make it.';

CREATE OR REPLACE FUNCTION pay.cancel_payment_request(request_id uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(cancel_payment_request.request_id);
BEGIN
    IF found_row.closed_as IS NOT NULL OR NOT (found_row.multi_party OR found_row.state IN (
            'open', 'partially_paid', 'processing', 'authorized')) THEN
        RETURN found_row.state;
    END IF;
    RETURN close_request(found_row.request_id, 'cancelled', 'cancelled', 'Cancelled by ' || session_user || '.');
END $$;
COMMENT ON FUNCTION pay.cancel_payment_request(uuid) IS
    'Cancels a request: no mail asks for money from now on, and the daemon switches its link off. Answers the state: anything but cancelled means that money had come or is on its way.';

CREATE OR REPLACE FUNCTION pay.close_payment_request(request_id uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(close_payment_request.request_id);
BEGIN
    IF NOT found_row.multi_party THEN
        RAISE EXCEPTION 'payment request % is for one payer; pay.cancel_payment_request ends it', found_row.request_id
            USING ERRCODE = 'PY409';
    END IF;
    RETURN close_request(found_row.request_id, 'cancelled', 'closed', 'Closed by ' || session_user || '.');
END $$;
COMMENT ON FUNCTION pay.close_payment_request(uuid) IS
    'Ends a multi-party request after the payments that came: nobody is asked any more, and the daemon switches the link off. Answers the state, which is what the payments say, or cancelled without any.';

CREATE OR REPLACE FUNCTION pay.resend_payment_request(request_id uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(resend_payment_request.request_id);
    under_way constant uuid := unfinished_delivery(found_row);
    new_mail uuid;
BEGIN
    IF found_row.state NOT IN ('open', 'partially_paid', 'failed') OR found_row.closed_as IN ('cancelled', 'expired') THEN
        PERFORM refuse_not_open(found_row, 'be sent again');
    ELSIF under_way IS NOT NULL THEN
        RETURN under_way;
    END IF;
    -- Only the newest mail's link works, so nobody pays twice.
    PERFORM unwant_links(found_row.request_id, 'replaced');
    new_mail := queue_delivery(found_row, 'request');
    PERFORM open_request(found_row.request_id);
    RETURN new_mail;
END $$;
COMMENT ON FUNCTION pay.resend_payment_request(uuid) IS
    'Sends an open request, or one whose mail was refused, again with a new link and switches the old link off; answers the mail''s id, and that of a mail that is still on its way.';

CREATE OR REPLACE FUNCTION pay.replace_payment_link(request_id uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(replace_payment_link.request_id);
BEGIN
    IF NOT link_demand(found_row) THEN
        PERFORM refuse_not_open(found_row, 'get another link');
    END IF;
    PERFORM unwant_links(found_row.request_id, 'replaced');
    UPDATE payment_request r SET link_wanted_at = now() WHERE r.request_id = found_row.request_id;
    PERFORM pg_notify('pay_request_changed', '');
END $$;
COMMENT ON FUNCTION pay.replace_payment_link(uuid) IS
    'Switches the link of an open request off and makes another one, without a mail: it appears in link_url.';

CREATE OR REPLACE FUNCTION pay.change_payment_request_expiry(request_id uuid, expires_at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_row constant payment_request := lock_request(change_payment_request_expiry.request_id);
    new_state text;
BEGIN
    IF NOT (coalesce(found_row.closed_as, 'expired') = 'expired'
            AND (found_row.multi_party OR found_row.state IN ('open', 'expired', 'partially_paid', 'processing', 'authorized'))) THEN
        PERFORM refuse_not_open(found_row, 'get another expiry');
    ELSIF change_payment_request_expiry.expires_at <= now() THEN
        RAISE EXCEPTION 'expires_at lies in the future, or is NULL for never'
            USING ERRCODE = 'PY400', CONSTRAINT = 'payment_request_expires_after_send';
    END IF;
    UPDATE payment_request r SET expires_at = change_payment_request_expiry.expires_at
     WHERE r.request_id = found_row.request_id;
    IF found_row.closed_as IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM delivery d
                        WHERE d.request_id = found_row.request_id AND d.kind = 'request' AND d.state <> 'cancelled') THEN
            PERFORM queue_delivery(found_row, 'request');
        END IF;
        PERFORM open_request(found_row.request_id);
    END IF;
    SELECT r.state INTO STRICT new_state FROM payment_request r WHERE r.request_id = found_row.request_id;
    RETURN new_state;
EXCEPTION WHEN check_violation THEN
    RAISE EXCEPTION 'expires_at lies after send_after and before 2200' USING ERRCODE = 'PY400',
        CONSTRAINT = 'payment_request_expires_at_range';
END $$;
COMMENT ON FUNCTION pay.change_payment_request_expiry(uuid, timestamptz) IS
    'Sets when a request expires, NULL for never, and opens one again that expired, with a new link, and with its mail if that was never sent; answers the state.';
