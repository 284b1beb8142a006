-- SPDX-License-Identifier: MIT
-- Brings about what the state of a payment request demands of its links, mails, receipts and discrepancies. Whoever changes a
-- fact (a charge, a refund, a dispute, closed_as) calls settle_requests() in the same transaction. It looks at the state
-- only, not at the state before, so calling it again does no harm and mends what a crash left undone.

CREATE OR REPLACE FUNCTION pay_private.set_request_states(
    ids uuid[], OUT request_id uuid, OUT state text, OUT was text, OUT amount bigint, OUT paid bigint, OUT currency text,
    OUT delivery_proven boolean)
RETURNS SETOF record LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    UPDATE payment_request r
       SET state = f.state, amount_paid = f.captured, amount_refunded = f.refunded, amount_disputed = f.disputed,
           amount_authorized = f.authorized, amount_processing = f.processing, payments = f.payments,
           payments_under_way = f.under_way, paid_at = f.paid_at,
           reason_code = w.code, reason_text = w.words
      FROM unnest(set_request_states.ids) AS asked (id)
     CROSS JOIN LATERAL (SELECT * FROM request_facts x WHERE x.request_id = asked.id OFFSET 0) f
      JOIN payment_request o ON o.request_id = f.request_id
     CROSS JOIN LATERAL (
        SELECT CASE WHEN f.state = o.closed_as THEN o.closed_code
                    WHEN f.state = 'partially_paid' THEN 'underpaid'
                    WHEN f.state IN ('refunded', 'partially_refunded', 'disputed', 'overpaid', 'processing', 'authorized')
                    THEN f.state
                    WHEN f.payments > o.max_payments THEN 'overpaid'
                    WHEN f.came_late THEN 'paid_after_close' END AS code,
               CASE WHEN f.state = o.closed_as THEN o.closed_text
                    WHEN f.state = 'refunded' THEN 'The money went back to the payer.'
                    WHEN f.state = 'partially_refunded' THEN 'A part of the money went back to the payer.'
                    WHEN f.state = 'disputed' THEN 'The payer''s bank disputes the payment.'
                    WHEN f.state = 'overpaid' THEN 'More was paid than was asked for.'
                    WHEN f.state = 'partially_paid' THEN 'Less was paid than was asked for.'
                    WHEN f.state = 'processing' THEN 'A bank debit is on its way.'
                    WHEN f.state = 'authorized' THEN 'The payment is authorised and not captured yet.'
                    WHEN f.payments > o.max_payments THEN 'More people paid than max_payments allows.'
                    WHEN f.came_late THEN 'It was paid although it was ' || o.closed_as || ' before.' END AS words) w
     WHERE r.request_id = f.request_id
       AND (r.state, r.amount_paid, r.amount_refunded, r.amount_disputed, r.amount_authorized, r.amount_processing, r.payments,
            r.payments_under_way, r.paid_at, r.reason_code, r.reason_text)
           IS DISTINCT FROM
           (f.state, f.captured, f.refunded, f.disputed, f.authorized, f.processing, f.payments, f.under_way, f.paid_at, w.code, w.words)
    RETURNING r.request_id, r.state, o.state, r.amount, r.amount_paid, r.currency::text,
              EXISTS (SELECT FROM delivery d WHERE d.request_id = r.request_id AND d.state = 'in_doubt')
                  AND f.captured + f.authorized + f.processing > 0
$$;
COMMENT ON FUNCTION pay_private.set_request_states(uuid[]) IS
    'Writes the facts and the state of these requests, which are locked, and returns those that changed. delivery_proven = a delivery was in doubt, and money came by it.';

CREATE OR REPLACE FUNCTION pay_private.settle_links(ids uuid[]) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    -- A link for another amount than is due was paid in part.
    UPDATE payment_link l
       SET wanted_active = false,
           deactivation_reason = CASE WHEN r.amount_paid = 0 AND r.closed_as IS NOT NULL THEN r.closed_as ELSE 'paid' END
      FROM payment_request r
     WHERE r.request_id = ANY (settle_links.ids) AND l.request_id = r.request_id AND l.wanted_active
       AND NOT (link_demand(r) AND l.amount = amount_due(r));
    -- A payment that was given back frees a place, and the link may have no place left: Stripe counts it still.
    UPDATE payment_link l SET check_at = now()
      FROM payment_request r
     WHERE r.request_id = ANY (settle_links.ids) AND r.max_payments IS NOT NULL AND l.request_id = r.request_id
       AND l.active AND l.wanted_active AND l.check_at IS NULL AND r.amount_refunded > 0;
    UPDATE payment_request r
       SET link_wanted_at = CASE WHEN link_demand(r) THEN link_due(r) END,
           link_problem = CASE WHEN link_demand(r) THEN r.link_problem END
     WHERE r.request_id = ANY (settle_links.ids)
       AND CASE WHEN link_demand(r)
                THEN r.link_wanted_at IS NULL
                     AND NOT EXISTS (SELECT FROM payment_link l WHERE l.request_id = r.request_id AND l.wanted_active)
                ELSE r.link_wanted_at IS NOT NULL OR r.link_problem IS NOT NULL END;
$$;
COMMENT ON FUNCTION pay_private.settle_links(uuid[]) IS
    'Links that the state of these requests does not demand are wanted inactive; a missing one is wanted.';

CREATE OR REPLACE FUNCTION pay_private.settle_deliveries(ids uuid[]) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    -- Money that came, or is on its way, proves that a mail in doubt arrived. A mail whose final dot is promised may be out
    -- already: its outcome is recorded later. In processing and authorized, mails wait (pay_private.mail_may_go).
    UPDATE delivery d
       SET state = CASE WHEN d.state = 'in_doubt' THEN 'sent' ELSE 'cancelled' END,
           accepted_at = CASE WHEN d.state = 'in_doubt' THEN coalesce(d.accepted_at, now()) ELSE d.accepted_at END,
           reason_code = NULL, reason_text = NULL
      FROM payment_request r
     WHERE r.request_id = ANY (settle_deliveries.ids) AND d.request_id = r.request_id AND d.kind IN ('request', 'reminder', 'debit_failed')
       AND CASE WHEN d.state = 'in_doubt' THEN r.amount_paid + r.amount_authorized + r.amount_processing > 0
                WHEN d.state IN ('queued', 'ready', 'sending', 'deferred')
                THEN NOT request_wants_mails(r) END;
    UPDATE delivery d SET next_attempt_at = now()
      FROM payment_request r
     WHERE r.request_id = ANY (settle_deliveries.ids) AND mail_may_go(r) AND d.request_id = r.request_id
       AND d.next_attempt_at > now() AND d.reason_code = 'payment_under_way';
$$;
COMMENT ON FUNCTION pay_private.settle_deliveries(uuid[]) IS
    'Cancels mails that ask for money which is not asked for any more, settles doubts that money has cleared, and wakes mails that waited for a payment under way which failed.';

CREATE OR REPLACE FUNCTION pay_private.queue_receipts(ids uuid[]) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    -- No receipts for payments that succeeded more than a week ago: a first walk finds many. None for money that went back.
    INSERT INTO delivery (request_id, company, kind, recipient, number, priority, charge_id)
    SELECT r.request_id, r.company, p.kind, p.recipient,
           row_number() OVER (PARTITION BY r.request_id, p.kind, p.recipient ORDER BY c.created, c.charge_id)
               + (SELECT coalesce(max(n.number), 0) FROM delivery n
                   WHERE n.request_id = r.request_id AND n.kind = p.kind AND n.recipient = p.recipient),
           r.priority, c.charge_id
      FROM unnest(queue_receipts.ids) AS asked (id)
      JOIN payment_request r ON r.request_id = asked.id AND r.payments > 0
      JOIN company co ON co.company = r.company
      JOIN LATERAL (SELECT * FROM request_payment x WHERE x.request_id = r.request_id OFFSET 0) c
           ON c.captured > c.refunded AND NOT c.is_disputed AND c.succeeded_at > now() - interval '7 days'
     CROSS JOIN LATERAL (
          SELECT 'receipt' AS kind,
                 CASE WHEN r.multi_party THEN as_email(coalesce(c.payer_email, c.receipt_email, r.to_email))
                      ELSE r.to_email END AS recipient
           WHERE r.receipt_to_payer
          UNION ALL
          SELECT 'notice', address
            FROM unnest(CASE WHEN cardinality(co.admin_emails) > 0 THEN co.admin_emails ELSE ARRAY[co.email] END) AS address
           WHERE r.receipt_to_company) p
     WHERE p.recipient IS NOT NULL AND NOT p.kind = ANY (co.muted_mails)
       AND NOT EXISTS (SELECT FROM delivery n
                        WHERE n.charge_id = c.charge_id AND n.kind = p.kind AND n.recipient = p.recipient)
    ON CONFLICT DO NOTHING
    RETURNING pg_notify('pay_payment_request', '')
$$;
COMMENT ON FUNCTION pay_private.queue_receipts(uuid[]) IS
    'Queues the receipts and notices of payments that have none. A payer without a valid address gets none.';

CREATE OR REPLACE FUNCTION pay_private.settle_discrepancies(ids uuid[]) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    WITH facts AS (
        SELECT r.request_id, r.amount, r.currency, r.closed_as, f.payments > r.max_payments AS too_many, f.captured, f.account_id, f.charges, f.came_late, f.state
          FROM payment_request r
         CROSS JOIN LATERAL (SELECT * FROM request_facts x WHERE x.request_id = r.request_id OFFSET 0) f
         WHERE r.request_id = ANY (settle_discrepancies.ids)),
    wrong AS (
        SELECT f.*, p.kind
          FROM facts f
         CROSS JOIN LATERAL (VALUES (CASE WHEN f.state = 'overpaid' OR f.too_many THEN 'overpaid' WHEN f.state = 'partially_paid' THEN 'underpaid' END),
                                    (CASE WHEN f.came_late AND f.state NOT IN ('refunded', 'disputed') THEN 'paid_after_close' END))
              AS p (kind)
         WHERE p.kind IS NOT NULL),
    opened AS (
        INSERT INTO discrepancy AS d (kind, account_id, subject, evidence)
        SELECT w.kind, w.account_id, w.request_id::text, jsonb_build_object(
                   'request', jsonb_build_object('request_id', w.request_id, 'amount', w.amount, 'currency', w.currency,
                                                 'closed_as', w.closed_as),
                   'paid', w.captured, 'charges', w.charges)
          FROM wrong w
         -- Not again what a person accepted, as long as no more was paid.
         WHERE NOT EXISTS (SELECT FROM discrepancy o
                            WHERE o.kind = w.kind AND o.account_id = w.account_id AND o.subject = w.request_id::text
                              AND o.state IN ('accepted', 'explained') AND (o.evidence ->> 'paid')::bigint >= w.captured)
        ON CONFLICT (kind, account_id, subject) WHERE state = 'open'
        DO UPDATE SET evidence = excluded.evidence WHERE d.evidence IS DISTINCT FROM excluded.evidence)
    UPDATE discrepancy d
       SET state = 'repaired', resolved_at = now(), verified_at = now(), resolution = 'The request is ' || f.state || ' now.'
      FROM facts f
     WHERE d.kind IN ('overpaid', 'underpaid', 'paid_after_close') AND d.account_id = f.account_id
       AND d.subject = f.request_id::text AND d.state = 'open'
       AND NOT EXISTS (SELECT FROM wrong w WHERE w.request_id = f.request_id AND w.kind = d.kind)
$$;
COMMENT ON FUNCTION pay_private.settle_discrepancies(uuid[]) IS
    'A sum that is not what was asked for, and a payment after the end, are discrepancies until they are not so any more.';

CREATE OR REPLACE FUNCTION pay_private.settle_requests(
    ids uuid[], OUT request_id uuid, OUT state text, OUT was text, OUT amount bigint, OUT paid bigint, OUT currency text,
    OUT delivery_proven boolean)
RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    -- In the order of their ids, or two workers could deadlock.
    locked CONSTANT uuid[] := ARRAY(SELECT r.request_id FROM payment_request r WHERE r.request_id = ANY (ids)
                                     ORDER BY r.request_id FOR NO KEY UPDATE);
BEGIN
    RETURN QUERY SELECT s.* FROM set_request_states(locked) s;
    PERFORM settle_links(locked);
    PERFORM settle_deliveries(locked);
    PERFORM queue_receipts(locked);
    PERFORM queue_refund_mails(locked);
    PERFORM queue_dispute_mails(locked);
    PERFORM queue_debit_failed_mail(l) FROM unnest(locked) l;
    PERFORM settle_discrepancies(locked);
END $$;
COMMENT ON FUNCTION pay_private.settle_requests(uuid[]) IS
    'Makes the state of these requests what their facts say, and brings about what it demands of links, deliveries, receipts and discrepancies, whatever the state was before. Returns the requests that changed.';

CREATE OR REPLACE FUNCTION pay_private.close_request(request_id uuid, closed_as text, code text, words text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    now_state text;
BEGIN
    UPDATE payment_request r
       SET closed_as = close_request.closed_as, closed_at = now(), closed_code = close_request.code, closed_text = close_request.words,
           cancel_requested_at = CASE WHEN close_request.closed_as = 'cancelled' THEN now() ELSE r.cancel_requested_at END
     WHERE r.request_id = close_request.request_id AND r.closed_as IS NULL;
    PERFORM settle_requests(ARRAY[close_request.request_id]);
    SELECT r.state INTO STRICT now_state FROM payment_request r WHERE r.request_id = close_request.request_id;
    RETURN now_state;
END $$;
COMMENT ON FUNCTION pay_private.close_request(uuid, text, text, text) IS
    'Ends a request apart from payments, once, and returns its state then.';

CREATE OR REPLACE FUNCTION pay_private.open_request(request_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE payment_request r SET closed_as = NULL, closed_at = NULL, closed_code = NULL, closed_text = NULL
     WHERE r.request_id = open_request.request_id AND r.closed_as IS NOT NULL;
    PERFORM settle_requests(ARRAY[open_request.request_id]);
END $$;
COMMENT ON FUNCTION pay_private.open_request(uuid) IS 'Opens a request again that was closed apart from payments.';
