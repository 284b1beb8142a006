-- SPDX-License-Identifier: MIT
-- Application fees: the platform's earnings, as Stripe shows them.

CREATE TABLE pay_private.application_fee (
    account_id text NOT NULL,
    application_fee_id text NOT NULL,
    created timestamptz NOT NULL,
    charged_account_id text NOT NULL,
    charge_id text,
    amount bigint NOT NULL,
    amount_refunded bigint NOT NULL,
    currency text NOT NULL,
    balance_transaction_id text,
    row_hash bigint NOT NULL,
    read_at timestamptz NOT NULL,
    stripe_request_id text,
    next_check_at timestamptz,
    gone_at timestamptz,
    gone_request_id text,
    PRIMARY KEY (account_id, application_fee_id)
) WITH (fillfactor = 90);
CREATE INDEX application_fee_by_created ON pay_private.application_fee (account_id, created DESC, application_fee_id);
CREATE INDEX application_fee_by_charge ON pay_private.application_fee (charged_account_id, charge_id);
COMMENT ON TABLE pay_private.application_fee IS 'Application fees that the platform took from charges of connected accounts, as Stripe last showed them.';
COMMENT ON COLUMN pay_private.application_fee.account_id IS 'Always empty: the object belongs to the platform.';
COMMENT ON COLUMN pay_private.application_fee.application_fee_id IS 'Stripe''s id, fee_.';
COMMENT ON COLUMN pay_private.application_fee.created IS 'When Stripe made it.';
COMMENT ON COLUMN pay_private.application_fee.charged_account_id IS 'The connected account that the charge is on.';
COMMENT ON COLUMN pay_private.application_fee.charge_id IS 'The charge.';
COMMENT ON COLUMN pay_private.application_fee.amount IS 'Minor units of currency.';
COMMENT ON COLUMN pay_private.application_fee.amount_refunded IS 'Minor units given back.';
COMMENT ON COLUMN pay_private.application_fee.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.application_fee.balance_transaction_id IS 'The row of the platform''s ledger.';
COMMENT ON COLUMN pay_private.application_fee.row_hash IS 'Hash of what Stripe sent; an equal one costs no write.';
COMMENT ON COLUMN pay_private.application_fee.read_at IS 'When Stripe was asked for the answer that this row comes from.';
COMMENT ON COLUMN pay_private.application_fee.stripe_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay_private.application_fee.next_check_at IS 'When to read it again; a refund of its charge has it read.';
COMMENT ON COLUMN pay_private.application_fee.gone_at IS 'When a second answer agreed that Stripe does not have it any more; NULL = it is there.';
COMMENT ON COLUMN pay_private.application_fee.gone_request_id IS 'Stripe''s Request-Id of that answer.';
