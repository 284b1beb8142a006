-- SPDX-License-Identifier: MIT
-- Stripe's ledger: balance transactions with the parts of their fees, and balances at moments.

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
    next_check_at timestamptz,
    gone_at timestamptz,
    gone_request_id text,
    PRIMARY KEY (account_id, balance_transaction_id)
) WITH (fillfactor = 90);
CREATE INDEX balance_transaction_by_created ON pay_private.balance_transaction (account_id, created DESC, balance_transaction_id);
CREATE INDEX balance_transaction_by_source ON pay_private.balance_transaction (account_id, source_id);
CREATE INDEX balance_transaction_by_payout ON pay_private.balance_transaction (account_id, payout_id) WHERE payout_id IS NOT NULL;
CREATE INDEX balance_transaction_to_check ON pay_private.balance_transaction (account_id, next_check_at)
    WHERE next_check_at IS NOT NULL;
COMMENT ON TABLE pay_private.balance_transaction IS 'Rows of Stripe''s ledger: every movement of an account''s balance; net = amount - fee.';
COMMENT ON COLUMN pay_private.balance_transaction.account_id IS 'Stripe account whose balance it moves.';
COMMENT ON COLUMN pay_private.balance_transaction.balance_transaction_id IS 'Stripe''s id, txn_.';
COMMENT ON COLUMN pay_private.balance_transaction.type IS 'Stripe''s type, an open list.';
COMMENT ON COLUMN pay_private.balance_transaction.reporting_category IS 'Stripe''s reporting category, by which rows are classified.';
COMMENT ON COLUMN pay_private.balance_transaction.amount IS 'Gross in minor units, signed.';
COMMENT ON COLUMN pay_private.balance_transaction.fee IS 'Fees in minor units, positive when taken.';
COMMENT ON COLUMN pay_private.balance_transaction.net IS 'The change of the balance, in minor units.';
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
COMMENT ON COLUMN pay_private.balance_transaction.next_check_at IS 'When a walk has to reach back to it because its status can still change; NULL = final.';
COMMENT ON COLUMN pay_private.balance_transaction.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.balance_transaction.gone_request_id IS 'Stripe''s Request-Id of that answer.';

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

CREATE TABLE pay_private.balance_snapshot (
    account_id text NOT NULL,
    currency text NOT NULL,
    taken_at timestamptz NOT NULL,
    available bigint NOT NULL,
    pending bigint NOT NULL,
    stripe_request_id text,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, currency, taken_at)
);
COMMENT ON TABLE pay_private.balance_snapshot IS 'Balances that Stripe returned unchanged before and after a complete walk of the ledger.';
COMMENT ON COLUMN pay_private.balance_snapshot.account_id IS 'The Stripe account.';
COMMENT ON COLUMN pay_private.balance_snapshot.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.balance_snapshot.taken_at IS 'When Stripe first said so,';
COMMENT ON COLUMN pay_private.balance_snapshot.available IS 'Minor units that may be paid out.';
COMMENT ON COLUMN pay_private.balance_snapshot.pending IS 'Minor units that are not available yet.';
COMMENT ON COLUMN pay_private.balance_snapshot.stripe_request_id IS 'Stripe''s Request-Id of the answer.';
COMMENT ON COLUMN pay_private.balance_snapshot.seen_at IS 'and when it last did; nothing moved while the ledger was read, both times.';
