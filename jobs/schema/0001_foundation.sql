-- SPDX-License-Identifier: MIT
-- The two schemas, what their tables are built from, and what their functions share.

DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'this database is encoded in %, and names of payers need UTF8',
            current_setting('server_encoding')
            USING ERRCODE = 'PY400', HINT = 'CREATE DATABASE ... ENCODING ''UTF8'' TEMPLATE template0';
    END IF;
END $$;

CREATE SCHEMA pay;

COMMENT ON SCHEMA pay IS
    'The public contract of paysync: tables that other applications insert into, functions that they call, views that they read.';
COMMENT ON SCHEMA pay_private IS
    'The daemon''s own tables and helpers; they may change with every version.';
COMMENT ON COLUMN pay_private.schema_migration.version IS 'Number of the migration.';
COMMENT ON COLUMN pay_private.schema_migration.name IS 'Name of the migration''s file, without number and ending.';
COMMENT ON COLUMN pay_private.schema_migration.breaking IS 'Whether older programs must not run on a database that has it.';
COMMENT ON COLUMN pay_private.schema_migration.applied_at IS 'When it was applied.';

CREATE SEQUENCE pay_private.lease_token;
COMMENT ON SEQUENCE pay_private.lease_token IS
    'Fencing tokens: each claim takes the next number, and a write with an older one changes nothing.';

-- Domains. Control characters are U+0000-001F, U+007F-009F, and what breaks or reorders a line of text.

CREATE DOMAIN pay.email AS text
    CONSTRAINT email_one_address CHECK (
        octet_length(VALUE) <= 254
        AND VALUE ~ '^[^@]{1,64}@[^@]+$'
        AND VALUE !~ '[\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff<>,;"()\[\]\\]'
        AND VALUE !~ '@\.|@.*\.\.|\.$');
COMMENT ON DOMAIN pay.email IS
    'One e-mail address as SMTP takes it, also with letters outside ASCII (RFC 5321, RFC 6531).';
COMMENT ON CONSTRAINT email_one_address ON DOMAIN pay.email IS
    'an e-mail address is one address of at most 254 bytes with one @, without blanks, control characters, quotes, brackets and commas';

CREATE DOMAIN pay.header_text AS text
    CONSTRAINT header_text_one_line CHECK (
        length(VALUE) <= 200
        AND VALUE !~ '[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]');
COMMENT ON DOMAIN pay.header_text IS
    'One line of text that may stand in a mail header: at most 200 characters, none of which breaks or reorders the line.';
COMMENT ON CONSTRAINT header_text_one_line ON DOMAIN pay.header_text IS
    'this text is one line of at most 200 characters, without control characters';

CREATE DOMAIN pay.currency AS text CONSTRAINT currency_lower_case CHECK (VALUE ~ '^[a-z]{3}$');
COMMENT ON DOMAIN pay.currency IS 'A currency''s three letters, lower case as Stripe writes them.';
COMMENT ON CONSTRAINT currency_lower_case ON DOMAIN pay.currency IS
    'a currency is three lower-case letters, for example eur';

CREATE DOMAIN pay.country AS text CONSTRAINT country_upper_case CHECK (VALUE ~ '^[A-Z]{2}$');
COMMENT ON DOMAIN pay.country IS 'A country''s two letters, upper case (ISO 3166-1).';
COMMENT ON CONSTRAINT country_upper_case ON DOMAIN pay.country IS
    'a country is two upper-case letters, for example DE';

CREATE DOMAIN pay.locale AS text
    CONSTRAINT locale_tag CHECK (length(VALUE) <= 35 AND VALUE ~ '^[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*$');
COMMENT ON DOMAIN pay.locale IS 'A language tag such as en, de-AT or pt_BR (BCP 47).';
COMMENT ON CONSTRAINT locale_tag ON DOMAIN pay.locale IS
    'a locale is a language tag, for example en or de-AT';

CREATE DOMAIN pay.request_key AS text
    CONSTRAINT request_key_short CHECK (length(VALUE) BETWEEN 1 AND 200 AND VALUE !~ '[\u0001-\u001f\u007f-\u009f]');
COMMENT ON DOMAIN pay.request_key IS
    'The application''s own name for a row; the same key twice in one company means the same row.';
COMMENT ON CONSTRAINT request_key_short ON DOMAIN pay.request_key IS
    'a request key has 1 to 200 characters and no control characters';

CREATE DOMAIN pay.account_id AS text
    CONSTRAINT account_id_of_stripe CHECK (length(VALUE) <= 64 AND VALUE ~ '^acct_[A-Za-z0-9]+$');
COMMENT ON DOMAIN pay.account_id IS 'A Stripe account id.';
COMMENT ON CONSTRAINT account_id_of_stripe ON DOMAIN pay.account_id IS
    'a Stripe account id begins with acct_ and goes on with letters and digits';

-- Currencies.

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

-- Helpers.

CREATE FUNCTION pay_private.metadata_ok(metadata jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE WHEN jsonb_typeof(metadata) <> 'object' THEN false
                ELSE (SELECT count(*) <= 20
                             AND coalesce(bool_and(length(e.key) BETWEEN 1 AND 40
                                                   AND e.key !~ '[\[\]\u0001-\u001f]'
                                                   AND e.key <> 'request_id'
                                                   AND jsonb_typeof(e.value) IN ('string', 'number', 'boolean')
                                                   AND length(e.value #>> '{}') <= 500), true)
                        FROM jsonb_each(metadata) e) END
$$;
COMMENT ON FUNCTION pay_private.metadata_ok(jsonb) IS
    'Whether a JSON object fits into Stripe''s metadata: at most 20 flat pairs, names to 40 and values to 500 characters, request_id reserved.';

CREATE FUNCTION pay_private.wake() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM pg_notify(TG_ARGV[0], '');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.wake() IS
    'Trigger: says on the channel of its argument that there is something to read; PostgreSQL says it once per transaction.';

CREATE FUNCTION pay_private.wake_if_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM pg_notify(TG_ARGV[0], '');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.wake_if_changed() IS
    'Trigger with the transition table changed: like wake(), but silent when the statement touched no row.';

CREATE FUNCTION pay_private.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'PY409', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END $$;
COMMENT ON FUNCTION pay_private.refuse_change() IS
    'Trigger: raises PY409 with the text of its argument, for rows that say for good what was asked.';

CREATE FUNCTION pay_private.bad_argument(rule text, said text, missing text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    words text := (SELECT obj_description(c.oid, 'pg_constraint')
                     FROM pg_constraint c
                    WHERE c.conname = rule
                      AND c.connamespace IN ('pay'::regnamespace, 'pay_private'::regnamespace)
                    LIMIT 1);
BEGIN
    RAISE EXCEPTION '%', coalesce(words, nullif(missing, '') || ' is missing', said)
        USING ERRCODE = 'PY400', CONSTRAINT = rule, COLUMN = missing;
END $$;
COMMENT ON FUNCTION pay_private.bad_argument(text, text, text) IS
    'Raises PY400 for a broken constraint, in the words of the constraint''s comment; values are left out because they may be personal.';

CREATE FUNCTION pay_private.refuse_disabled(company text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payments are not enabled for company "%"', company
        USING ERRCODE = 'PY403', HINT = 'Ask the platform''s support to enable payments for this company.';
END $$;
COMMENT ON FUNCTION pay_private.refuse_disabled(text) IS 'Raises PY403 for a company that is not enabled.';
