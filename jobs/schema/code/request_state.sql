-- SPDX-License-Identifier: MIT
-- The state of a payment request: what its charges say, and the state that follows. It is a pure function of facts, so it
-- does not matter in which order, or in how many steps, they were read. code/settle_request.sql brings about what it demands.

CREATE OR REPLACE FUNCTION pay_private.request_state(
    asked bigint, multi_party boolean, closed_as text, captured bigint, refunded bigint, is_disputed boolean, authorized bigint,
    processing bigint) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN is_disputed THEN 'disputed'
    -- All of it went back, or nothing came yet.
    WHEN captured <= refunded THEN
        CASE WHEN authorized > 0 THEN 'authorized'
             WHEN processing > 0 THEN 'processing'
             WHEN captured > 0 THEN 'refunded'
             ELSE coalesce(closed_as, 'open') END
    -- A part of it came, and the rest may be on its way.
    WHEN captured < asked THEN
        CASE WHEN authorized > 0 THEN 'authorized'
             WHEN processing > 0 THEN 'processing'
             ELSE 'partially_paid' END
    WHEN multi_party THEN CASE WHEN refunded > 0 THEN 'partially_refunded' ELSE 'paid' END
    WHEN captured - refunded > asked THEN 'overpaid'
    WHEN captured - refunded < asked THEN 'partially_refunded'
    ELSE 'paid' END;
COMMENT ON FUNCTION pay_private.request_state(bigint, boolean, text, bigint, bigint, boolean, bigint, bigint) IS
    'The state of a payment request from its facts, amounts in minor units. Money counts more than closed_as; an open or lost dispute counts more than all.';

CREATE OR REPLACE FUNCTION pay_private.given_back(amount bigint, amount_captured bigint, amount_refunded bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN greatest(amount_refunded - (amount - amount_captured), 0);
COMMENT ON FUNCTION pay_private.given_back(bigint, bigint, bigint) IS
    'What of a captured charge went back, in minor units: Stripe counts what was authorised and not captured as refunded.';

CREATE OR REPLACE VIEW pay_private.request_payment AS
SELECT c.request_id, c.account_id, c.charge_id, c.created, c.payer_email, c.receipt_email, c.stripe_request_id,
       CASE WHEN k.is_captured THEN c.amount_captured ELSE 0 END AS captured,
       CASE WHEN k.is_captured THEN pay_private.given_back(c.amount, c.amount_captured, c.amount_refunded) ELSE 0 END AS refunded,
       CASE WHEN c.status = 'succeeded' AND NOT c.captured THEN greatest(c.amount - c.amount_refunded, 0) ELSE 0 END AS authorized,
       CASE WHEN c.status = 'pending' THEN c.amount ELSE 0 END AS processing,
       p.disputed, p.is_disputed, s.succeeded_at,
       (SELECT min(h.read_at) FROM pay_private.charge_history h
         WHERE h.account_id = c.account_id AND h.charge_id = c.charge_id) AS first_read_at
  FROM pay_private.charge c
 CROSS JOIN LATERAL (SELECT c.status = 'succeeded' AND c.captured AS is_captured) k
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE WHEN d.currency = c.currency THEN d.amount ELSE c.amount_captured END), 0)::bigint AS disputed,
           count(*) > 0 AS is_disputed
      FROM pay_private.dispute d
     WHERE d.account_id = c.account_id AND d.charge_id = c.charge_id AND d.gone_at IS NULL
       AND d.status NOT IN ('won', 'prevented') AND d.status NOT LIKE 'warning%') p
 CROSS JOIN LATERAL (
    -- A bank debit succeeds days after it was begun; its ledger row is made then.
    SELECT CASE WHEN k.is_captured
                THEN coalesce((SELECT b.created FROM pay_private.balance_transaction b
                                WHERE b.account_id = c.account_id AND b.balance_transaction_id = c.balance_transaction_id),
                              (SELECT min(h.read_at) FILTER (WHERE h.status = 'succeeded') FROM pay_private.charge_history h
                                WHERE h.account_id = c.account_id AND h.charge_id = c.charge_id
                               HAVING bool_or(h.status = 'pending')),
                              c.created) END AS succeeded_at) s
 WHERE c.request_id IS NOT NULL AND c.gone_at IS NULL;
COMMENT ON VIEW pay_private.request_payment IS
    'The charges of payment requests, each with what it has moved. A charge that Stripe does not have any more moves nothing.';
COMMENT ON COLUMN pay_private.request_payment.request_id IS 'The payment request.';
COMMENT ON COLUMN pay_private.request_payment.account_id IS 'Stripe account that has the charge.';
COMMENT ON COLUMN pay_private.request_payment.charge_id IS 'The charge.';
COMMENT ON COLUMN pay_private.request_payment.created IS 'When it was begun.';
COMMENT ON COLUMN pay_private.request_payment.payer_email IS 'The payer''s address as Stripe knows it.';
COMMENT ON COLUMN pay_private.request_payment.receipt_email IS 'Where Stripe sent its receipt.';
COMMENT ON COLUMN pay_private.request_payment.stripe_request_id IS 'Stripe''s Request-Id of the answer that it was read from.';
COMMENT ON COLUMN pay_private.request_payment.captured IS 'Minor units captured.';
COMMENT ON COLUMN pay_private.request_payment.refunded IS 'Minor units of that which went back.';
COMMENT ON COLUMN pay_private.request_payment.authorized IS 'Minor units authorised, neither captured nor released.';
COMMENT ON COLUMN pay_private.request_payment.processing IS 'Minor units of a pending bank debit.';
COMMENT ON COLUMN pay_private.request_payment.disputed IS 'Minor units of open and lost disputes.';
COMMENT ON COLUMN pay_private.request_payment.is_disputed IS 'Whether it has an open or a lost dispute.';
COMMENT ON COLUMN pay_private.request_payment.succeeded_at IS 'When the money was captured; NULL = it was not.';
COMMENT ON COLUMN pay_private.request_payment.first_read_at IS 'When a read first showed it.';

CREATE OR REPLACE VIEW pay_private.request_facts AS
SELECT r.request_id, m.captured, m.refunded, m.disputed, m.is_disputed, m.authorized, m.processing, m.payments, m.under_way,
       m.account_id, m.came_late, m.paid_at, m.charges,
       pay_private.request_state(r.amount, r.multi_party, r.closed_as, m.captured, m.refunded, m.is_disputed, m.authorized,
                                 m.processing) AS state
  FROM pay.payment_request r
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(c.captured), 0)::bigint AS captured, coalesce(sum(c.refunded), 0)::bigint AS refunded,
           coalesce(sum(c.disputed), 0)::bigint AS disputed, coalesce(bool_or(c.is_disputed), false) AS is_disputed,
           coalesce(sum(c.authorized), 0)::bigint AS authorized, coalesce(sum(c.processing), 0)::bigint AS processing,
           count(*) FILTER (WHERE c.captured > c.refunded)::integer AS payments,
           count(*) FILTER (WHERE c.authorized > 0 OR c.processing > 0)::integer AS under_way, max(c.account_id) AS account_id,
           coalesce(bool_or(c.captured > 0 AND c.first_read_at > r.closed_at), false) AS came_late,
           min(c.succeeded_at) FILTER (WHERE c.captured_so_far >= r.amount) AS paid_at,
           jsonb_agg(jsonb_build_object(
               'charge_id', c.charge_id, 'account_id', c.account_id, 'amount_captured', c.captured, 'created', c.created,
               'stripe_request_id', c.stripe_request_id) ORDER BY c.created, c.charge_id)
               FILTER (WHERE c.captured > 0) AS charges
      FROM (SELECT p.*, sum(p.captured) OVER (ORDER BY p.succeeded_at, p.charge_id) AS captured_so_far
              FROM pay_private.request_payment p WHERE p.request_id = r.request_id) c) m;
COMMENT ON VIEW pay_private.request_facts IS 'What the charges of each payment request say, summed, and the state that follows.';
COMMENT ON COLUMN pay_private.request_facts.request_id IS 'The payment request.';
COMMENT ON COLUMN pay_private.request_facts.captured IS 'Minor units captured.';
COMMENT ON COLUMN pay_private.request_facts.refunded IS 'Minor units of that which went back.';
COMMENT ON COLUMN pay_private.request_facts.disputed IS 'Minor units of open and lost disputes.';
COMMENT ON COLUMN pay_private.request_facts.is_disputed IS 'Whether there is an open or a lost dispute.';
COMMENT ON COLUMN pay_private.request_facts.authorized IS 'Minor units authorised, neither captured nor released.';
COMMENT ON COLUMN pay_private.request_facts.processing IS 'Minor units of pending bank debits.';
COMMENT ON COLUMN pay_private.request_facts.payments IS 'How many charges were captured and not given back in full.';
COMMENT ON COLUMN pay_private.request_facts.under_way IS 'How many charges are authorised or on their way.';
COMMENT ON COLUMN pay_private.request_facts.account_id IS 'Stripe account of the charges.';
COMMENT ON COLUMN pay_private.request_facts.came_late IS 'Whether a payment was first read after the request was closed.';
COMMENT ON COLUMN pay_private.request_facts.paid_at IS 'When the payment that completed the amount succeeded.';
COMMENT ON COLUMN pay_private.request_facts.charges IS 'The captured charges, as evidence of discrepancies.';
COMMENT ON COLUMN pay_private.request_facts.state IS 'The state that follows.';

CREATE OR REPLACE FUNCTION pay_private.link_demand(r pay.payment_request) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN (r).closed_as IS NULL
   AND CASE WHEN (r).multi_party THEN (r).max_payments IS NULL OR (r).payments + (r).payments_under_way < (r).max_payments
            ELSE (r).state IN ('open', 'partially_paid') END;
COMMENT ON FUNCTION pay_private.link_demand(pay.payment_request) IS
    'Whether the request should have a link that can be paid.';

CREATE OR REPLACE FUNCTION pay_private.mail_may_go(r pay.payment_request) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN (r).state IN ('open', 'partially_paid') AND pay_private.link_demand(r);
COMMENT ON FUNCTION pay_private.mail_may_go(pay.payment_request) IS
    'Whether a mail may ask the payer for money now. While a payment is under way, mails wait.';

CREATE OR REPLACE FUNCTION pay_private.request_wants_mails(r pay.payment_request) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN (r).closed_as IS NULL AND (r).state IN ('open', 'partially_paid', 'processing', 'authorized')
   AND ((r).max_payments IS NULL OR (r).payments < (r).max_payments);
COMMENT ON FUNCTION pay_private.request_wants_mails(pay.payment_request) IS
    'Whether mails that ask for money stay in the queue. In every other state they are cancelled.';

CREATE OR REPLACE FUNCTION pay_private.amount_due(r pay.payment_request) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN (r).multi_party THEN (r).amount ELSE greatest((r).amount - (r).amount_paid + (r).amount_refunded, 0) END;
COMMENT ON FUNCTION pay_private.amount_due(pay.payment_request) IS
    'What a link asks for now, in minor units: all of it, or what a part payment left.';
