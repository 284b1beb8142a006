-- SPDX-License-Identifier: MIT
-- Charges and their history. For all tables that mirror Stripe: Stripe decides what is in them, so the reader checks the
-- rules and puts what it cannot read into quarantine; rows go in fast, with no foreign keys and few constraints.

CREATE FUNCTION pay_private.charge_words(charge_id text, description text, payer_name text, payer_email text, last4 text)
RETURNS tsvector LANGUAGE sql IMMUTABLE
RETURN to_tsvector('simple'::regconfig, charge_id || ' ' || coalesce(description, '') || ' ' || coalesce(payer_name, '')
                   || ' ' || coalesce(translate(payer_email, '@.', '  '), '') || ' ' || coalesce(last4, ''));
COMMENT ON FUNCTION pay_private.charge_words(text, text, text, text, text) IS
    'The words by which a payment is found: description, payer, last digits of the card, id.';

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
    read_at timestamptz NOT NULL,
    stripe_request_id text,
    next_check_at timestamptz,
    gone_at timestamptz,
    gone_request_id text,
    PRIMARY KEY (account_id, charge_id)
) WITH (fillfactor = 90);
CREATE INDEX charge_by_created ON pay_private.charge (account_id, created DESC, charge_id);
CREATE INDEX charge_by_request ON pay_private.charge (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX charge_to_check ON pay_private.charge (account_id, next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX charge_by_status ON pay_private.charge (account_id, status, created DESC);
CREATE INDEX charge_by_method ON pay_private.charge (account_id, method, created DESC);
CREATE INDEX charge_by_currency ON pay_private.charge (account_id, currency, created DESC);
CREATE INDEX charge_by_amount ON pay_private.charge (account_id, amount);
CREATE INDEX charge_by_payer ON pay_private.charge (account_id, lower(payer_email COLLATE "C"));
CREATE INDEX charge_disputed ON pay_private.charge (account_id, created DESC) WHERE disputed;
CREATE INDEX charge_by_ledger_row ON pay_private.charge (account_id, balance_transaction_id)
    WHERE balance_transaction_id IS NOT NULL;
CREATE INDEX charge_by_words ON pay_private.charge
    USING gin (pay_private.charge_words(charge_id, description, payer_name, payer_email, last4));
CREATE INDEX charge_refunded ON pay_private.charge (account_id, created DESC) WHERE amount_refunded > 0;
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
COMMENT ON COLUMN pay_private.charge.brand IS 'Card brand; of a bank account in the US or Canada its bank.';
COMMENT ON COLUMN pay_private.charge.last4 IS 'Last four digits of card or bank account.';
COMMENT ON COLUMN pay_private.charge.country IS 'Country of the card or bank account.';
COMMENT ON COLUMN pay_private.charge.wallet IS 'Wallet of the card, for example apple_pay.';
COMMENT ON COLUMN pay_private.charge.failure_code IS 'Why it failed, Stripe''s code.';
COMMENT ON COLUMN pay_private.charge.failure_message IS 'Why it failed, Stripe''s words.';
COMMENT ON COLUMN pay_private.charge.outcome_type IS 'outcome.type, for example authorized or blocked.';
COMMENT ON COLUMN pay_private.charge.statement_descriptor IS 'Text on the payer''s statement.';
COMMENT ON COLUMN pay_private.charge.application_fee_amount IS 'Minor units that the platform took.';
COMMENT ON COLUMN pay_private.charge.row_hash IS 'Hash of what Stripe sent; an equal one costs no write.';
COMMENT ON COLUMN pay_private.charge.read_at IS 'When Stripe gave the answer that this row comes from.';
COMMENT ON COLUMN pay_private.charge.stripe_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.charge.next_check_at IS 'When to read it again because it can still change; NULL = final.';
COMMENT ON COLUMN pay_private.charge.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.charge.gone_request_id IS 'Stripe''s Request-Id of that answer.';

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
COMMENT ON TABLE pay_private.charge_history IS 'Every state of a charge that a read showed, and Stripe''s Request-Id of that read.';
COMMENT ON COLUMN pay_private.charge_history.account_id IS 'Stripe account that has the charge.';
COMMENT ON COLUMN pay_private.charge_history.charge_id IS 'The charge.';
COMMENT ON COLUMN pay_private.charge_history.version IS
    'From 1, without gaps; a repair goes on from the greatest there is (pay_private.history_restart).';
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
