-- SPDX-License-Identifier: MIT
-- My Payments.

CREATE VIEW pay.my_payments AS
SELECT i.company, c.account_id, c.charge_id, c.request_id, c.created AS created_at, c.status, c.captured, c.livemode,
       c.amount, c.currency, c.amount * u.unit AS amount_decimal,
       b.fee, b.net, b.currency AS settlement_currency, b.fee * s.unit AS fee_decimal, b.net * s.unit AS net_decimal,
       b.exchange_rate, b.available_on AS available_at,
       c.amount_refunded AS refunded, c.amount_refunded * u.unit AS refunded_decimal, c.disputed,
       c.method, c.brand, c.last4, c.country, c.wallet, c.payer_name, c.payer_email, c.description, c.receipt_url,
       c.failure_code, c.failure_message, c.balance_transaction_id, c.payment_intent_id, c.read_at AS observed_at
  FROM pay_private.charge c
  LEFT JOIN pay_private.integration i ON i.account_id = c.account_id
  LEFT JOIN pay_private.currency u ON u.code = c.currency
  LEFT JOIN pay_private.balance_transaction b
         ON b.account_id = c.account_id AND b.balance_transaction_id = c.balance_transaction_id
  LEFT JOIN pay_private.currency s ON s.code = b.currency;
COMMENT ON VIEW pay.my_payments IS
    'One row per charge of every company, failed attempts included; amounts of different currencies must not be added.';
COMMENT ON COLUMN pay.my_payments.company IS 'The company that was paid.';
COMMENT ON COLUMN pay.my_payments.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.my_payments.charge_id IS 'Stripe''s id of the charge; unique together with account_id.';
COMMENT ON COLUMN pay.my_payments.request_id IS 'The payment request that it pays; NULL = none of ours.';
COMMENT ON COLUMN pay.my_payments.created_at IS 'When Stripe made the charge.';
COMMENT ON COLUMN pay.my_payments.status IS 'succeeded, pending (bank debits take days) or failed.';
COMMENT ON COLUMN pay.my_payments.captured IS 'Whether the money was taken and not only authorised.';
COMMENT ON COLUMN pay.my_payments.livemode IS 'Whether it is real money.';
COMMENT ON COLUMN pay.my_payments.amount IS 'What was paid, in minor units of currency.';
COMMENT ON COLUMN pay.my_payments.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.my_payments.amount_decimal IS 'The amount as people write it, exact, by Stripe''s decimals.';
COMMENT ON COLUMN pay.my_payments.fee IS 'Fees in minor units of settlement_currency; NULL = the ledger row is not there yet, never zero by guess.';
COMMENT ON COLUMN pay.my_payments.net IS 'What reached the company''s balance, in minor units of settlement_currency.';
COMMENT ON COLUMN pay.my_payments.settlement_currency IS 'Currency of fee and net.';
COMMENT ON COLUMN pay.my_payments.fee_decimal IS 'The fee as people write it.';
COMMENT ON COLUMN pay.my_payments.net_decimal IS 'The net as people write it.';
COMMENT ON COLUMN pay.my_payments.exchange_rate IS 'Rate from currency to settlement_currency; NULL = they are the same.';
COMMENT ON COLUMN pay.my_payments.available_at IS 'When the money becomes available in the company''s balance.';
COMMENT ON COLUMN pay.my_payments.refunded IS 'What was given back, in minor units of currency.';
COMMENT ON COLUMN pay.my_payments.refunded_decimal IS 'What was given back, as people write it.';
COMMENT ON COLUMN pay.my_payments.disputed IS 'Whether the payer''s bank disputed it.';
COMMENT ON COLUMN pay.my_payments.method IS 'How it was paid: card, sepa_debit, us_bank_account, or another of Stripe''s methods.';
COMMENT ON COLUMN pay.my_payments.brand IS 'Card brand.';
COMMENT ON COLUMN pay.my_payments.last4 IS 'Last four digits of card or bank account.';
COMMENT ON COLUMN pay.my_payments.country IS 'Country of card or bank account.';
COMMENT ON COLUMN pay.my_payments.wallet IS 'Wallet, for example apple_pay.';
COMMENT ON COLUMN pay.my_payments.payer_name IS 'The payer''s name as given at payment.';
COMMENT ON COLUMN pay.my_payments.payer_email IS 'The payer''s address as given at payment.';
COMMENT ON COLUMN pay.my_payments.description IS 'What it was for.';
COMMENT ON COLUMN pay.my_payments.receipt_url IS 'Stripe''s receipt page.';
COMMENT ON COLUMN pay.my_payments.failure_code IS 'Why it failed, for programs.';
COMMENT ON COLUMN pay.my_payments.failure_message IS 'Why it failed, for people.';
COMMENT ON COLUMN pay.my_payments.balance_transaction_id IS 'Stripe''s ledger row of the charge.';
COMMENT ON COLUMN pay.my_payments.payment_intent_id IS 'Stripe''s payment intent of the charge.';
COMMENT ON COLUMN pay.my_payments.observed_at IS 'When Stripe gave the answer that this row comes from.';
