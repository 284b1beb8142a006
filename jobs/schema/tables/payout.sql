-- SPDX-License-Identifier: MIT
-- Payouts as Stripe shows them.

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

-- Stripe does not list the items of a manual or instant payout. A manual one takes available money; an instant one may also
-- take pending money.
CREATE INDEX payout_not_itemised ON pay_private.payout (account_id, currency, created) WHERE NOT automatic;
COMMENT ON TABLE pay_private.payout IS 'Payouts as Stripe last showed them. The items of an automatic one are the ledger rows with its payout_id.';
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
COMMENT ON COLUMN pay_private.payout.statement_descriptor IS 'Text on the bank statement.';
COMMENT ON COLUMN pay_private.payout.trace_id IS 'By which the bank knows it.';
COMMENT ON COLUMN pay_private.payout.trace_id_status IS 'supported, pending (up to 10 days after arrival) or unsupported.';
COMMENT ON COLUMN pay_private.payout.row_hash IS 'Hash of what Stripe sent; an equal one costs no write.';
COMMENT ON COLUMN pay_private.payout.read_at IS 'When Stripe gave the answer that this row comes from.';
COMMENT ON COLUMN pay_private.payout.stripe_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.payout.next_check_at IS 'When to read it again because it can still change; NULL = final.';
COMMENT ON COLUMN pay_private.payout.itemised_at IS 'When the list of what is in it was read whole.';
COMMENT ON COLUMN pay_private.payout.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.payout.gone_request_id IS 'Stripe''s Request-Id of that answer.';
