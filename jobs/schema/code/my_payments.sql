-- SPDX-License-Identifier: MIT
-- My Payments: the view, the filters with an index behind each, and the way of the money from the request to the bank.

CREATE OR REPLACE VIEW pay.my_payments AS
SELECT i.company, c.account_id, c.charge_id, c.request_id, c.created AS created_at, c.status, c.captured, c.livemode,
       c.amount, c.currency, c.amount * u.unit AS amount_decimal,
       b.fee, b.net, b.currency AS settlement_currency, b.fee * s.unit AS fee_decimal, b.net * s.unit AS net_decimal,
       b.exchange_rate, b.available_on AS available_at,
       c.amount_refunded AS refunded, c.amount_refunded * u.unit AS refunded_decimal, c.disputed,
       c.method, c.brand, c.last4, c.country, c.wallet, c.payer_name, c.payer_email, c.description, c.receipt_url,
       c.failure_code, c.failure_message, c.balance_transaction_id, c.payment_intent_id, c.read_at AS observed_at,
       d.dispute_id, d.status AS dispute_status, d.due_by AS dispute_due_by, b.payout_id, p.status AS payout_status,
       p.arrival_date AS paid_out_at, p.trace_id AS bank_trace_id,
       (extract(epoch FROM c.created) * 1000000)::bigint || ' ' || c.account_id || ' ' || c.charge_id AS page_key
  FROM pay_private.charge c
  LEFT JOIN pay_private.integration i ON i.account_id = c.account_id
  LEFT JOIN pay_private.currency u ON u.code = c.currency
  LEFT JOIN pay_private.balance_transaction b
         ON b.account_id = c.account_id AND b.balance_transaction_id = c.balance_transaction_id
  LEFT JOIN pay_private.currency s ON s.code = b.currency
  LEFT JOIN pay_private.payout p ON p.account_id = b.account_id AND p.payout_id = b.payout_id
  LEFT JOIN LATERAL (
       SELECT n.dispute_id, n.status, n.due_by FROM pay_private.dispute n
        WHERE n.account_id = c.account_id AND n.charge_id = c.charge_id
        ORDER BY n.created DESC, n.dispute_id LIMIT 1) d ON true
 WHERE c.gone_at IS NULL;
COMMENT ON VIEW
    pay.my_payments IS
    'One row per charge of every company, failed attempts included; amounts of different currencies must not be added.';
COMMENT ON COLUMN pay.my_payments.company IS 'The company that was paid.';
COMMENT ON COLUMN pay.my_payments.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.my_payments.charge_id IS 'Stripe''s id of the charge; unique together with account_id.';
COMMENT ON COLUMN pay.my_payments.request_id IS 'The payment request that it pays; NULL = none of ours.';
COMMENT ON COLUMN pay.my_payments.created_at IS 'When Stripe made the charge.';
COMMENT ON COLUMN pay.my_payments.status IS 'succeeded, pending (bank debits take days) or failed.';
COMMENT ON COLUMN pay.my_payments.captured IS 'Whether the money was taken and not only authorised.';
COMMENT ON COLUMN pay.my_payments.livemode IS 'Whether it is real money.';
COMMENT ON COLUMN pay.my_payments.amount IS 'Amount paid, in minor units of currency.';
COMMENT ON COLUMN pay.my_payments.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.my_payments.amount_decimal IS 'The amount as people write it, exact, by Stripe''s decimals.';
COMMENT ON COLUMN pay.my_payments.fee IS 'Fees in minor units of settlement_currency; NULL = the ledger row is not there yet, never zero by guess.';
COMMENT ON COLUMN pay.my_payments.net IS 'Amount that reached the company''s balance, in minor units of settlement_currency.';
COMMENT ON COLUMN pay.my_payments.settlement_currency IS 'Currency of fee and net.';
COMMENT ON COLUMN pay.my_payments.fee_decimal IS 'The fee as people write it.';
COMMENT ON COLUMN pay.my_payments.net_decimal IS 'The net as people write it.';
COMMENT ON COLUMN pay.my_payments.exchange_rate IS 'Rate from currency to settlement_currency; NULL = they are the same.';
COMMENT ON COLUMN pay.my_payments.available_at IS 'When the money becomes available in the company''s balance.';
COMMENT ON COLUMN pay.my_payments.refunded IS 'Amount refunded, in minor units of currency.';
COMMENT ON COLUMN pay.my_payments.refunded_decimal IS 'Amount refunded, as people write it.';
COMMENT ON COLUMN pay.my_payments.disputed IS 'Whether the payer''s bank disputed it.';
COMMENT ON COLUMN pay.my_payments.method IS 'How it was paid: card, sepa_debit, us_bank_account, or another of Stripe''s methods.';
COMMENT ON COLUMN pay.my_payments.last4 IS 'Last four digits of card or bank account.';
COMMENT ON COLUMN pay.my_payments.country IS 'Country of card or bank account.';
COMMENT ON COLUMN pay.my_payments.wallet IS 'Wallet, for example apple_pay.';
COMMENT ON COLUMN pay.my_payments.payer_name IS 'The payer''s name as given at payment.';
COMMENT ON COLUMN pay.my_payments.payer_email IS 'The payer''s address as given at payment.';
COMMENT ON COLUMN pay.my_payments.description IS 'Purpose of the payment.';
COMMENT ON COLUMN pay.my_payments.receipt_url IS 'Stripe''s receipt page.';
COMMENT ON COLUMN pay.my_payments.failure_code IS 'Why it failed, for programs.';
COMMENT ON COLUMN pay.my_payments.failure_message IS 'Why it failed, for people.';
COMMENT ON COLUMN pay.my_payments.balance_transaction_id IS 'Stripe''s ledger row of the charge.';
COMMENT ON COLUMN pay.my_payments.payment_intent_id IS 'Stripe''s payment intent of the charge.';
COMMENT ON COLUMN pay.my_payments.observed_at IS 'When Stripe gave the answer that this row comes from.';
COMMENT ON COLUMN pay.my_payments.dispute_id IS 'Stripe''s id of the newest dispute of the payment.';
COMMENT ON COLUMN pay.my_payments.dispute_status IS 'How that stands; won, lost, warning_closed and prevented are its ends.';
COMMENT ON COLUMN pay.my_payments.dispute_due_by IS 'Until when Stripe takes evidence.';
COMMENT ON COLUMN pay.my_payments.payout_id IS 'The payout that the money went to the bank with; NULL = not yet, or Stripe does not tell (manual and instant payouts).';
COMMENT ON COLUMN pay.my_payments.payout_status IS 'pending, in_transit, paid, failed or canceled.';
COMMENT ON COLUMN pay.my_payments.paid_out_at IS 'When that payout reaches the bank.';
COMMENT ON COLUMN pay.my_payments.bank_trace_id IS 'By which the bank knows that payout.';
COMMENT ON COLUMN pay.my_payments.page_key IS 'For pay.my_payments(company, filter, after): the next page begins behind it.';
COMMENT ON COLUMN pay.my_payments.brand IS 'Card brand; of a bank account in the US or Canada its bank.';

CREATE OR REPLACE FUNCTION pay_private.filter_value(filter jsonb, name text, type text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    given CONSTANT text := filter ->> name;
BEGIN
    EXECUTE format('SELECT %L::%s', given, type);
    RETURN given;
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION 'filter.%: is no %', name, type USING ERRCODE = 'PY400', COLUMN = name;
END $$;
COMMENT ON FUNCTION pay_private.filter_value(jsonb, text, text) IS 'A member of a filter, which has to be a value of this type: PY400 names it.';

CREATE OR REPLACE FUNCTION pay.my_payments(company text, filter jsonb DEFAULT '{}', after text DEFAULT NULL, page_size integer DEFAULT 100)
RETURNS SETOF pay.my_payments
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    -- Every condition is on the charge, or leads to it by its key, so that each has an index.
    conditions CONSTANT jsonb := '{
        "from":       ["timestamptz", "c.created >= %L"],
        "to":         ["timestamptz", "c.created < %L"],
        "status":     ["text", "c.status = %L"],
        "method":     ["text", "c.method = %L"],
        "currency":   ["text", "c.currency = lower(%L COLLATE \"C\")"],
        "amount_min": ["bigint", "c.amount >= %L"],
        "amount_max": ["bigint", "c.amount <= %L"],
        "payer":      ["text", "lower(c.payer_email COLLATE \"C\") = lower(%L COLLATE \"C\")"],
        "request_id": ["uuid", "c.request_id = %L"],
        "payout_id":  ["text", "c.balance_transaction_id = ANY (ARRAY(SELECT b.balance_transaction_id FROM balance_transaction b WHERE b.account_id = a.account_id AND b.payout_id = %L))"],
        "disputed":   ["boolean", "c.disputed = %L"],
        "refunded":   ["boolean", "(c.amount_refunded > 0) = %L"],
        "text":       ["text", "charge_words(c.charge_id, c.description, c.payer_name, c.payer_email, c.last4) @@ plainto_tsquery(''simple'', translate(%L, ''@.'', ''  ''))"]}';
    accounts text[];
    wanted text := '';
    name text;
    key text[];
BEGIN
    IF jsonb_typeof(filter) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'filter: is no JSON object' USING ERRCODE = 'PY400', COLUMN = 'filter';
    END IF;
    IF page_size IS NULL OR page_size NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'page_size: is not from 1 to 10000' USING ERRCODE = 'PY400', COLUMN = 'page_size';
    END IF;
    FOR name IN SELECT jsonb_object_keys(filter) LOOP
        IF NOT conditions ? name THEN
            RAISE EXCEPTION 'filter.%: there is no such filter', name USING ERRCODE = 'PY400', COLUMN = name,
                HINT = (SELECT string_agg(k, ', ' ORDER BY k) FROM jsonb_object_keys(conditions) k);
        END IF;
        IF filter ->> name IS NOT NULL THEN
            wanted := wanted || ' AND ' || format(conditions -> name ->> 1,
                                                  filter_value(filter, name, conditions -> name ->> 0));
        END IF;
    END LOOP;
    IF after IS NOT NULL THEN
        key := regexp_match(after, '^(-?[0-9]{1,18}) (\S+) (\S+)$');
        IF key IS NULL THEN
            RAISE EXCEPTION 'after: is no page_key' USING ERRCODE = 'PY400', COLUMN = 'after';
        END IF;
        wanted := wanted || format(
            ' AND c.created <= %1$L AND NOT (c.created = %1$L AND (c.account_id, c.charge_id) <= (%2$L, %3$L))',
            timestamptz 'epoch' + key[1]::bigint * interval '1 microsecond', key[2], key[3]);
    END IF;
    accounts := ARRAY(SELECT i.account_id FROM integration i
                       WHERE my_payments.company IS NULL OR i.company = my_payments.company);
    RETURN QUERY EXECUTE format(
        'SELECT v.* FROM unnest($1) a (account_id)
          CROSS JOIN LATERAL (SELECT c.account_id, c.charge_id, c.created FROM charge c
                               WHERE c.account_id = a.account_id%s
                               ORDER BY c.created DESC, c.charge_id LIMIT %s) c
           JOIN pay.my_payments v ON v.account_id = c.account_id AND v.charge_id = c.charge_id
          ORDER BY c.created DESC, c.account_id, c.charge_id LIMIT %s', wanted, page_size, page_size)
      USING accounts;
END $$;
COMMENT ON FUNCTION pay.my_payments(text, jsonb, text, integer) IS
    'A page of a company''s payments, or of all companies'' if it is NULL, the newest first. filter may have from, to, status, method, currency, amount_min, amount_max (minor units), payer (e-mail address), request_id, payout_id, disputed, refunded, text; after is the page_key of the last row of the page before. PY400 names what is wrong.';

CREATE OR REPLACE VIEW pay.payment_to_bank AS
SELECT i.company, c.account_id, c.request_id, r.request_key, c.charge_id, c.created AS paid_at, c.amount, c.currency,
       b.balance_transaction_id, b.net, b.currency AS settlement_currency, b.payout_id, p.amount AS payout_amount,
       p.status AS payout_status, p.arrival_date, p.trace_id AS bank_trace_id,
       CASE WHEN c.status <> 'succeeded' OR NOT c.captured THEN 'not_paid'
            WHEN b.balance_transaction_id IS NULL THEN 'unsettled'
            WHEN b.payout_id IS NULL AND EXISTS (
                SELECT FROM pay_private.payout m
                 WHERE m.account_id = b.account_id AND m.currency = b.currency AND NOT m.automatic
                   AND m.amount > 0 AND m.status NOT IN ('failed', 'canceled') AND m.gone_at IS NULL
                   AND m.created >= b.created AND (m.created >= b.available_on OR m.method = 'instant')) THEN 'unitemised'
            WHEN b.payout_id IS NULL THEN 'in_balance'
            WHEN p.status = 'paid' THEN 'at_bank'
            WHEN p.status IN ('failed', 'canceled') THEN 'payout_failed'
            ELSE 'on_its_way' END AS whereabouts
  FROM pay_private.charge c
  JOIN pay_private.integration i ON i.account_id = c.account_id
  LEFT JOIN pay.payment_request r ON r.request_id = c.request_id
  LEFT JOIN pay_private.balance_transaction b
         ON b.account_id = c.account_id AND b.balance_transaction_id = c.balance_transaction_id
  LEFT JOIN pay_private.payout p ON p.account_id = b.account_id AND p.payout_id = b.payout_id
 WHERE c.gone_at IS NULL;
COMMENT ON VIEW pay.payment_to_bank IS 'Where the money of each payment is: request, charge, ledger row, payout, and the bank''s trace id.';
COMMENT ON COLUMN pay.payment_to_bank.company IS 'The company that was paid.';
COMMENT ON COLUMN pay.payment_to_bank.account_id IS 'Its Stripe account.';
COMMENT ON COLUMN pay.payment_to_bank.request_id IS 'The payment request that it pays; NULL = none of ours.';
COMMENT ON COLUMN pay.payment_to_bank.request_key IS 'The application''s own key of that request.';
COMMENT ON COLUMN pay.payment_to_bank.charge_id IS 'Stripe''s id of the charge.';
COMMENT ON COLUMN pay.payment_to_bank.paid_at IS 'When Stripe made the charge.';
COMMENT ON COLUMN pay.payment_to_bank.amount IS 'Amount paid, in minor units of currency.';
COMMENT ON COLUMN pay.payment_to_bank.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay.payment_to_bank.balance_transaction_id IS 'Stripe''s ledger row of the charge.';
COMMENT ON COLUMN pay.payment_to_bank.net IS 'Amount of it that reached the balance, in minor units of settlement_currency.';
COMMENT ON COLUMN pay.payment_to_bank.settlement_currency IS 'Currency of net and payout_amount.';
COMMENT ON COLUMN pay.payment_to_bank.payout_id IS 'The payout that it went out with.';
COMMENT ON COLUMN pay.payment_to_bank.payout_amount IS 'The whole payout, in minor units.';
COMMENT ON COLUMN pay.payment_to_bank.payout_status IS 'pending, in_transit, paid, failed or canceled.';
COMMENT ON COLUMN pay.payment_to_bank.arrival_date IS 'When it reaches the bank.';
COMMENT ON COLUMN pay.payment_to_bank.bank_trace_id IS 'By which the bank knows the payout.';
COMMENT ON COLUMN pay.payment_to_bank.whereabouts IS
    'not_paid, unsettled (no ledger row yet), in_balance, unitemised (gone out with a manual or instant payout, or still in the balance: Stripe does not tell), on_its_way, at_bank or payout_failed.';

CREATE OR REPLACE TRIGGER charge_changed AFTER UPDATE ON pay_private.charge
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake_if_changed('pay_payment');

-- Pages that hold nothing new write no statement at all.
CREATE OR REPLACE TRIGGER charge_added AFTER INSERT ON pay_private.charge
    FOR EACH STATEMENT EXECUTE FUNCTION pay_private.wake('pay_payment');
