-- SPDX-License-Identifier: MIT
-- Helpers that several topics use: notifications, refusals, addresses.

CREATE OR REPLACE FUNCTION pay_private.wake() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    PERFORM pg_notify(TG_ARGV[0], '');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.wake() IS
    'Trigger: says on the channel of its argument that there is something to read; PostgreSQL says it once per transaction.';

CREATE OR REPLACE FUNCTION pay_private.wake_if_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM pg_notify(TG_ARGV[0], '');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.wake_if_changed() IS
    'Trigger with the transition table changed: like wake(), but silent when the statement touched no row.';

CREATE OR REPLACE FUNCTION pay_private.refuse_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'PY409', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END $$;
COMMENT ON FUNCTION pay_private.refuse_change() IS
    'Trigger: raises PY409 with the text of its argument, for rows that say for good what was asked.';

CREATE OR REPLACE FUNCTION pay_private.bad_argument(rule text, said text, missing text) RETURNS void
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

CREATE OR REPLACE FUNCTION pay_private.refuse_disabled(company text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payments are not enabled for company "%"', company
        USING ERRCODE = 'PY403', HINT = 'Ask the platform''s support to enable payments for this company.';
END $$;
COMMENT ON FUNCTION pay_private.refuse_disabled(text) IS 'Raises PY403 for a company that is not enabled.';

CREATE OR REPLACE FUNCTION pay_private.as_email(address text) RETURNS pay.email
LANGUAGE plpgsql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    checked email;
BEGIN
    checked := address;
    RETURN checked;
EXCEPTION WHEN check_violation THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.as_email(text) IS 'An address that came from Stripe, or NULL if no mail can go to it.';
