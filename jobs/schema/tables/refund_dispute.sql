-- SPDX-License-Identifier: MIT
-- Refunds and disputes as Stripe shows them.

CREATE TABLE pay_private.refund (
    account_id text NOT NULL,
    refund_id text NOT NULL,
    created timestamptz NOT NULL,
    charge_id text,
    payment_intent_id text,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text,
    reason text,
    failure_reason text,
    balance_transaction_id text,
    failure_balance_transaction_id text,
    row_hash bigint NOT NULL,
    read_at timestamptz NOT NULL,
    stripe_request_id text,
    next_check_at timestamptz,
    gone_at timestamptz,
    gone_request_id text,
    PRIMARY KEY (account_id, refund_id)
) WITH (fillfactor = 90);
CREATE INDEX refund_by_created ON pay_private.refund (account_id, created DESC, refund_id);
CREATE INDEX refund_by_charge ON pay_private.refund (account_id, charge_id);
CREATE INDEX refund_failed ON pay_private.refund (read_at) WHERE status = 'failed';
CREATE INDEX refund_to_check ON pay_private.refund (account_id, next_check_at) WHERE next_check_at IS NOT NULL;
COMMENT ON TABLE pay_private.refund IS 'Refunds as Stripe last showed them.';
COMMENT ON COLUMN pay_private.refund.account_id IS 'Stripe account that has the refund.';
COMMENT ON COLUMN pay_private.refund.refund_id IS 'Stripe''s id, re_ or pyr_.';
COMMENT ON COLUMN pay_private.refund.created IS 'When Stripe made it.';
COMMENT ON COLUMN pay_private.refund.charge_id IS 'The charge whose money goes back.';
COMMENT ON COLUMN pay_private.refund.payment_intent_id IS 'That charge''s payment intent.';
COMMENT ON COLUMN pay_private.refund.amount IS 'Minor units of currency.';
COMMENT ON COLUMN pay_private.refund.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.refund.status IS 'pending, requires_action, succeeded (may still fail for 30 days), failed or canceled.';
COMMENT ON COLUMN pay_private.refund.reason IS 'Why, Stripe''s word.';
COMMENT ON COLUMN pay_private.refund.failure_reason IS 'Why it failed, Stripe''s word.';
COMMENT ON COLUMN pay_private.refund.balance_transaction_id IS 'The ledger row that took the money.';
COMMENT ON COLUMN pay_private.refund.failure_balance_transaction_id IS 'The ledger row that brought it back when the refund failed.';
COMMENT ON COLUMN pay_private.refund.row_hash IS 'Hash of what Stripe sent; an equal one costs no write.';
COMMENT ON COLUMN pay_private.refund.read_at IS 'When Stripe gave the answer that this row comes from.';
COMMENT ON COLUMN pay_private.refund.stripe_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.refund.next_check_at IS 'When to read it again because it can still change; NULL = final.';
COMMENT ON COLUMN pay_private.refund.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.refund.gone_request_id IS 'Stripe''s Request-Id of that answer.';

CREATE TABLE pay_private.dispute (
    account_id text NOT NULL,
    dispute_id text NOT NULL,
    livemode boolean NOT NULL,
    created timestamptz NOT NULL,
    charge_id text,
    payment_intent_id text,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    network_reason_code text,
    charge_refundable boolean NOT NULL,
    due_by timestamptz,
    row_hash bigint NOT NULL,
    read_at timestamptz NOT NULL,
    stripe_request_id text,
    next_check_at timestamptz,
    gone_at timestamptz,
    gone_request_id text,
    PRIMARY KEY (account_id, dispute_id)
) WITH (fillfactor = 90);
CREATE INDEX dispute_by_created ON pay_private.dispute (account_id, created DESC, dispute_id);
CREATE INDEX dispute_by_charge ON pay_private.dispute (account_id, charge_id);
CREATE INDEX dispute_to_check ON pay_private.dispute (account_id, next_check_at) WHERE next_check_at IS NOT NULL;
COMMENT ON TABLE pay_private.dispute IS 'Disputes as Stripe last showed them; their money is in the ledger, by source_id.';
COMMENT ON COLUMN pay_private.dispute.account_id IS 'Stripe account that has the dispute.';
COMMENT ON COLUMN pay_private.dispute.dispute_id IS 'Stripe''s id, dp_ or du_.';
COMMENT ON COLUMN pay_private.dispute.livemode IS 'Whether it belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay_private.dispute.created IS 'When Stripe made it.';
COMMENT ON COLUMN pay_private.dispute.charge_id IS 'The disputed charge.';
COMMENT ON COLUMN pay_private.dispute.payment_intent_id IS 'That charge''s payment intent.';
COMMENT ON COLUMN pay_private.dispute.amount IS 'Minor units of currency; may differ from the charge''s.';
COMMENT ON COLUMN pay_private.dispute.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.dispute.status IS 'Stripe''s word, an open list; won, lost, warning_closed and prevented are its ends.';
COMMENT ON COLUMN pay_private.dispute.reason IS 'Why, Stripe''s word.';
COMMENT ON COLUMN pay_private.dispute.network_reason_code IS 'Why, the card network''s code.';
COMMENT ON COLUMN pay_private.dispute.charge_refundable IS 'Whether refunding the charge still ends it.';
COMMENT ON COLUMN pay_private.dispute.due_by IS 'Until when Stripe takes evidence.';
COMMENT ON COLUMN pay_private.dispute.row_hash IS 'Hash of what Stripe sent; an equal one costs no write.';
COMMENT ON COLUMN pay_private.dispute.read_at IS 'When Stripe gave the answer that this row comes from.';
COMMENT ON COLUMN pay_private.dispute.stripe_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.dispute.next_check_at IS 'When to read it again because it can still change; NULL = final.';
COMMENT ON COLUMN pay_private.dispute.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.dispute.gone_request_id IS 'Stripe''s Request-Id of that answer.';
