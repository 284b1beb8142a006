-- SPDX-License-Identifier: MIT
-- Refunds, disputes, payouts with their items, and balances: the rest of what moves an account's money.

CREATE FUNCTION pay_private.next_check(created timestamptz, may_change_until timestamptz, not_before timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE WHEN may_change_until > now() THEN greatest(
               now() + least(interval '1 day', greatest(interval '1 minute', (now() - created) / 2)), not_before) END;
$$;
COMMENT ON FUNCTION pay_private.next_check(timestamptz, timestamptz, timestamptz) IS
    'When to read an object again: after half its age, so that the step grows and never ends while it can still change; NULL = it cannot.';

ALTER TABLE pay_private.stream
    ADD COLUMN walk_written bigint NOT NULL DEFAULT 0,
    ADD COLUMN quiet_walks integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN pay_private.stream.walk_written IS 'How many objects the open walk found new or changed.';
COMMENT ON COLUMN pay_private.stream.quiet_walks IS 'How many walks in a row found nothing new or changed: the next comes later each time.';

ALTER TABLE pay_private.balance_transaction ADD COLUMN next_check_at timestamptz;
COMMENT ON COLUMN pay_private.balance_transaction.next_check_at IS 'When a walk has to reach back to it because its status can still change; NULL = final.';
CREATE INDEX balance_transaction_to_check ON pay_private.balance_transaction (account_id, next_check_at)
    WHERE next_check_at IS NOT NULL;

-- What Stripe does not have any more stays, with the answer that proves it.
ALTER TABLE pay_private.charge ADD COLUMN gone_at timestamptz, ADD COLUMN gone_request_id text;
COMMENT ON COLUMN pay_private.charge.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.charge.gone_request_id IS 'Stripe''s Request-Id of that answer.';
ALTER TABLE pay_private.balance_transaction ADD COLUMN gone_at timestamptz, ADD COLUMN gone_request_id text;
COMMENT ON COLUMN pay_private.balance_transaction.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.balance_transaction.gone_request_id IS 'Stripe''s Request-Id of that answer.';

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

CREATE TABLE pay_private.payout (
    account_id text NOT NULL,
    payout_id text NOT NULL,
    livemode boolean NOT NULL,
    created timestamptz NOT NULL,
    arrival_date timestamptz NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    automatic boolean NOT NULL,
    reconciliation_status text NOT NULL,
    method text NOT NULL,
    type text NOT NULL,
    destination_id text,
    balance_transaction_id text,
    failure_balance_transaction_id text,
    failure_code text,
    failure_message text,
    statement_descriptor text,
    trace_id text,
    trace_id_status text,
    row_hash bigint NOT NULL,
    read_at timestamptz NOT NULL,
    stripe_request_id text,
    next_check_at timestamptz,
    itemised_at timestamptz,
    gone_at timestamptz,
    gone_request_id text,
    PRIMARY KEY (account_id, payout_id)
) WITH (fillfactor = 90);
CREATE INDEX payout_by_created ON pay_private.payout (account_id, created DESC, payout_id);
CREATE INDEX payout_to_check ON pay_private.payout (account_id, next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX payout_to_itemise ON pay_private.payout (account_id, created)
    WHERE automatic AND reconciliation_status = 'completed' AND itemised_at IS NULL;
COMMENT ON TABLE pay_private.payout IS 'Payouts as Stripe last showed them; what is in an automatic one are the ledger rows with its payout_id.';
COMMENT ON COLUMN pay_private.payout.account_id IS 'Stripe account whose money it is.';
COMMENT ON COLUMN pay_private.payout.payout_id IS 'Stripe''s id, po_.';
COMMENT ON COLUMN pay_private.payout.livemode IS 'Whether it belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay_private.payout.created IS 'When Stripe made it.';
COMMENT ON COLUMN pay_private.payout.arrival_date IS 'When it reaches the bank.';
COMMENT ON COLUMN pay_private.payout.amount IS 'Minor units of currency; negative when the bank pays.';
COMMENT ON COLUMN pay_private.payout.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.payout.status IS 'pending, in_transit, paid (may still fail within five business days), failed or canceled.';
COMMENT ON COLUMN pay_private.payout.automatic IS 'By the account''s schedule; only these are itemised by Stripe.';
COMMENT ON COLUMN pay_private.payout.reconciliation_status IS 'completed = Stripe can list what is in it.';
COMMENT ON COLUMN pay_private.payout.method IS 'standard or instant.';
COMMENT ON COLUMN pay_private.payout.type IS 'bank_account or card.';
COMMENT ON COLUMN pay_private.payout.destination_id IS 'Stripe''s id of the bank account or card.';
COMMENT ON COLUMN pay_private.payout.balance_transaction_id IS 'The ledger row that took the money.';
COMMENT ON COLUMN pay_private.payout.failure_balance_transaction_id IS 'The ledger row that brought it back when the payout failed.';
COMMENT ON COLUMN pay_private.payout.failure_code IS 'Why it failed, Stripe''s code.';
COMMENT ON COLUMN pay_private.payout.failure_message IS 'Why it failed, Stripe''s words.';
COMMENT ON COLUMN pay_private.payout.statement_descriptor IS 'What the bank''s statement shows.';
COMMENT ON COLUMN pay_private.payout.trace_id IS 'By which the bank knows it.';
COMMENT ON COLUMN pay_private.payout.trace_id_status IS 'supported, pending (up to 10 days after arrival) or unsupported.';
COMMENT ON COLUMN pay_private.payout.row_hash IS 'Hash of what Stripe sent; an equal one costs no write.';
COMMENT ON COLUMN pay_private.payout.read_at IS 'When Stripe gave the answer that this row comes from.';
COMMENT ON COLUMN pay_private.payout.stripe_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.payout.next_check_at IS 'When to read it again because it can still change; NULL = final.';
COMMENT ON COLUMN pay_private.payout.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.payout.gone_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.payout.itemised_at IS 'When the list of what is in it was read whole.';

CREATE TABLE pay_private.balance_snapshot (
    account_id text NOT NULL,
    currency text NOT NULL,
    taken_at timestamptz NOT NULL,
    available bigint NOT NULL,
    pending bigint NOT NULL,
    stripe_request_id text,
    PRIMARY KEY (account_id, currency, taken_at)
);
COMMENT ON TABLE pay_private.balance_snapshot IS 'Balances that Stripe gave before and after a whole walk of the ledger, both times the same.';
COMMENT ON COLUMN pay_private.balance_snapshot.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.balance_snapshot.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.balance_snapshot.taken_at IS 'When Stripe gave the second of them.';
COMMENT ON COLUMN pay_private.balance_snapshot.available IS 'Minor units that may be paid out.';
COMMENT ON COLUMN pay_private.balance_snapshot.pending IS 'Minor units that are not available yet.';
COMMENT ON COLUMN pay_private.balance_snapshot.stripe_request_id IS 'Stripe''s Request-Id of the answer.';
