-- SPDX-License-Identifier: MIT
-- Totals, refunds, disputes, payouts, the history of a payment, and the platform's fees.

-- Totals -----------------------------------------------------------------------------------------------------------------

-- A dispute may be in another currency than its payment, so its amount is a row of its own before the sums. The company is
-- joined in both parts, so that a query for one company reads no rows of others.
CREATE OR REPLACE VIEW pay.payment_totals AS
SELECT t.company, t.account_id, t.livemode, t.day, t.currency, t.settlement_currency, t.payments,
       t.amount_captured, t.amount_captured * u.unit AS amount_captured_decimal,
       t.amount_refunded, t.amount_refunded * u.unit AS amount_refunded_decimal,
       t.amount_disputed, t.amount_disputed * u.unit AS amount_disputed_decimal,
       t.fee, t.fee * s.unit AS fee_decimal, t.net, t.net * s.unit AS net_decimal
  FROM (SELECT m.company, m.account_id, m.livemode, m.day, m.currency, m.settlement_currency,
               sum(m.payments)::bigint AS payments, sum(m.captured)::bigint AS amount_captured,
               sum(m.refunded)::bigint AS amount_refunded, sum(m.disputed)::bigint AS amount_disputed,
               sum(m.fee)::bigint AS fee, sum(m.net)::bigint AS net
          FROM (SELECT i.company, c.account_id, c.livemode, (c.created AT TIME ZONE 'UTC')::date AS day, c.currency,
                       b.currency AS settlement_currency, 1 AS payments, c.amount_captured AS captured,
                       c.amount_refunded AS refunded, 0::bigint AS disputed, b.fee, b.net
                  FROM pay_private.charge c
                  LEFT JOIN pay_private.integration i ON i.account_id = c.account_id
                  LEFT JOIN pay_private.balance_transaction b
                         ON b.account_id = c.account_id AND b.balance_transaction_id = c.balance_transaction_id
                        AND b.gone_at IS NULL
                 WHERE c.status = 'succeeded' AND c.captured AND c.gone_at IS NULL
                UNION ALL
                SELECT i.company, c.account_id, c.livemode, (c.created AT TIME ZONE 'UTC')::date, d.currency,
                       b.currency, 0, 0, 0, d.amount, CASE WHEN b.currency IS NOT NULL THEN 0 END,
                       CASE WHEN b.currency IS NOT NULL THEN 0 END
                  FROM pay_private.dispute d
                  JOIN pay_private.charge c ON c.account_id = d.account_id AND c.charge_id = d.charge_id
                  LEFT JOIN pay_private.integration i ON i.account_id = c.account_id
                  LEFT JOIN pay_private.balance_transaction b
                         ON b.account_id = c.account_id AND b.balance_transaction_id = c.balance_transaction_id
                        AND b.gone_at IS NULL
                 WHERE c.status = 'succeeded' AND c.captured AND c.gone_at IS NULL AND d.gone_at IS NULL
                   AND d.status NOT IN ('won', 'prevented') AND d.status NOT LIKE 'warning%') m
         GROUP BY m.company, m.account_id, m.livemode, m.day, m.currency, m.settlement_currency) t
  LEFT JOIN pay_private.currency u ON u.code = t.currency
  LEFT JOIN pay_private.currency s ON s.code = t.settlement_currency;
COMMENT ON VIEW pay.payment_totals IS
    'Sums of successful payments, per account, UTC day on which they were made, currency and settlement currency. A later refund or dispute counts on the day of its payment.';
COMMENT ON COLUMN pay.payment_totals.company IS 'The company that was paid; NULL = of an account that is none of ours.';
COMMENT ON COLUMN pay.payment_totals.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.payment_totals.livemode IS 'Whether it is real money.';
COMMENT ON COLUMN pay.payment_totals.day IS 'The day on which Stripe made the charges, in UTC.';
COMMENT ON COLUMN pay.payment_totals.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.payment_totals.settlement_currency IS 'Currency of fee and net; NULL = of payments whose ledger rows are not there yet.';
COMMENT ON COLUMN pay.payment_totals.payments IS 'How many; 0 = only disputes, in another currency than their payments.';
COMMENT ON COLUMN pay.payment_totals.amount_captured IS 'Amount captured, in minor units of currency.';
COMMENT ON COLUMN pay.payment_totals.amount_captured_decimal IS 'The same as people write it.';
COMMENT ON COLUMN pay.payment_totals.amount_refunded IS 'Amount of it that was refunded, in minor units of currency.';
COMMENT ON COLUMN pay.payment_totals.amount_refunded_decimal IS 'The same as people write it.';
COMMENT ON COLUMN pay.payment_totals.amount_disputed IS 'Disputes that are lost or not decided, in minor units of currency; not those that are won or prevented, nor inquiries (warning).';
COMMENT ON COLUMN pay.payment_totals.amount_disputed_decimal IS 'The same as people write it.';
COMMENT ON COLUMN pay.payment_totals.fee IS 'Fees of the payments in minor units of settlement_currency, without those of disputes; NULL where that is.';
COMMENT ON COLUMN pay.payment_totals.fee_decimal IS 'The same as people write it.';
COMMENT ON COLUMN pay.payment_totals.net IS 'Amount that reached the balance, in minor units of settlement_currency, before refunds and disputes.';
COMMENT ON COLUMN pay.payment_totals.net_decimal IS 'The same as people write it.';

-- Refunds, disputes, payouts -----------------------------------------------------------------------------------------------

CREATE OR REPLACE VIEW pay.refunds AS
SELECT i.company, r.account_id, r.refund_id, r.charge_id, r.payment_intent_id, c.request_id, r.created AS created_at,
       r.amount, r.currency, r.amount * u.unit AS amount_decimal, r.status, r.reason, r.failure_reason,
       e.net, e.currency AS settlement_currency, e.net * s.unit AS net_decimal,
       r.balance_transaction_id, r.failure_balance_transaction_id, r.read_at AS observed_at
  FROM pay_private.refund r
  LEFT JOIN pay_private.integration i ON i.account_id = r.account_id
  LEFT JOIN pay_private.charge c ON c.account_id = r.account_id AND c.charge_id = r.charge_id
  LEFT JOIN pay_private.currency u ON u.code = r.currency
  LEFT JOIN pay_private.balance_transaction b
         ON b.account_id = r.account_id AND b.balance_transaction_id = r.balance_transaction_id AND b.gone_at IS NULL
  LEFT JOIN pay_private.balance_transaction f
         ON f.account_id = r.account_id AND f.balance_transaction_id = r.failure_balance_transaction_id AND f.gone_at IS NULL
 -- A part of the rows would give a wrong sum.
 CROSS JOIN LATERAL (
       SELECT CASE WHEN r.failure_balance_transaction_id IS NULL THEN b.net
                   WHEN f.currency = b.currency THEN b.net + f.net END AS net,
              CASE WHEN r.failure_balance_transaction_id IS NULL OR f.currency = b.currency THEN b.currency END
                  AS currency) e
  LEFT JOIN pay_private.currency s ON s.code = e.currency
 WHERE r.gone_at IS NULL;
COMMENT ON VIEW pay.refunds IS 'One row per refund of every company, failed ones included.';
COMMENT ON COLUMN pay.refunds.company IS 'The company whose payment it is; NULL = of an account that is none of ours.';
COMMENT ON COLUMN pay.refunds.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.refunds.refund_id IS 'Stripe''s id of the refund; unique together with account_id.';
COMMENT ON COLUMN pay.refunds.charge_id IS 'The payment whose money goes back.';
COMMENT ON COLUMN pay.refunds.payment_intent_id IS 'Its payment intent.';
COMMENT ON COLUMN pay.refunds.request_id IS 'The payment request that it pays; NULL = none of ours.';
COMMENT ON COLUMN pay.refunds.created_at IS 'When Stripe made the refund.';
COMMENT ON COLUMN pay.refunds.amount IS 'Amount that goes back to the payer, in minor units of currency.';
COMMENT ON COLUMN pay.refunds.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.refunds.amount_decimal IS 'The amount as people write it.';
COMMENT ON COLUMN pay.refunds.status IS 'pending, requires_action, succeeded (may still fail for 30 days), failed or canceled.';
COMMENT ON COLUMN pay.refunds.reason IS 'Why, Stripe''s word.';
COMMENT ON COLUMN pay.refunds.failure_reason IS 'Why it failed, Stripe''s word.';
COMMENT ON COLUMN pay.refunds.net IS 'The change of the balance, in minor units of settlement_currency, negative when money left; of a failed one 0. NULL = not all of its ledger rows are there.';
COMMENT ON COLUMN pay.refunds.settlement_currency IS 'Currency of net.';
COMMENT ON COLUMN pay.refunds.net_decimal IS 'The net as people write it.';
COMMENT ON COLUMN pay.refunds.balance_transaction_id IS 'Stripe''s ledger row that took the money.';
COMMENT ON COLUMN pay.refunds.failure_balance_transaction_id IS 'The ledger row that brought it back when the refund failed.';
COMMENT ON COLUMN pay.refunds.observed_at IS 'When Stripe gave the answer that this row comes from.';

CREATE OR REPLACE VIEW pay.disputes AS
SELECT i.company, d.account_id, d.dispute_id, d.charge_id, d.payment_intent_id, c.request_id, d.livemode,
       d.created AS created_at, d.amount, d.currency, d.amount * u.unit AS amount_decimal, d.status, d.reason,
       d.network_reason_code, d.charge_refundable, nullif(d.due_by, 'epoch') AS due_by,
       e.fee, e.net, e.currency AS settlement_currency,
       e.fee * s.unit AS fee_decimal, e.net * s.unit AS net_decimal, d.read_at AS observed_at
  FROM pay_private.dispute d
  LEFT JOIN pay_private.integration i ON i.account_id = d.account_id
  LEFT JOIN pay_private.charge c ON c.account_id = d.account_id AND c.charge_id = d.charge_id
  LEFT JOIN pay_private.currency u ON u.code = d.currency
  -- Without a row there is no currency, and with several none either.
  LEFT JOIN LATERAL (
       SELECT sum(b.fee)::bigint AS fee, sum(b.net)::bigint AS net, min(b.currency) AS currency
         FROM pay_private.balance_transaction b
        WHERE b.account_id = d.account_id AND b.source_id = d.dispute_id AND b.gone_at IS NULL
       HAVING min(b.currency) = max(b.currency)) e ON true
  LEFT JOIN pay_private.currency s ON s.code = e.currency
 WHERE d.gone_at IS NULL;
COMMENT ON VIEW pay.disputes IS 'One row per dispute of every company, inquiries (warning) included.';
COMMENT ON COLUMN pay.disputes.company IS 'The company whose payment it is; NULL = of an account that is none of ours.';
COMMENT ON COLUMN pay.disputes.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.disputes.dispute_id IS 'Stripe''s id of the dispute; unique together with account_id.';
COMMENT ON COLUMN pay.disputes.charge_id IS 'The disputed payment.';
COMMENT ON COLUMN pay.disputes.payment_intent_id IS 'Its payment intent.';
COMMENT ON COLUMN pay.disputes.request_id IS 'The payment request that it pays; NULL = none of ours.';
COMMENT ON COLUMN pay.disputes.livemode IS 'Whether it is real money.';
COMMENT ON COLUMN pay.disputes.created_at IS 'When Stripe made the dispute.';
COMMENT ON COLUMN pay.disputes.amount IS 'Minor units of currency; may differ from the payment''s.';
COMMENT ON COLUMN pay.disputes.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.disputes.amount_decimal IS 'The amount as people write it.';
COMMENT ON COLUMN pay.disputes.status IS 'Stripe''s word, an open list; won, lost, warning_closed and prevented are its ends.';
COMMENT ON COLUMN pay.disputes.reason IS 'Why, Stripe''s word.';
COMMENT ON COLUMN pay.disputes.network_reason_code IS 'Why, the card network''s code.';
COMMENT ON COLUMN pay.disputes.charge_refundable IS 'Whether refunding the payment still ends it.';
COMMENT ON COLUMN pay.disputes.due_by IS 'Until when Stripe takes evidence; NULL = it takes none.';
COMMENT ON COLUMN pay.disputes.fee IS 'Stripe''s fee for it, in minor units of settlement_currency.';
COMMENT ON COLUMN pay.disputes.net IS 'The change of the balance until now, in minor units of settlement_currency, fee included, negative when money left. NULL = no ledger row is there.';
COMMENT ON COLUMN pay.disputes.settlement_currency IS 'Currency of fee and net.';
COMMENT ON COLUMN pay.disputes.fee_decimal IS 'The fee as people write it.';
COMMENT ON COLUMN pay.disputes.net_decimal IS 'The net as people write it.';
COMMENT ON COLUMN pay.disputes.observed_at IS 'When Stripe gave the answer that this row comes from.';

CREATE OR REPLACE VIEW pay.payouts AS
SELECT i.company, p.account_id, p.payout_id, p.livemode, p.created AS created_at, p.arrival_date, p.amount, p.currency,
       p.amount * u.unit AS amount_decimal, p.status, p.automatic, p.method, p.type, p.destination_id,
       p.trace_id AS bank_trace_id, p.trace_id_status AS bank_trace_status, p.statement_descriptor,
       p.failure_code, p.failure_message, p.itemised_at IS NOT NULL AS itemised,
       CASE WHEN p.itemised_at IS NOT NULL THEN e.items END AS items,
       CASE WHEN p.itemised_at IS NOT NULL THEN coalesce(e.amount, 0) END AS items_amount,
       CASE WHEN p.itemised_at IS NOT NULL THEN coalesce(e.fee, 0) END AS items_fee,
       CASE WHEN p.itemised_at IS NOT NULL THEN coalesce(e.net, 0) END AS items_net,
       p.balance_transaction_id, p.failure_balance_transaction_id, p.read_at AS observed_at
  FROM pay_private.payout p
  LEFT JOIN pay_private.integration i ON i.account_id = p.account_id
  LEFT JOIN pay_private.currency u ON u.code = p.currency
  -- The payout's own row is in Stripe's list too.
  LEFT JOIN LATERAL (
       SELECT count(*) AS items, sum(b.amount)::bigint AS amount, sum(b.fee)::bigint AS fee, sum(b.net)::bigint AS net
         FROM pay_private.balance_transaction b
        WHERE b.account_id = p.account_id AND b.payout_id = p.payout_id AND b.type <> 'payout'
          AND b.currency = p.currency AND b.gone_at IS NULL AND p.itemised_at IS NOT NULL) e ON true
 WHERE p.gone_at IS NULL;
COMMENT ON VIEW pay.payouts IS 'One row per payout of every company to its bank, with the sums of what is in it.';
COMMENT ON COLUMN pay.payouts.company IS 'The company whose money it is; NULL = of an account that is none of ours.';
COMMENT ON COLUMN pay.payouts.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.payouts.payout_id IS 'Stripe''s id of the payout; unique together with account_id.';
COMMENT ON COLUMN pay.payouts.livemode IS 'Whether it is real money.';
COMMENT ON COLUMN pay.payouts.created_at IS 'When Stripe made the payout.';
COMMENT ON COLUMN pay.payouts.arrival_date IS 'When it reaches the bank.';
COMMENT ON COLUMN pay.payouts.amount IS 'Minor units of currency; negative when the bank pays.';
COMMENT ON COLUMN pay.payouts.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.payouts.amount_decimal IS 'The amount as people write it.';
COMMENT ON COLUMN pay.payouts.status IS 'pending, in_transit, paid (may still fail within five business days), failed or canceled.';
COMMENT ON COLUMN pay.payouts.automatic IS 'By the account''s schedule; only these are itemised by Stripe.';
COMMENT ON COLUMN pay.payouts.method IS 'standard or instant.';
COMMENT ON COLUMN pay.payouts.type IS 'bank_account or card.';
COMMENT ON COLUMN pay.payouts.destination_id IS 'Stripe''s id of the bank account or card.';
COMMENT ON COLUMN pay.payouts.bank_trace_id IS 'By which the bank knows the payout.';
COMMENT ON COLUMN pay.payouts.bank_trace_status IS 'supported, pending (up to 10 days after arrival) or unsupported.';
COMMENT ON COLUMN pay.payouts.statement_descriptor IS 'Text on the bank statement.';
COMMENT ON COLUMN pay.payouts.failure_code IS 'Why it failed, Stripe''s code.';
COMMENT ON COLUMN pay.payouts.failure_message IS 'Why it failed, Stripe''s words.';
COMMENT ON COLUMN pay.payouts.itemised IS 'Whether the list of what is in it was read whole.';
COMMENT ON COLUMN pay.payouts.items IS 'How many ledger rows are in it; NULL = not itemised.';
COMMENT ON COLUMN pay.payouts.items_amount IS 'Sum of their amounts before fees, in minor units; NULL = not itemised.';
COMMENT ON COLUMN pay.payouts.items_fee IS 'Sum of their fees, in minor units; NULL = not itemised.';
COMMENT ON COLUMN pay.payouts.items_net IS 'Sum of what they moved, in minor units, which is the payout''s amount when all is well; NULL = not itemised.';
COMMENT ON COLUMN pay.payouts.balance_transaction_id IS 'Stripe''s ledger row that took the money.';
COMMENT ON COLUMN pay.payouts.failure_balance_transaction_id IS 'The ledger row that brought it back when the payout failed.';
COMMENT ON COLUMN pay.payouts.observed_at IS 'When Stripe gave the answer that this row comes from.';

CREATE OR REPLACE VIEW pay.payment_history AS
SELECT i.company, h.account_id, h.charge_id, h.version, h.status, h.amount_captured, h.amount_refunded, c.currency,
       h.disputed, h.balance_transaction_id, h.request_id, h.read_at, h.source, h.stripe_request_id,
       h.version >= coalesce((SELECT x.first FROM pay_private.history_restart x
                               WHERE x.history = 'charge_history' AND x.account_id = h.account_id
                                 AND x.subject = h.charge_id ORDER BY x.discrepancy_id DESC LIMIT 1), 1) AS proves,
       c.gone_at
  FROM pay_private.charge_history h
  LEFT JOIN pay_private.integration i ON i.account_id = h.account_id
  LEFT JOIN pay_private.charge c ON c.account_id = h.account_id AND c.charge_id = h.charge_id;
COMMENT ON VIEW pay.payment_history IS 'Every state of a payment that a read showed, and the read that proved it; payments that vanished at Stripe included.';
COMMENT ON COLUMN pay.payment_history.company IS 'The company that was paid; NULL = of an account that is none of ours.';
COMMENT ON COLUMN pay.payment_history.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.payment_history.charge_id IS 'Stripe''s id of the charge.';
COMMENT ON COLUMN pay.payment_history.version IS 'Counts from 1 for each charge.';
COMMENT ON COLUMN pay.payment_history.status IS 'succeeded, pending (bank debits take days) or failed.';
COMMENT ON COLUMN pay.payment_history.amount_captured IS 'Amount captured, in minor units of currency.';
COMMENT ON COLUMN pay.payment_history.amount_refunded IS 'Amount refunded, in minor units of currency.';
COMMENT ON COLUMN pay.payment_history.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.payment_history.disputed IS 'Whether the payer''s bank disputed it.';
COMMENT ON COLUMN pay.payment_history.balance_transaction_id IS 'Stripe''s ledger row of the charge.';
COMMENT ON COLUMN pay.payment_history.request_id IS 'The payment request that it pays; NULL = none of ours.';
COMMENT ON COLUMN pay.payment_history.read_at IS 'When Stripe gave the answer that showed it.';
COMMENT ON COLUMN pay.payment_history.source IS 'Which kind of read it was: list, object or audit.';
COMMENT ON COLUMN pay.payment_history.stripe_request_id IS 'Stripe''s Request-Id of that answer.';
COMMENT ON COLUMN pay.payment_history.proves IS 'False for what stands before a repair that began the history anew: it is kept, and proves nothing.';
COMMENT ON COLUMN pay.payment_history.gone_at IS 'When a second answer agreed that Stripe does not have the payment any more; NULL = it is there.';

CREATE OR REPLACE VIEW pay.platform_fees AS
SELECT i.company, f.application_fee_id AS fee_id, f.charged_account_id AS account_id, f.charge_id, c.request_id,
       f.created AS created_at, f.amount, f.amount * u.unit AS amount_decimal, f.amount_refunded AS refunded, f.currency
  FROM pay_private.application_fee f
  LEFT JOIN pay_private.integration i ON i.account_id = f.charged_account_id
  LEFT JOIN pay_private.charge c ON c.account_id = f.charged_account_id AND c.charge_id = f.charge_id
  LEFT JOIN pay_private.currency u ON u.code = f.currency
 WHERE f.gone_at IS NULL;
COMMENT ON VIEW pay.platform_fees IS 'Application fees that the platform took from its companies'' payments.';
COMMENT ON COLUMN pay.platform_fees.company IS 'Of whose payment; NULL = of an account that is none of ours.';
COMMENT ON COLUMN pay.platform_fees.fee_id IS 'Stripe''s id of the application fee.';
COMMENT ON COLUMN pay.platform_fees.account_id IS 'The account that the payment is on.';
COMMENT ON COLUMN pay.platform_fees.charge_id IS 'The payment.';
COMMENT ON COLUMN pay.platform_fees.request_id IS 'The payment request that it pays; NULL = none of ours.';
COMMENT ON COLUMN pay.platform_fees.created_at IS 'When Stripe took it.';
COMMENT ON COLUMN pay.platform_fees.amount IS 'Minor units of currency.';
COMMENT ON COLUMN pay.platform_fees.amount_decimal IS 'The same as a decimal number.';
COMMENT ON COLUMN pay.platform_fees.refunded IS 'Minor units given back.';
COMMENT ON COLUMN pay.platform_fees.currency IS 'Three lower-case letters.';
