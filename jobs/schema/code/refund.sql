-- SPDX-License-Identifier: MIT
-- Refunds that applications ask for.

CREATE OR REPLACE FUNCTION pay_private.refundable(c pay_private.charge) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE WHEN c.status = 'succeeded' AND c.captured AND c.gone_at IS NULL
                THEN c.amount_captured - given_back(c.amount, c.amount_captured, c.amount_refunded) ELSE 0 END
           -- Orders that Stripe has not made, or that this reading of the charge cannot contain yet.
           - coalesce((SELECT sum(o.amount) FROM refund_order o
                        WHERE o.account_id = c.account_id AND o.charge_id = c.charge_id
                          AND (o.state = 'queued'
                               OR (o.state = 'made' AND o.answered_at >= c.read_at
                                   AND o.status IS DISTINCT FROM 'failed' AND o.status IS DISTINCT FROM 'canceled'))), 0)
$$;
COMMENT ON FUNCTION pay_private.refundable(pay_private.charge) IS
    'What of a charge was captured and neither given back nor ordered to be, in minor units.';

CREATE OR REPLACE FUNCTION pay_private.charge_to_refund(
    company text, request_id uuid, charge_id text, amount bigint) RETURNS pay_private.charge
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    chosen charge;
    refundable_charges integer := 0;
    candidate charge;
BEGIN
    IF charge_to_refund.charge_id IS NOT NULL THEN
        SELECT c.* INTO chosen FROM charge c JOIN integration i ON i.account_id = c.account_id
         WHERE i.company = charge_to_refund.company AND c.charge_id = charge_to_refund.charge_id
           AND c.request_id IS NOT DISTINCT FROM coalesce(charge_to_refund.request_id, c.request_id)
           FOR NO KEY UPDATE OF c;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the company has no such payment' USING ERRCODE = 'PY404';
        END IF;
        RETURN chosen;
    END IF;
    IF NOT EXISTS (SELECT FROM payment_request r
                    WHERE r.request_id = charge_to_refund.request_id AND r.company = charge_to_refund.company) THEN
        RAISE EXCEPTION 'the company has no payment request %', charge_to_refund.request_id USING ERRCODE = 'PY404';
    END IF;
    -- The newest payment that has enough: of two payments for one thing, the second one goes back.
    FOR candidate IN
        SELECT c.* FROM charge c WHERE c.request_id = charge_to_refund.request_id AND c.status = 'succeeded' AND c.captured
         ORDER BY c.created DESC, c.charge_id DESC FOR NO KEY UPDATE
    LOOP
        CONTINUE WHEN refundable(candidate) < coalesce(charge_to_refund.amount, 1);
        refundable_charges := refundable_charges + 1;
        chosen := coalesce(chosen, candidate);
    END LOOP;
    IF charge_to_refund.amount IS NULL AND refundable_charges > 1 THEN
        RAISE EXCEPTION 'payment request % has % payments that can be given back; name the amount, or the charge_id',
            charge_to_refund.request_id, refundable_charges USING ERRCODE = 'PY409';
    ELSIF refundable_charges = 0 THEN
        RAISE EXCEPTION 'payment request % has no payment of which that much can be given back', charge_to_refund.request_id
            USING ERRCODE = 'PY409';
    END IF;
    RETURN chosen;
END $$;
COMMENT ON FUNCTION pay_private.charge_to_refund(text, uuid, text, bigint) IS
    'The payment, locked, that a refund of a company takes its money from; PY404 and PY409 if there is none.';

CREATE OR REPLACE FUNCTION pay.refund(
    company text, request_id uuid DEFAULT NULL, charge_id text DEFAULT NULL, amount bigint DEFAULT NULL,
    reason text DEFAULT NULL, with_application_fee boolean DEFAULT false, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    old refund_order;
    paid charge;
    wanted bigint;
    left_over bigint;
    step integer;
    new_id uuid;
    rule text;
    said text;
    missing text;
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = refund.company) THEN
        RAISE EXCEPTION 'there is no company "%"', refund.company USING ERRCODE = 'PY404';
    ELSIF num_nonnulls(refund.request_id, refund.charge_id) = 0 THEN
        RAISE EXCEPTION 'a request_id or a charge_id is given' USING ERRCODE = 'PY400';
    END IF;
    SELECT o.* INTO old FROM refund_order o WHERE o.company = refund.company AND o.request_key = refund.request_key;
    IF NOT FOUND THEN
        paid := charge_to_refund(refund.company, refund.request_id, refund.charge_id, refund.amount);
        left_over := refundable(paid);
        wanted := coalesce(refund.amount, left_over);
        SELECT u.multiple_of INTO step FROM currency u WHERE u.code = paid.currency;
        IF wanted > left_over OR left_over <= 0 THEN
            RAISE EXCEPTION 'of this payment % minor units can still be given back', greatest(left_over, 0)
                USING ERRCODE = 'PY409';
        ELSIF wanted % coalesce(step, 1) <> 0 THEN
            RAISE EXCEPTION 'an amount in % is a multiple of % minor units', paid.currency, step USING ERRCODE = 'PY400';
        ELSIF EXISTS (SELECT FROM dispute p WHERE p.account_id = paid.account_id AND p.charge_id = paid.charge_id
                         AND p.status NOT IN ('won', 'warning_closed', 'prevented') AND NOT p.charge_refundable) THEN
            RAISE EXCEPTION 'the payer''s bank disputes this payment; its money goes back by the dispute, or not at all'
                USING ERRCODE = 'PY409';
        ELSIF NOT EXISTS (SELECT FROM integration i WHERE i.account_id = paid.account_id AND i.stage <> 'disconnected') THEN
            RAISE EXCEPTION 'the Stripe account of this payment is not connected' USING ERRCODE = 'PY409';
        END IF;
        INSERT INTO refund_order (company, request_id, account_id, charge_id, amount, currency, reason, with_application_fee,
                                  request_key)
        VALUES (refund.company, paid.request_id, paid.account_id, paid.charge_id, wanted, paid.currency, refund.reason,
                coalesce(refund.with_application_fee, false), refund.request_key)
        ON CONFLICT (company, request_key) WHERE request_key IS NOT NULL DO NOTHING
        RETURNING refund_order_id INTO new_id;
        IF new_id IS NOT NULL THEN
            PERFORM pg_notify('pay_refund_order', '');
            RETURN new_id;
        END IF;
        SELECT o.* INTO STRICT old FROM refund_order o WHERE o.company = refund.company AND o.request_key = refund.request_key;
    END IF;
    IF (old.request_id, old.charge_id, old.amount, old.reason, old.with_application_fee)
       IS DISTINCT FROM
       (coalesce(refund.request_id, old.request_id), coalesce(refund.charge_id, old.charge_id),
        coalesce(refund.amount, old.amount), refund.reason, coalesce(refund.with_application_fee, false)) THEN
        RAISE EXCEPTION 'request key "%" belongs to another refund of this company', refund.request_key
            USING ERRCODE = 'PY409', DETAIL = format('It belongs to refund order %s.', old.refund_order_id);
    END IF;
    RETURN old.refund_order_id;
EXCEPTION WHEN check_violation OR not_null_violation OR foreign_key_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.refund(text, uuid, text, bigint, text, boolean, text) IS
    'Queues a refund of a payment, named by its charge or by its payment request, and returns the id of the order: of an amount in minor units, or of all that is left. Never more than was captured and not given back (PY409). The same request key with the same content returns the id that it has.';

CREATE OR REPLACE VIEW pay.refund_orders AS
SELECT o.refund_order_id, o.seq, o.company, o.request_id, o.charge_id, o.amount, o.currency, o.amount * u.unit AS amount_decimal,
       o.reason, o.with_application_fee, o.request_key, o.requested_by, o.created_at,
       CASE WHEN o.state = 'made' THEN coalesce(f.status, o.status, 'pending') ELSE o.state END AS state, o.refund_id,
       coalesce(f.failure_reason, o.error_code) AS error_code, o.error_text, o.answered_at, o.attempts, o.next_attempt_at,
       o.account_id
  FROM pay_private.refund_order o
  LEFT JOIN pay_private.currency u ON u.code = o.currency
  LEFT JOIN pay_private.refund f ON f.account_id = o.account_id AND f.refund_id = o.refund_id;
COMMENT ON VIEW pay.refund_orders IS 'Refunds that were asked for with pay.refund, and how far they are.';
COMMENT ON COLUMN pay.refund_orders.refund_order_id IS 'Id of the order.';
COMMENT ON COLUMN pay.refund_orders.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay.refund_orders.company IS 'The company that gives the money back.';
COMMENT ON COLUMN pay.refund_orders.request_id IS 'The payment request that was paid.';
COMMENT ON COLUMN pay.refund_orders.charge_id IS 'The charge whose money goes back.';
COMMENT ON COLUMN pay.refund_orders.amount IS 'Minor units of currency.';
COMMENT ON COLUMN pay.refund_orders.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.refund_orders.amount_decimal IS 'The amount as people write it.';
COMMENT ON COLUMN pay.refund_orders.reason IS 'duplicate, fraudulent or requested_by_customer.';
COMMENT ON COLUMN pay.refund_orders.with_application_fee IS 'Whether the platform''s share goes back, too.';
COMMENT ON COLUMN pay.refund_orders.request_key IS 'The application''s own name for it.';
COMMENT ON COLUMN pay.refund_orders.requested_by IS 'Database user that asked.';
COMMENT ON COLUMN pay.refund_orders.created_at IS 'When it was asked for.';
COMMENT ON COLUMN pay.refund_orders.state IS
    'queued, refused (nothing was given back), or what Stripe says of the refund: pending, requires_action, succeeded, failed or canceled. A succeeded refund may still fail for some weeks.';
COMMENT ON COLUMN pay.refund_orders.refund_id IS 'Stripe''s id of the refund.';
COMMENT ON COLUMN pay.refund_orders.error_code IS
    'For programs. Why it waits: stripe_unavailable, stripe_answer_unreadable, stripe_key_refused, stripe_account_unreachable or company_disconnected. Why it was refused: Stripe''s code, given_up (none was made in three days) or company_disconnected. Why it failed: Stripe''s word.';
COMMENT ON COLUMN pay.refund_orders.error_text IS 'Why it was refused or waits, for people.';
COMMENT ON COLUMN pay.refund_orders.answered_at IS 'When Stripe made or refused it.';
COMMENT ON COLUMN pay.refund_orders.attempts IS 'How often the daemon has begun it.';
COMMENT ON COLUMN pay.refund_orders.next_attempt_at IS 'When the daemon takes it up next; NULL = made or refused.';
COMMENT ON COLUMN pay.refund_orders.account_id IS 'Stripe account that has the charge.';
