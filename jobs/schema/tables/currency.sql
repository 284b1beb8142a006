-- SPDX-License-Identifier: MIT
-- The currencies that Stripe charges in, and the payment methods that take only some of them. An operator may change a limit or
-- a list: rows are data, these are only the first ones.

CREATE TABLE pay_private.currency (
    code pay.currency PRIMARY KEY,
    exponent smallint NOT NULL CONSTRAINT currency_exponent_range CHECK (exponent BETWEEN 0 AND 3),
    multiple_of integer NOT NULL DEFAULT 1 CONSTRAINT currency_multiple_range CHECK (multiple_of IN (1, 10, 100)),
    max_amount bigint NOT NULL DEFAULT 99999999 CONSTRAINT currency_max_positive CHECK (max_amount > 0),
    min_amount bigint NOT NULL DEFAULT 1 CONSTRAINT currency_min_positive CHECK (min_amount > 0),
    unit numeric NOT NULL GENERATED ALWAYS AS (round(power(10::numeric, -exponent), exponent)) STORED
);
COMMENT ON TABLE pay_private.currency IS
    'The currencies that Stripe charges in, with Stripe''s own decimals, which are not those of ISO 4217.';
COMMENT ON COLUMN pay_private.currency.code IS 'Three letters, lower case.';
COMMENT ON COLUMN pay_private.currency.exponent IS 'Decimal places of the minor unit in Stripe''s API.';
COMMENT ON COLUMN pay_private.currency.multiple_of IS 'Stripe takes only multiples of this many minor units.';
COMMENT ON COLUMN pay_private.currency.max_amount IS
    'Largest amount of one request in minor units; what Stripe''s payment methods all take, and an operator may change it.';
COMMENT ON COLUMN pay_private.currency.min_amount IS
    'Smallest amount of one request in minor units. Stripe publishes it for the currencies that it settles in; elsewhere it depends on the rate, and an operator may set it.';
COMMENT ON COLUMN pay_private.currency.unit IS
    'One minor unit as an exact decimal: amount * unit is the amount as people write it.';

INSERT INTO pay_private.currency (code, exponent, multiple_of)
SELECT code, 0, 1
  FROM unnest(string_to_array('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf', ' ')) AS code
UNION ALL
SELECT code, 2, 100 FROM unnest(ARRAY['isk', 'ugx']) AS code
UNION ALL
SELECT code, 3, 10 FROM unnest(string_to_array('bhd jod kwd omr tnd', ' ')) AS code
UNION ALL
SELECT code, 2, 1
  FROM unnest(regexp_split_to_array(
    'aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf cny '
    'cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd hnl hrk htg huf idr ils inr '
    'jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mro mru mur mvr mwk mxn myr mzn nad ngn '
    'nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sll sos srd std stn svc '
    'szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd xcg yer zar zmw', ' ')) AS code;

UPDATE pay_private.currency SET max_amount = 999999999999 WHERE code = 'idr';

UPDATE pay_private.currency SET max_amount = 9999999999 WHERE code = 'cop';

UPDATE pay_private.currency SET max_amount = 999999999 WHERE code = 'inr';

UPDATE pay_private.currency c SET min_amount = m.amount
  FROM (VALUES ('usd', 50), ('eur', 50), ('gbp', 30), ('aud', 50), ('cad', 50), ('chf', 50), ('nzd', 50), ('sgd', 50),
               ('brl', 50), ('inr', 50), ('jpy', 50), ('bgn', 100), ('aed', 200), ('pln', 200), ('ron', 200), ('myr', 200),
               ('dkk', 250), ('nok', 300), ('sek', 300), ('hkd', 400), ('mxn', 1000), ('thb', 1000), ('czk', 1500),
               ('huf', 17500)) AS m (code, amount)
 WHERE c.code = m.code;

CREATE TABLE pay_private.payment_method (
    method text PRIMARY KEY CONSTRAINT payment_method_name CHECK (method ~ '^[a-z0-9_]{2,40}$'),
    currencies text[] NOT NULL CONSTRAINT payment_method_some CHECK (cardinality(currencies) > 0)
);
COMMENT ON TABLE pay_private.payment_method IS
    'Payment methods that take only some currencies. One that is not listed is left to Stripe; an operator may change a list.';
COMMENT ON COLUMN pay_private.payment_method.method IS 'Stripe''s name, such as sepa_debit.';
COMMENT ON COLUMN pay_private.payment_method.currencies IS 'The currencies that it takes.';

INSERT INTO pay_private.payment_method (method, currencies)
SELECT m.method, string_to_array(m.currencies, ' ')
  FROM (VALUES ('acss_debit', 'cad usd'), ('affirm', 'usd cad'), ('au_becs_debit', 'aud'), ('bacs_debit', 'gbp'),
               ('bancontact', 'eur'), ('blik', 'pln'), ('boleto', 'brl'), ('cashapp', 'usd'), ('eps', 'eur'),
               ('fpx', 'myr'), ('giropay', 'eur'), ('grabpay', 'sgd myr'), ('ideal', 'eur'), ('kakao_pay', 'krw'),
               ('konbini', 'jpy'), ('kr_card', 'krw'), ('mb_way', 'eur'), ('mobilepay', 'dkk eur nok sek'),
               ('multibanco', 'eur'), ('naver_pay', 'krw'), ('nz_bank_account', 'nzd'), ('oxxo', 'mxn'),
               ('p24', 'eur pln'), ('pay_by_bank', 'gbp'), ('payco', 'krw'), ('paynow', 'sgd'), ('pix', 'brl'),
               ('promptpay', 'thb'), ('sepa_debit', 'eur'), ('sofort', 'eur'), ('swish', 'sek'), ('twint', 'chf'),
               ('us_bank_account', 'usd')) AS m (method, currencies);
