-- SPDX-License-Identifier: MIT
-- Mirrors of Stripe's money objects. Stripe is the judge of what is in them, so their rules are checked by the reader,
-- which puts what it cannot read into quarantine, and rows go in fast: no foreign keys, few constraints.

CREATE TABLE pay_private.charge (
    account_id text NOT NULL,
    charge_id text NOT NULL,
    livemode boolean NOT NULL,
    created timestamptz NOT NULL,
    status text NOT NULL,
    paid boolean NOT NULL,
    captured boolean NOT NULL,
    amount bigint NOT NULL,
    amount_captured bigint NOT NULL,
    amount_refunded bigint NOT NULL,
    currency text NOT NULL,
    refunded boolean NOT NULL DEFAULT false,
    disputed boolean NOT NULL DEFAULT false,
    balance_transaction_id text,
    payment_intent_id text,
    request_id uuid,
    matched_by text,
    description text,
    payer_name text,
    payer_email text,
    receipt_email text,
    receipt_url text,
    method text,
    brand text,
    last4 text,
    country text,
    wallet text,
    failure_code text,
    failure_message text,
    outcome_type text,
    statement_descriptor text,
    application_fee_amount bigint,
    row_hash bigint NOT NULL,
    api_version text,
    read_at timestamptz NOT NULL,
    stripe_request_id text,
    next_check_at timestamptz,
    PRIMARY KEY (account_id, charge_id)
) WITH (fillfactor = 90);
CREATE INDEX charge_by_created ON pay_private.charge (account_id, created DESC, charge_id);
CREATE INDEX charge_by_request ON pay_private.charge (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX charge_to_check ON pay_private.charge (account_id, next_check_at) WHERE next_check_at IS NOT NULL;
COMMENT ON TABLE pay_private.charge IS 'Charges as Stripe last showed them, failed attempts included.';
COMMENT ON COLUMN pay_private.charge.account_id IS 'Stripe account that has the charge.';
COMMENT ON COLUMN pay_private.charge.charge_id IS 'Stripe''s id, ch_ or py_.';
COMMENT ON COLUMN pay_private.charge.livemode IS 'Whether it belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay_private.charge.created IS 'When Stripe made it.';
COMMENT ON COLUMN pay_private.charge.status IS 'succeeded, pending or failed.';
COMMENT ON COLUMN pay_private.charge.paid IS 'As Stripe says: succeeded, or authorised for a later capture.';
COMMENT ON COLUMN pay_private.charge.captured IS 'Whether the money was taken and not only authorised.';
COMMENT ON COLUMN pay_private.charge.amount IS 'Minor units of currency.';
COMMENT ON COLUMN pay_private.charge.amount_captured IS 'Minor units taken.';
COMMENT ON COLUMN pay_private.charge.amount_refunded IS 'Minor units given back.';
COMMENT ON COLUMN pay_private.charge.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.charge.refunded IS 'As Stripe says: given back in full.';
COMMENT ON COLUMN pay_private.charge.disputed IS 'Whether the payer''s bank disputed it.';
COMMENT ON COLUMN pay_private.charge.balance_transaction_id IS 'Its ledger row; NULL while uncaptured, pending or failed.';
COMMENT ON COLUMN pay_private.charge.payment_intent_id IS 'The payment intent that it is an attempt of.';
COMMENT ON COLUMN pay_private.charge.request_id IS 'The payment request that it pays.';
COMMENT ON COLUMN pay_private.charge.matched_by IS 'How that was found: metadata or session; none = belongs to none, refused = says it pays one and does not fit; NULL = not looked at.';
COMMENT ON COLUMN pay_private.charge.description IS 'Stripe''s description.';
COMMENT ON COLUMN pay_private.charge.payer_name IS 'billing_details.name.';
COMMENT ON COLUMN pay_private.charge.payer_email IS 'billing_details.email.';
COMMENT ON COLUMN pay_private.charge.receipt_email IS 'Where Stripe sent its receipt.';
COMMENT ON COLUMN pay_private.charge.receipt_url IS 'Stripe''s receipt page.';
COMMENT ON COLUMN pay_private.charge.method IS 'payment_method_details.type, an open list.';
COMMENT ON COLUMN pay_private.charge.brand IS 'Card brand.';
COMMENT ON COLUMN pay_private.charge.last4 IS 'Last four digits of card or bank account.';
COMMENT ON COLUMN pay_private.charge.country IS 'Country of the card or bank account.';
COMMENT ON COLUMN pay_private.charge.wallet IS 'Wallet of the card, for example apple_pay.';
COMMENT ON COLUMN pay_private.charge.failure_code IS 'Why it failed, Stripe''s code.';
COMMENT ON COLUMN pay_private.charge.failure_message IS 'Why it failed, Stripe''s words.';
COMMENT ON COLUMN pay_private.charge.outcome_type IS 'outcome.type, for example authorized or blocked.';
COMMENT ON COLUMN pay_private.charge.statement_descriptor IS 'What the payer''s statement shows.';
COMMENT ON COLUMN pay_private.charge.application_fee_amount IS 'Minor units that the platform took.';
COMMENT ON COLUMN pay_private.charge.row_hash IS 'Hash of what Stripe sent; an equal one costs no write.';
COMMENT ON COLUMN pay_private.charge.api_version IS 'Stripe-Version of the answer.';
COMMENT ON COLUMN pay_private.charge.read_at IS 'When Stripe gave the answer that this row comes from.';
COMMENT ON COLUMN pay_private.charge.stripe_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.charge.next_check_at IS 'When to read it again because it can still change; NULL = final.';
CREATE TRIGGER charge_added AFTER INSERT ON pay_private.charge
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake_if_changed('pay_payment');
CREATE TRIGGER charge_changed AFTER UPDATE ON pay_private.charge
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake_if_changed('pay_payment');

CREATE TABLE pay_private.charge_history (
    account_id text NOT NULL,
    charge_id text NOT NULL,
    version integer NOT NULL,
    status text NOT NULL,
    amount_captured bigint NOT NULL,
    amount_refunded bigint NOT NULL,
    disputed boolean NOT NULL,
    balance_transaction_id text,
    request_id uuid,
    row_hash bigint NOT NULL,
    read_at timestamptz NOT NULL,
    source text NOT NULL,
    stripe_request_id text,
    PRIMARY KEY (account_id, charge_id, version)
);
COMMENT ON TABLE pay_private.charge_history IS 'Every state of a charge that a read showed, and the read that proved it.';
COMMENT ON COLUMN pay_private.charge_history.account_id IS 'Stripe account that has the charge.';
COMMENT ON COLUMN pay_private.charge_history.charge_id IS 'The charge.';
COMMENT ON COLUMN pay_private.charge_history.version IS 'Counts from 1 for each charge, without gaps.';
COMMENT ON COLUMN pay_private.charge_history.status IS 'succeeded, pending or failed.';
COMMENT ON COLUMN pay_private.charge_history.amount_captured IS 'Minor units taken.';
COMMENT ON COLUMN pay_private.charge_history.amount_refunded IS 'Minor units given back.';
COMMENT ON COLUMN pay_private.charge_history.disputed IS 'Whether it was disputed.';
COMMENT ON COLUMN pay_private.charge_history.balance_transaction_id IS 'Its ledger row.';
COMMENT ON COLUMN pay_private.charge_history.request_id IS 'The payment request that it pays.';
COMMENT ON COLUMN pay_private.charge_history.row_hash IS 'Hash of what Stripe sent.';
COMMENT ON COLUMN pay_private.charge_history.read_at IS 'When Stripe gave that answer.';
COMMENT ON COLUMN pay_private.charge_history.source IS 'Which kind of read it was: list, object or audit.';
COMMENT ON COLUMN pay_private.charge_history.stripe_request_id IS 'Stripe''s Request-Id of that answer.';

CREATE TABLE pay_private.balance_transaction (
    account_id text NOT NULL,
    balance_transaction_id text NOT NULL,
    type text NOT NULL,
    reporting_category text NOT NULL,
    amount bigint NOT NULL,
    fee bigint NOT NULL,
    net bigint NOT NULL,
    currency text NOT NULL,
    exchange_rate numeric,
    source_id text,
    payout_id text,
    status text NOT NULL,
    available_on timestamptz NOT NULL,
    created timestamptz NOT NULL,
    description text,
    balance_type text,
    row_hash bigint NOT NULL,
    read_at timestamptz NOT NULL,
    stripe_request_id text,
    PRIMARY KEY (account_id, balance_transaction_id)
) WITH (fillfactor = 90);
CREATE INDEX balance_transaction_by_created ON pay_private.balance_transaction (account_id, created DESC, balance_transaction_id);
CREATE INDEX balance_transaction_by_source ON pay_private.balance_transaction (account_id, source_id);
CREATE INDEX balance_transaction_by_payout ON pay_private.balance_transaction (account_id, payout_id) WHERE payout_id IS NOT NULL;
COMMENT ON TABLE pay_private.balance_transaction IS 'Rows of Stripe''s ledger: every movement of an account''s balance; net = amount - fee.';
COMMENT ON COLUMN pay_private.balance_transaction.account_id IS 'Stripe account whose balance it moves.';
COMMENT ON COLUMN pay_private.balance_transaction.balance_transaction_id IS 'Stripe''s id, txn_.';
COMMENT ON COLUMN pay_private.balance_transaction.type IS 'Stripe''s type, an open list.';
COMMENT ON COLUMN pay_private.balance_transaction.reporting_category IS 'Stripe''s reporting category, by which rows are classified.';
COMMENT ON COLUMN pay_private.balance_transaction.amount IS 'Gross in minor units, signed.';
COMMENT ON COLUMN pay_private.balance_transaction.fee IS 'Fees in minor units, positive when taken.';
COMMENT ON COLUMN pay_private.balance_transaction.net IS 'What the balance moved by, in minor units.';
COMMENT ON COLUMN pay_private.balance_transaction.currency IS 'Settlement currency.';
COMMENT ON COLUMN pay_private.balance_transaction.exchange_rate IS 'Rate from the charge''s currency; NULL = none was needed.';
COMMENT ON COLUMN pay_private.balance_transaction.source_id IS 'The object that moved the balance.';
COMMENT ON COLUMN pay_private.balance_transaction.payout_id IS 'The payout that it went out with, once known.';
COMMENT ON COLUMN pay_private.balance_transaction.status IS 'pending or available.';
COMMENT ON COLUMN pay_private.balance_transaction.available_on IS 'When the money becomes available.';
COMMENT ON COLUMN pay_private.balance_transaction.created IS 'When Stripe made it.';
COMMENT ON COLUMN pay_private.balance_transaction.description IS 'Stripe''s description.';
COMMENT ON COLUMN pay_private.balance_transaction.balance_type IS 'Which of the account''s balances it moves.';
COMMENT ON COLUMN pay_private.balance_transaction.row_hash IS 'Hash of what Stripe sent; an equal one costs no write.';
COMMENT ON COLUMN pay_private.balance_transaction.read_at IS 'When Stripe gave the answer that this row comes from.';
COMMENT ON COLUMN pay_private.balance_transaction.stripe_request_id IS 'Stripe''s Request-Id of that answer.';

CREATE TABLE pay_private.balance_transaction_fee (
    account_id text NOT NULL,
    balance_transaction_id text NOT NULL,
    ordinal integer NOT NULL,
    type text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    application text,
    description text,
    PRIMARY KEY (account_id, balance_transaction_id, ordinal)
);
COMMENT ON TABLE pay_private.balance_transaction_fee IS 'The parts of a ledger row''s fee; they add up to it.';
COMMENT ON COLUMN pay_private.balance_transaction_fee.account_id IS 'Stripe account of the ledger row.';
COMMENT ON COLUMN pay_private.balance_transaction_fee.balance_transaction_id IS 'The ledger row.';
COMMENT ON COLUMN pay_private.balance_transaction_fee.ordinal IS 'Place in Stripe''s list, from 1.';
COMMENT ON COLUMN pay_private.balance_transaction_fee.type IS 'stripe_fee, application_fee, tax; an open list.';
COMMENT ON COLUMN pay_private.balance_transaction_fee.amount IS 'Minor units.';
COMMENT ON COLUMN pay_private.balance_transaction_fee.currency IS 'Currency of this part.';
COMMENT ON COLUMN pay_private.balance_transaction_fee.application IS 'The platform that took it.';
COMMENT ON COLUMN pay_private.balance_transaction_fee.description IS 'Stripe''s description.';
