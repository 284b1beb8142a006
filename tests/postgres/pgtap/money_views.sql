-- SPDX-License-Identifier: MIT
-- Totals, refunds, disputes, payouts, histories and discrepancies: what the views say, to the minor unit.
BEGIN;
SELECT plan(30);
-- Days are those of UTC, wherever the reader is.
SET LOCAL TimeZone = 'Pacific/Auckland';

INSERT INTO pay.company (company, name) VALUES ('acme', 'Acme'), ('bravo', 'Bravo');
INSERT INTO pay_private.integration (account_id, company, livemode) VALUES
    ('acct_acme', 'acme', true), ('acct_bravo', 'bravo', true);

CREATE FUNCTION pg_temp.charge(account text, id text, at timestamptz, amount bigint, currency text, ledger text DEFAULT NULL,
    taken bigint DEFAULT NULL, back bigint DEFAULT 0, status text DEFAULT 'succeeded', gone timestamptz DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO pay_private.charge (account_id, charge_id, livemode, created, status, paid, captured, amount, amount_captured,
                                    amount_refunded, currency, balance_transaction_id, row_hash, read_at, gone_at)
    VALUES (account, id, true, at, status, true, coalesce(taken, amount) > 0, amount, coalesce(taken, amount), back,
            currency, ledger, 1, now(), gone)
$$;
CREATE FUNCTION pg_temp.ledger(account text, id text, type text, source text, amount bigint, fee bigint, currency text,
    at timestamptz, payout text DEFAULT NULL, gone timestamptz DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO pay_private.balance_transaction (account_id, balance_transaction_id, type, reporting_category, amount, fee, net,
                                                 currency, source_id, payout_id, status, available_on, created, row_hash,
                                                 read_at, gone_at)
    VALUES (account, id, type, type, amount, fee, amount - fee, currency, source, payout, 'available', at + '2 days', at, 1,
            now(), gone)
$$;
CREATE FUNCTION pg_temp.refund(account text, id text, charge text, amount bigint, currency text, status text, ledger text,
    back text DEFAULT NULL, gone timestamptz DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pay_private.refund (account_id, refund_id, created, charge_id, amount, currency, status, failure_reason,
                                    balance_transaction_id, failure_balance_transaction_id, row_hash, read_at, gone_at)
    VALUES (account, id, '2026-03-05Z', charge, amount, currency, status,
            CASE status WHEN 'failed' THEN 'expired_or_canceled_card' END, ledger, back, 1, now(), gone)
$$;
CREATE FUNCTION pg_temp.dispute(account text, id text, charge text, amount bigint, currency text, status text,
    due timestamptz DEFAULT NULL, gone timestamptz DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pay_private.dispute (account_id, dispute_id, livemode, created, charge_id, amount, currency, status, reason,
                                     charge_refundable, due_by, row_hash, read_at, gone_at)
    VALUES (account, id, true, '2026-03-06Z', charge, amount, currency, status, 'fraudulent', false, due, 1, now(), gone)
$$;
CREATE FUNCTION pg_temp.payout(account text, id text, at timestamptz, amount bigint, currency text, status text, automatic boolean,
    itemised boolean DEFAULT false, method text DEFAULT 'standard', gone timestamptz DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pay_private.payout (account_id, payout_id, livemode, created, arrival_date, amount, currency, status, automatic,
                                    reconciliation_status, method, type, trace_id, row_hash, read_at, itemised_at, gone_at)
    VALUES (account, id, true, at, at + interval '1 day', amount, currency, status, automatic,
            CASE WHEN automatic THEN 'completed' ELSE 'not_applicable' END, method, 'bank_account', 'T-' || id, 1, now(),
            CASE WHEN itemised THEN now() END, gone)
$$;

-- Acme's first of March begins and ends with its seconds in UTC.
SELECT pg_temp.charge('acct_acme', 'ch_first', '2026-03-01 00:00:00Z', 10000, 'usd', 'txn_first'),
       pg_temp.charge('acct_acme', 'ch_last', '2026-03-01 23:59:59Z', 5000, 'usd', 'txn_last', taken => 4000, back => 1500),
       pg_temp.charge('acct_acme', 'ch_next', '2026-03-02 00:00:00Z', 2001, 'usd', 'txn_next'),
       pg_temp.charge('acct_acme', 'ch_fx', '2026-03-01 12:00:00Z', 7000, 'eur', 'txn_fx', back => 700),
       pg_temp.charge('acct_acme', 'ch_eur', '2026-03-01 12:00:00Z', 3000, 'eur', 'txn_eur'),
       pg_temp.charge('acct_acme', 'ch_yen', '2026-03-01 12:00:00Z', 500, 'jpy', 'txn_yen'),
       pg_temp.charge('acct_acme', 'ch_new', '2026-03-01 12:00:00Z', 900, 'usd', 'txn_unread'),
       pg_temp.charge('acct_acme', 'ch_new_too', '2026-03-01 12:00:00Z', 900, 'usd'),
       pg_temp.charge('acct_acme', 'ch_lost_row', '2026-03-01 12:00:00Z', 90, 'usd', 'txn_vanished'),
       -- None of these counts.
       pg_temp.charge('acct_acme', 'ch_failed', '2026-03-01 12:00:00Z', 100000, 'usd', status => 'failed'),
       pg_temp.charge('acct_acme', 'ch_pending', '2026-03-01 12:00:00Z', 100000, 'usd', status => 'pending'),
       pg_temp.charge('acct_acme', 'ch_authorised', '2026-03-01 12:00:00Z', 100000, 'usd', taken => 0),
       pg_temp.charge('acct_acme', 'ch_gone', '2026-03-01 12:00:00Z', 100000, 'usd', 'txn_first', gone => now()),
       -- The same ids at another company, and at an account of nobody.
       pg_temp.charge('acct_bravo', 'ch_first', '2026-03-01 12:00:00Z', 111, 'usd', 'txn_first', back => 11),
       pg_temp.charge('acct_nobody', 'ch_first', '2026-03-01 12:00:00Z', 222, 'usd', 'txn_first');
SELECT pg_temp.ledger('acct_acme', 'txn_first', 'charge', 'ch_first', 10000, 320, 'usd', '2026-03-01Z', payout => 'po_1'),
       pg_temp.ledger('acct_acme', 'txn_last', 'charge', 'ch_last', 4000, 146, 'usd', '2026-03-01Z', payout => 'po_1'),
       pg_temp.ledger('acct_acme', 'txn_next', 'charge', 'ch_next', 2001, 88, 'usd', '2026-03-02Z'),
       pg_temp.ledger('acct_acme', 'txn_fx', 'charge', 'ch_fx', 7703, 401, 'usd', '2026-03-01Z'),
       pg_temp.ledger('acct_acme', 'txn_eur', 'charge', 'ch_eur', 3000, 117, 'eur', '2026-03-01Z'),
       pg_temp.ledger('acct_acme', 'txn_yen', 'charge', 'ch_yen', 500, 18, 'jpy', '2026-03-01Z'),
       pg_temp.ledger('acct_acme', 'txn_vanished', 'charge', 'ch_lost_row', 90, 50, 'usd', '2026-03-01Z', gone => now()),
       pg_temp.ledger('acct_bravo', 'txn_first', 'charge', 'ch_first', 111, 33, 'usd', '2026-03-01Z');
SELECT pg_temp.dispute('acct_acme', 'dp_lost', 'ch_first', 10000, 'usd', 'lost'),
       pg_temp.dispute('acct_acme', 'dp_won', 'ch_last', 4000, 'usd', 'won', due => '2026-03-15Z'),
       pg_temp.dispute('acct_acme', 'dp_open', 'ch_eur', 2999, 'eur', 'needs_response', due => '2026-03-15Z'),
       -- In another currency than its payment.
       pg_temp.dispute('acct_acme', 'dp_pound', 'ch_fx', 6100, 'gbp', 'under_review'),
       pg_temp.dispute('acct_acme', 'dp_inquiry', 'ch_next', 2001, 'usd', 'warning_needs_response', due => 'epoch'),
       pg_temp.dispute('acct_acme', 'dp_prevented', 'ch_next', 2001, 'usd', 'prevented'),
       pg_temp.dispute('acct_acme', 'dp_gone', 'ch_next', 2001, 'usd', 'lost', gone => now()),
       pg_temp.dispute('acct_acme', 'dp_of_gone', 'ch_gone', 100000, 'usd', 'lost'),
       pg_temp.dispute('acct_bravo', 'dp_lost', 'ch_first', 100, 'usd', 'lost');

-- Totals -----------------------------------------------------------------------------------------------------------------

PREPARE totals AS
SELECT day::text, currency, settlement_currency, payments, amount_captured, amount_refunded, amount_disputed, fee, net
  FROM pay.payment_totals WHERE company = $1 ORDER BY day, currency, settlement_currency NULLS LAST;
SELECT results_eq($$EXECUTE totals('acme')$$, $$VALUES
    -- The two euros by what they are settled in, a dispute in a currency of its own, dollars with and without a ledger row.
    ('2026-03-01', 'eur', 'eur', 1::bigint, 3000::bigint, 0::bigint, 2999::bigint, 117::bigint, 2883::bigint),
    ('2026-03-01', 'eur', 'usd', 1, 7000, 700, 0, 401, 7302),
    ('2026-03-01', 'gbp', 'usd', 0, 0, 0, 6100, 0, 0),
    ('2026-03-01', 'jpy', 'jpy', 1, 500, 0, 0, 18, 482),
    ('2026-03-01', 'usd', 'usd', 2, 14000, 1500, 10000, 466, 13534),
    ('2026-03-01', 'usd', NULL, 3, 1890, 0, 0, NULL, NULL),
    ('2026-03-02', 'usd', 'usd', 1, 2001, 0, 0, 88, 1913)$$,
    'sums by UTC day, currency and settlement currency; nothing that failed, is pending, vanished or won is in them');
SELECT results_eq($$EXECUTE totals('bravo')$$,
    $$VALUES ('2026-03-01', 'usd', 'usd', 1::bigint, 111::bigint, 11::bigint, 100::bigint, 33::bigint, 78::bigint)$$,
    'another company''s payment of the same id is that company''s');
SELECT results_eq($$SELECT account_id, amount_captured, fee FROM pay.payment_totals WHERE company IS NULL$$,
    $$VALUES ('acct_nobody', 222::bigint, NULL::bigint)$$, 'an account of none of ours is there, and its fee is not guessed');
SELECT results_eq($$SELECT amount_captured_decimal::text, amount_refunded_decimal::text, amount_disputed_decimal::text,
                           fee_decimal::text, net_decimal::text
                      FROM pay.payment_totals WHERE company = 'acme' AND day = '2026-03-01' AND settlement_currency = 'usd'
                       AND currency IN ('eur', 'usd') ORDER BY currency$$,
    $$VALUES ('70.00', '7.00', '0.00', '4.01', '73.02'), ('140.00', '15.00', '100.00', '4.66', '135.34')$$,
    'as people write it');
SELECT results_eq($$SELECT amount_captured_decimal::text, net_decimal::text FROM pay.payment_totals WHERE currency = 'jpy'$$,
    $$VALUES ('500', '482')$$, 'yen have no decimals');
SELECT results_eq($$SELECT currency, sum(payments), sum(amount_captured), sum(amount_refunded) FROM pay.payment_totals GROUP BY 1
                     HAVING sum(payments) > 0 ORDER BY 1$$,
    $$SELECT m.currency, count(*)::numeric, sum(c.amount_captured), sum(m.refunded)
        FROM pay.my_payments m JOIN pay_private.charge c USING (account_id, charge_id)
       WHERE m.status = 'succeeded' AND m.captured GROUP BY 1 ORDER BY 1$$, 'all days together are My Payments');

-- Refunds ----------------------------------------------------------------------------------------------------------------

SELECT pg_temp.refund('acct_acme', 're_paid', 'ch_last', 1000, 'usd', 'succeeded', 'txn_re_paid'),
       pg_temp.refund('acct_acme', 're_back', 'ch_last', 300, 'usd', 'failed', 'txn_re_back', 'txn_re_failed'),
       pg_temp.refund('acct_acme', 're_half', 'ch_last', 200, 'usd', 'failed', 'txn_re_half', 'txn_re_unread'),
       pg_temp.refund('acct_acme', 're_mixed', 'ch_last', 100, 'usd', 'failed', 'txn_re_mixed', 'txn_re_euros'),
       pg_temp.refund('acct_acme', 're_fx', 'ch_fx', 700, 'eur', 'succeeded', 'txn_re_fx'),
       pg_temp.refund('acct_acme', 're_wait', 'ch_last', 500, 'usd', 'pending', NULL),
       pg_temp.refund('acct_acme', 're_gone', 'ch_last', 9999, 'usd', 'succeeded', 'txn_re_paid', gone => now()),
       pg_temp.refund('acct_bravo', 're_paid', 'ch_first', 11, 'usd', 'succeeded', 'txn_re_paid');
SELECT pg_temp.ledger('acct_acme', 'txn_re_paid', 'refund', 're_paid', -1000, 0, 'usd', '2026-03-05Z', payout => 'po_1'),
       pg_temp.ledger('acct_acme', 'txn_re_back', 'refund', 're_back', -300, 0, 'usd', '2026-03-05Z'),
       pg_temp.ledger('acct_acme', 'txn_re_failed', 'refund_failure', 're_back', 300, 0, 'usd', '2026-03-09Z'),
       pg_temp.ledger('acct_acme', 'txn_re_half', 'refund', 're_half', -200, 0, 'usd', '2026-03-05Z'),
       pg_temp.ledger('acct_acme', 'txn_re_mixed', 'refund', 're_mixed', -100, 0, 'usd', '2026-03-05Z'),
       pg_temp.ledger('acct_acme', 'txn_re_euros', 'refund_failure', 're_mixed', 90, 0, 'eur', '2026-03-09Z'),
       pg_temp.ledger('acct_acme', 'txn_re_fx', 'refund', 're_fx', -771, 0, 'usd', '2026-03-05Z'),
       pg_temp.ledger('acct_bravo', 'txn_re_paid', 'refund', 're_paid', -11, 0, 'usd', '2026-03-05Z');
SELECT results_eq($$SELECT refund_id, charge_id, amount, currency, status, failure_reason, net, settlement_currency
                      FROM pay.refunds WHERE company = 'acme' ORDER BY refund_id$$, $$VALUES
    ('re_back', 'ch_last', 300::bigint, 'usd', 'failed', 'expired_or_canceled_card', 0::bigint, 'usd'),
    ('re_fx', 'ch_fx', 700, 'eur', 'succeeded', NULL, -771, 'usd'),
    ('re_half', 'ch_last', 200, 'usd', 'failed', 'expired_or_canceled_card', NULL, NULL),
    ('re_mixed', 'ch_last', 100, 'usd', 'failed', 'expired_or_canceled_card', NULL, NULL),
    ('re_paid', 'ch_last', 1000, 'usd', 'succeeded', NULL, -1000, 'usd'),
    ('re_wait', 'ch_last', 500, 'usd', 'pending', NULL, NULL, NULL)$$,
    'refunds with what they moved: nothing when it came back, unknown while a ledger row is missing; not the vanished one');
SELECT results_eq($$SELECT refund_id, amount, net, amount_decimal::text, net_decimal::text FROM pay.refunds
                     WHERE company = 'bravo'$$,
    $$VALUES ('re_paid', 11::bigint, -11::bigint, '0.11', '-0.11')$$, 'each company has its own');

-- Disputes ---------------------------------------------------------------------------------------------------------------

SELECT pg_temp.ledger('acct_acme', 'txn_dp_lost', 'adjustment', 'dp_lost', -10000, 1500, 'usd', '2026-03-06Z'),
       pg_temp.ledger('acct_acme', 'txn_dp_out', 'adjustment', 'dp_won', -4000, 1500, 'usd', '2026-03-06Z'),
       pg_temp.ledger('acct_acme', 'txn_dp_back', 'adjustment', 'dp_won', 4000, 0, 'usd', '2026-03-20Z'),
       pg_temp.ledger('acct_acme', 'txn_dp_not', 'adjustment', 'dp_won', -4000, 0, 'usd', '2026-03-21Z', gone => now()),
       pg_temp.ledger('acct_acme', 'txn_dp_open', 'adjustment', 'dp_open', -2999, 1400, 'eur', '2026-03-06Z'),
       -- Nobody adds pounds and dollars.
       pg_temp.ledger('acct_acme', 'txn_dp_mix_1', 'adjustment', 'dp_pound', -7700, 1500, 'usd', '2026-03-06Z'),
       pg_temp.ledger('acct_acme', 'txn_dp_mix_2', 'adjustment', 'dp_pound', 6100, 0, 'gbp', '2026-03-06Z'),
       pg_temp.ledger('acct_bravo', 'txn_dp_lost', 'adjustment', 'dp_lost', -100, 1500, 'usd', '2026-03-06Z');
SELECT results_eq($$SELECT dispute_id, charge_id, amount, currency, status, due_by, fee, net, settlement_currency
                      FROM pay.disputes WHERE company = 'acme' ORDER BY dispute_id$$, $$VALUES
    ('dp_inquiry', 'ch_next', 2001::bigint, 'usd', 'warning_needs_response', NULL::timestamptz, NULL::bigint, NULL::bigint, NULL),
    ('dp_lost', 'ch_first', 10000, 'usd', 'lost', NULL, 1500, -11500, 'usd'),
    ('dp_of_gone', 'ch_gone', 100000, 'usd', 'lost', NULL, NULL, NULL, NULL),
    ('dp_open', 'ch_eur', 2999, 'eur', 'needs_response', '2026-03-15Z', 1400, -4399, 'eur'),
    ('dp_pound', 'ch_fx', 6100, 'gbp', 'under_review', NULL, NULL, NULL, NULL),
    ('dp_prevented', 'ch_next', 2001, 'usd', 'prevented', NULL, NULL, NULL, NULL),
    ('dp_won', 'ch_last', 4000, 'usd', 'won', '2026-03-15Z', 1500, -1500, 'usd')$$,
    'a lost dispute costs amount and fee, a won one its fee; two currencies have no sum');
SELECT results_eq($$SELECT dispute_id, net, fee_decimal::text, net_decimal::text FROM pay.disputes WHERE company = 'bravo'$$,
    $$VALUES ('dp_lost', -1600::bigint, '15.00', '-16.00')$$, 'each company has its own');

-- Payouts ----------------------------------------------------------------------------------------------------------------

-- po_1 has two charges and a refund, and its own row, as Stripe lists it. Euros, and what vanished, are not in its sums.
SELECT pg_temp.payout('acct_acme', 'po_1', '2026-03-08Z', 12534, 'usd', 'paid', true, itemised => true),
       pg_temp.payout('acct_acme', 'po_2', '2026-03-09Z', 500, 'usd', 'in_transit', true),
       pg_temp.payout('acct_acme', 'po_empty', '2026-03-09Z', 1, 'usd', 'failed', true, itemised => true),
       pg_temp.payout('acct_acme', 'po_gone', '2026-03-09Z', 99999, 'usd', 'paid', true, itemised => true, gone => now()),
       pg_temp.payout('acct_bravo', 'po_1', '2026-03-08Z', 50, 'usd', 'paid', false, method => 'instant');
SELECT pg_temp.ledger('acct_acme', 'txn_po_1', 'payout', 'po_1', -12534, 0, 'usd', '2026-03-08Z', payout => 'po_1'),
       pg_temp.ledger('acct_acme', 'txn_po_eur', 'charge', 'ch_x', 77, 0, 'eur', '2026-03-08Z', payout => 'po_1'),
       pg_temp.ledger('acct_acme', 'txn_po_gone', 'charge', 'ch_y', 78, 0, 'usd', '2026-03-08Z', payout => 'po_1', gone => now());
SELECT results_eq($$SELECT payout_id, amount, status, automatic, method, arrival_date, bank_trace_id, itemised, items,
                           items_amount, items_fee, items_net
                      FROM pay.payouts WHERE company = 'acme' ORDER BY payout_id$$, $$VALUES
    ('po_1', 12534::bigint, 'paid', true, 'standard', '2026-03-09Z'::timestamptz, 'T-po_1', true, 3::bigint,
     13000::bigint, 466::bigint, 12534::bigint),
    ('po_2', 500, 'in_transit', true, 'standard', '2026-03-10Z', 'T-po_2', false, NULL, NULL, NULL, NULL),
    ('po_empty', 1, 'failed', true, 'standard', '2026-03-10Z', 'T-po_empty', true, 0, 0, 0, 0)$$,
    'payouts with the sums of what is in them, which are not guessed before it is known');
SELECT results_eq($$SELECT payout_id, amount_decimal::text, automatic, method, itemised, items_net FROM pay.payouts
                     WHERE company = 'bravo'$$,
    $$VALUES ('po_1', '0.50', false, 'instant', false, NULL::bigint)$$, 'an instant one is never itemised');

-- To the bank ------------------------------------------------------------------------------------------------------------

PREPARE bank AS
SELECT charge_id, whereabouts FROM pay.payment_to_bank WHERE company = $1 AND whereabouts <> 'not_paid' ORDER BY charge_id;
PREPARE unitemised AS SELECT charge_id FROM pay.payment_to_bank WHERE company = $1 AND whereabouts = 'unitemised' ORDER BY 1;
SELECT results_eq($$EXECUTE bank('acme')$$, $$VALUES
    ('ch_eur', 'in_balance'), ('ch_first', 'at_bank'), ('ch_fx', 'in_balance'), ('ch_last', 'at_bank'),
    ('ch_lost_row', 'in_balance'), ('ch_new', 'unsettled'), ('ch_new_too', 'unsettled'), ('ch_next', 'in_balance'),
    ('ch_yen', 'in_balance')$$,
    'automatic payouts say what is in them, so the rest is in the balance');
-- The dollars are available on the 3rd, those of ch_next on the 4th.
SELECT pg_temp.payout('acct_acme', 'po_m0', '2026-03-02 23:59:59Z', 10, 'usd', 'paid', false),
       pg_temp.payout('acct_acme', 'po_m2', '2026-03-09Z', 10, 'usd', 'failed', false),
       pg_temp.payout('acct_acme', 'po_m3', '2026-03-09Z', -10, 'usd', 'paid', false),
       pg_temp.payout('acct_acme', 'po_m4', '2026-03-09Z', 10, 'usd', 'paid', false, gone => now()),
       pg_temp.payout('acct_acme', 'po_m5', '2026-03-09Z', 10, 'gbp', 'paid', false);
SELECT is_empty($$EXECUTE unitemised('acme')$$,
    'no manual payout that was too early, failed, vanished, took nothing, or is in another currency changes that');
SELECT pg_temp.payout('acct_acme', 'po_m1', '2026-03-03Z', 10, 'usd', 'in_transit', false);
SELECT results_eq($$EXECUTE unitemised('acme')$$, $$VALUES ('ch_fx'), ('ch_lost_row')$$,
    'one that may have taken what was available does; what became available later is in the balance');
SELECT pg_temp.payout('acct_acme', 'po_i1', '2026-03-02Z', 10, 'usd', 'paid', false, method => 'instant'),
       pg_temp.payout('acct_acme', 'po_i2', '2026-02-28Z', 10, 'eur', 'paid', false, method => 'instant');
SELECT results_eq($$EXECUTE unitemised('acme')$$, $$VALUES ('ch_fx'), ('ch_lost_row'), ('ch_next')$$,
    'an instant one may take what is not available yet, but not what was not there');
SELECT results_eq($$EXECUTE bank('bravo')$$, $$VALUES ('ch_first', 'unitemised')$$, 'each company has its own payouts');

-- History ----------------------------------------------------------------------------------------------------------------

INSERT INTO pay_private.charge_history (account_id, charge_id, version, status, amount_captured, amount_refunded, disputed,
                                        row_hash, read_at, source, stripe_request_id) VALUES
    ('acct_acme', 'ch_last', 1, 'pending', 0, 0, false, 1, '2026-03-02Z', 'list', 'req_1'),
    ('acct_acme', 'ch_last', 2, 'succeeded', 4000, 0, false, 2, '2026-03-03Z', 'list', 'req_2'),
    ('acct_acme', 'ch_last', 3, 'succeeded', 4000, 1500, true, 3, '2026-03-07Z', 'object', 'req_3'),
    ('acct_acme', 'ch_gone', 1, 'succeeded', 100000, 0, false, 1, '2026-03-02Z', 'list', 'req_4'),
    ('acct_bravo', 'ch_last', 1, 'failed', 0, 0, false, 1, '2026-03-02Z', 'audit', 'req_5');
INSERT INTO pay_private.history_restart (history, account_id, subject, first, discrepancy_id) VALUES
    ('charge_history', 'acct_acme', 'ch_last', 2, 1), ('charge_history', 'acct_bravo', 'ch_last', 9, 2),
    ('stage_event', 'acct_acme', 'ch_gone', 9, 1);
SELECT results_eq($$SELECT charge_id, version, status, amount_captured, amount_refunded, currency, disputed, read_at, source,
                           stripe_request_id, proves, gone_at IS NOT NULL
                      FROM pay.payment_history WHERE company = 'acme' ORDER BY charge_id, version$$, $$VALUES
    ('ch_gone', 1, 'succeeded', 100000::bigint, 0::bigint, 'usd', false, '2026-03-02Z'::timestamptz, 'list', 'req_4', true, true),
    ('ch_last', 1, 'pending', 0, 0, 'usd', false, '2026-03-02Z', 'list', 'req_1', false, false),
    ('ch_last', 2, 'succeeded', 4000, 0, 'usd', false, '2026-03-03Z', 'list', 'req_2', true, false),
    ('ch_last', 3, 'succeeded', 4000, 1500, 'usd', true, '2026-03-07Z', 'object', 'req_3', true, false)$$,
    'every version and the read that showed it, also of a payment that vanished; what stands before a repair proves nothing');
SELECT results_eq($$SELECT charge_id, version, source, proves FROM pay.payment_history WHERE company = 'bravo'$$,
    $$VALUES ('ch_last', 1, 'audit', false)$$, 'each company has its own');

-- Discrepancies ------------------------------------------------------------------------------------------------------------

INSERT INTO pay_private.discrepancy (kind, account_id, subject, evidence, state, resolved_at, resolution) VALUES
    ('INV-03', 'acct_acme', 'txn_last', '{"net": 1}', 'open', NULL, NULL),
    ('overpaid', 'acct_bravo', 'ch_first', '{"paid": 111}', 'accepted', now(), 'the payer was told'),
    ('INV-01', '', 'application_fees', '{}', 'repaired', now(), 'a later check found it in order');
SELECT results_eq($$SELECT company, account_id, kind, rule IS NOT NULL, subject, state, evidence, resolution
                      FROM pay.discrepancies ORDER BY kind$$,
    $$VALUES (NULL, '', 'INV-01', true, 'application_fees', 'repaired', '{}'::jsonb, 'a later check found it in order'),
             ('acme', 'acct_acme', 'INV-03', true, 'txn_last', 'open', '{"net": 1}', NULL),
             ('bravo', 'acct_bravo', 'overpaid', false, 'ch_first', 'accepted', '{"paid": 111}', 'the payer was told')$$,
    'what is open and what is settled, with the rule in words and how it ended');

-- Who reads them -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION pg_temp.reads(role text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    RETURN NEXT lives_ok('SELECT count(net) FROM pay.payment_totals UNION ALL SELECT count(net) FROM pay.refunds
        UNION ALL SELECT count(net) FROM pay.disputes UNION ALL SELECT count(items_net) FROM pay.payouts
        UNION ALL SELECT count(proves::int) FROM pay.payment_history', role || ' reads them');
    RETURN NEXT CASE WHEN role = 'pay_app' THEN throws_ok('SELECT * FROM pay.discrepancies', '42501', NULL, 'but no discrepancies')
                     ELSE lives_ok('SELECT count(rule) FROM pay.discrepancies', 'and discrepancies') END;
    RESET ROLE;
END $$;
SELECT r.* FROM unnest(ARRAY['pay_app', 'pay_reader', 'pay_operator', 'pay_daemon']) role CROSS JOIN LATERAL pg_temp.reads(role) r;

-- All of it is explained, and the filter has its index ------------------------------------------------------------------------

SELECT is_empty($$SELECT c.oid::regclass, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0
                   WHERE c.oid = ANY (ARRAY['pay.payment_totals', 'pay.refunds', 'pay.disputes', 'pay.payouts', 'pay.payment_history',
                                            'pay.discrepancies']::regclass[])
                     AND col_description(c.oid, a.attnum) IS NULL$$, 'every column has its words');
SET LOCAL enable_seqscan = off;
CREATE FUNCTION pg_temp.plan_of(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN ' || statement;
END $$;
SELECT isnt_empty($s$SELECT p FROM pg_temp.plan_of($$SELECT c.charge_id FROM pay_private.charge c WHERE c.account_id = 'acct_acme'
                       AND (c.amount_refunded > 0) = 'true' ORDER BY c.created DESC LIMIT 9$$) p WHERE p LIKE '%charge_refunded%'$s$,
                  'what was refunded is found by its own index');

SELECT * FROM finish();
ROLLBACK;
