-- SPDX-License-Identifier: MIT
-- Refunds that an application asked for. What Stripe then shows of them is in pay_private.refund.

CREATE TABLE pay_private.refund_order (
    refund_order_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    company text NOT NULL CONSTRAINT refund_order_company_known REFERENCES pay.company,
    request_id uuid CONSTRAINT refund_order_request_known REFERENCES pay.payment_request,
    account_id text NOT NULL,
    charge_id text NOT NULL,
    amount bigint NOT NULL CONSTRAINT refund_order_amount_positive CHECK (amount > 0),
    currency text NOT NULL,
    reason text CONSTRAINT refund_order_reason CHECK (reason IN ('duplicate', 'fraudulent', 'requested_by_customer')),
    with_application_fee boolean NOT NULL DEFAULT false,
    request_key pay.request_key,
    requested_by text NOT NULL DEFAULT session_user,
    created_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'queued' CONSTRAINT refund_order_state CHECK (state IN ('queued', 'made', 'refused')),
    refund_id text,
    status text,
    answered_at timestamptz,
    error_code text,
    error_text text,
    attempts integer NOT NULL DEFAULT 0,
    may_exist boolean NOT NULL DEFAULT false,
    next_attempt_at timestamptz DEFAULT now(),
    CONSTRAINT refund_order_made_has_refund CHECK ((state = 'made') = (refund_id IS NOT NULL)),
    CONSTRAINT refund_order_refused_has_words CHECK (state <> 'refused' OR (error_code IS NOT NULL AND error_text IS NOT NULL))
);
CREATE UNIQUE INDEX refund_order_request_key_unique ON pay_private.refund_order (company, request_key)
    WHERE request_key IS NOT NULL;
CREATE INDEX refund_order_due ON pay_private.refund_order (company, next_attempt_at, seq) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX refund_order_by_charge ON pay_private.refund_order (account_id, charge_id);
CREATE INDEX refund_order_by_company ON pay_private.refund_order (company, seq);
CREATE INDEX refund_order_by_request ON pay_private.refund_order (request_id) WHERE request_id IS NOT NULL;
COMMENT ON TABLE pay_private.refund_order IS
    'Refunds that an application asked for. The daemon makes each once at Stripe; afterwards the row is only read.';
COMMENT ON COLUMN pay_private.refund_order.refund_order_id IS 'Id of the order, also written into the refund''s metadata at Stripe.';
COMMENT ON COLUMN pay_private.refund_order.seq IS 'Order of arrival.';
COMMENT ON COLUMN pay_private.refund_order.company IS 'The company that gives the money back.';
COMMENT ON COLUMN pay_private.refund_order.request_id IS 'The payment request that was paid; NULL = the payment belongs to none.';
COMMENT ON COLUMN pay_private.refund_order.account_id IS 'Stripe account that has the charge.';
COMMENT ON COLUMN pay_private.refund_order.charge_id IS 'The charge whose money goes back.';
COMMENT ON COLUMN pay_private.refund_order.amount IS 'Minor units of currency.';
COMMENT ON COLUMN pay_private.refund_order.currency IS 'Three lower-case letters, the charge''s.';
COMMENT ON COLUMN pay_private.refund_order.reason IS 'duplicate, fraudulent or requested_by_customer; NULL = none is given.';
COMMENT ON COLUMN pay_private.refund_order.with_application_fee IS 'Whether the platform''s share goes back, too.';
COMMENT ON COLUMN pay_private.refund_order.request_key IS 'Unique within the company; guards against giving back twice.';
COMMENT ON COLUMN pay_private.refund_order.requested_by IS 'Database user that asked.';
COMMENT ON COLUMN pay_private.refund_order.created_at IS 'When it was asked for.';
COMMENT ON COLUMN pay_private.refund_order.state IS 'queued, made (Stripe has the refund), or refused.';
COMMENT ON COLUMN pay_private.refund_order.refund_id IS 'Stripe''s id of the refund.';
COMMENT ON COLUMN pay_private.refund_order.status IS 'Status of the refund when it was made; pay_private.refund has later ones.';
COMMENT ON COLUMN pay_private.refund_order.answered_at IS 'When it was made or refused.';
COMMENT ON COLUMN pay_private.refund_order.error_code IS 'Why it was refused or waits, for programs.';
COMMENT ON COLUMN pay_private.refund_order.error_text IS 'Why it was refused or waits, for people.';
COMMENT ON COLUMN pay_private.refund_order.attempts IS 'How often the daemon has begun it.';
COMMENT ON COLUMN pay_private.refund_order.may_exist IS
    'Whether a call for it was begun whose answer does not say that Stripe made nothing. Such an order is refused only after a search at Stripe that finds no refund of it.';
COMMENT ON COLUMN pay_private.refund_order.next_attempt_at IS 'When the daemon takes it up next; NULL = made or refused.';
COMMENT ON CONSTRAINT refund_order_amount_positive ON pay_private.refund_order IS 'the amount is more than zero';
COMMENT ON CONSTRAINT refund_order_reason ON pay_private.refund_order IS
    'the reason is duplicate, fraudulent or requested_by_customer (Stripe''s words)';
