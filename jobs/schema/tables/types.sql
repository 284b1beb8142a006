-- SPDX-License-Identifier: MIT
-- The domains of the public schema, and what several tables need before they can be made.

CREATE SEQUENCE pay_private.lease_token;
COMMENT ON SEQUENCE pay_private.lease_token IS
    'Fencing tokens of leases: each claim takes the next number, and a write with an older one changes nothing.';

-- Domains. Control characters are U+0000-001F, U+007F-009F, and what breaks or reorders a line of text.

CREATE DOMAIN pay.email AS text
    CONSTRAINT email_one_address CHECK (
        CASE WHEN VALUE ~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~.-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$'
             THEN octet_length(VALUE) <= 254 AND position('@' IN VALUE) <= 65
                  AND VALUE !~ '^\.|\.\.|\.@|\.-|-\.|@.*[^.]{64}'
             ELSE pay_private.is_international_address(VALUE) END);
COMMENT ON DOMAIN pay.email IS
    'One e-mail address that a message can be sent to, also with letters outside ASCII (RFC 5321, RFC 6531, IDNA 2008).';
COMMENT ON CONSTRAINT email_one_address ON DOMAIN pay.email IS
    'an e-mail address is one address that mail servers take: one @ with at most 64 bytes before and 254 in all, no blanks, quotes, brackets, colons or commas, no dot at an end of a name or beside another one, and labels of a domain with at most 63 letters, digits and inner hyphens';

CREATE DOMAIN pay.header_text AS text
    CONSTRAINT header_text_one_line CHECK (
        length(VALUE) <= 200
        AND VALUE !~ '[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]'
        -- An encoded word (RFC 2047): mail programs would show what it stands for.
        AND VALUE !~* '=\?[^?[:space:]]+\?[bq]\?'
        AND (VALUE ~ '^[[:space:]]*$' OR VALUE ~ '[^[:space:]\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]'));
COMMENT ON DOMAIN pay.header_text IS
    'One line of text that may stand in a mail header: at most 200 characters, none of which breaks or reorders the line, and some of which can be seen.';
COMMENT ON CONSTRAINT header_text_one_line ON DOMAIN pay.header_text IS
    'this text is one line of at most 200 characters that can be seen, without control characters and =?…?= words';

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

-- Functions that constraints call.

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
