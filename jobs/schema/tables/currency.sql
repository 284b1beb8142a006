-- SPDX-License-Identifier: MIT
-- The currencies that Stripe charges in. An operator may change a limit: rows are data, these are only the first ones.

CREATE TABLE pay_private.currency (
    code pay.currency PRIMARY KEY,
    exponent smallint NOT NULL CONSTRAINT currency_exponent_range CHECK (exponent BETWEEN 0 AND 3),
    multiple_of integer NOT NULL DEFAULT 1 CONSTRAINT currency_multiple_range CHECK (multiple_of IN (1, 10, 100)),
    max_amount bigint NOT NULL DEFAULT 99999999 CONSTRAINT currency_max_positive CHECK (max_amount > 0),
    unit numeric NOT NULL GENERATED ALWAYS AS (round(power(10::numeric, -exponent), exponent)) STORED
);
COMMENT ON TABLE pay_private.currency IS
    'The currencies that Stripe charges in, with Stripe''s own decimals, which are not those of ISO 4217.';
COMMENT ON COLUMN pay_private.currency.code IS 'Three letters, lower case.';
COMMENT ON COLUMN pay_private.currency.exponent IS 'Decimal places of the minor unit in Stripe''s API.';
COMMENT ON COLUMN pay_private.currency.multiple_of IS 'Stripe takes only multiples of this many minor units.';
COMMENT ON COLUMN pay_private.currency.max_amount IS
    'Largest amount of one request in minor units; what Stripe''s payment methods all take, and an operator may change it.';
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
