-- SPDX-License-Identifier: MIT
-- Functions and triggers of companies, collect payment files and the suppression list.

CREATE OR REPLACE FUNCTION pay.register_company(
    company text, name text DEFAULT NULL, email text DEFAULT NULL, locale text DEFAULT NULL,
    country text DEFAULT NULL, default_currency text DEFAULT NULL, enabled boolean DEFAULT NULL,
    admin_emails text[] DEFAULT NULL, time_zone text DEFAULT NULL, send_from time DEFAULT NULL,
    send_until time DEFAULT NULL, muted_mails text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    rule text;
    said text;
    missing text;
BEGIN
    INSERT INTO company AS c (company, name, email, locale, country, default_currency, enabled,
                              admin_emails, time_zone, send_from, send_until, muted_mails)
    VALUES (register_company.company, coalesce(register_company.name, register_company.company),
            register_company.email, coalesce(register_company.locale, 'en'), register_company.country,
            register_company.default_currency, coalesce(register_company.enabled, true),
            coalesce(register_company.admin_emails, '{}'), register_company.time_zone, register_company.send_from,
            register_company.send_until, coalesce(register_company.muted_mails, '{}'))
    ON CONFLICT (company) DO UPDATE
       SET name = coalesce(register_company.name, c.name),
           email = coalesce(register_company.email, c.email),
           locale = coalesce(register_company.locale, c.locale),
           country = coalesce(register_company.country, c.country),
           default_currency = coalesce(register_company.default_currency, c.default_currency),
           enabled = coalesce(register_company.enabled, c.enabled),
           admin_emails = coalesce(register_company.admin_emails, c.admin_emails),
           time_zone = coalesce(register_company.time_zone, c.time_zone),
           send_from = coalesce(register_company.send_from, c.send_from),
           send_until = coalesce(register_company.send_until, c.send_until),
           muted_mails = coalesce(register_company.muted_mails, c.muted_mails),
           updated_at = now();
EXCEPTION WHEN check_violation OR not_null_violation OR foreign_key_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.register_company(text, text, text, text, text, text, boolean, text[], text, time, time, text[]) IS
    'Registers a company, or changes the values that are given; NULL leaves a value as it is.';

CREATE OR REPLACE FUNCTION pay_private.check_time_zone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    IF NOT is_time_zone(NEW.time_zone) THEN
        RAISE EXCEPTION 'a time zone is one that PostgreSQL knows by name, such as Europe/Vienna (pg_timezone_names)'
            USING ERRCODE = 'PY400', TABLE = 'company', SCHEMA = 'pay', COLUMN = 'time_zone',
                  CONSTRAINT = 'company_time_zone_known';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.check_time_zone() IS 'Trigger: refuses a time zone that PostgreSQL does not know (PY400).';

CREATE OR REPLACE TRIGGER company_time_zone BEFORE INSERT OR UPDATE OF time_zone ON pay.company
    FOR EACH ROW WHEN (NEW.time_zone IS NOT NULL) EXECUTE FUNCTION pay_private.check_time_zone();

CREATE OR REPLACE FUNCTION pay_private.attached_size(bytes bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (bytes + 56) / 57 * 78 + 500;
COMMENT ON FUNCTION pay_private.attached_size(bigint) IS 'Bytes of a file or picture in a message: base64 in lines of 76, and its headers.';

CREATE OR REPLACE FUNCTION pay_private.message_overhead() RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 40000;
COMMENT ON FUNCTION pay_private.message_overhead() IS
    'Bytes of a message without file, picture, the words to the payer, and texts of the company: headers and built-in texts, generously.';

CREATE OR REPLACE FUNCTION pay_private.number_collect_payment_file() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    -- Two uploads of one name at once wait for each other instead of taking the same number.
    PERFORM pg_advisory_xact_lock(hashtextextended('collect_payment_file ' || NEW.company || '/' || NEW.name, 0));
    NEW.version := 1 + coalesce((SELECT max(f.version) FROM collect_payment_file f
                                  WHERE f.company = NEW.company AND f.name = NEW.name), 0);
    NEW.created_at := now();
    -- A constraint of the table refuses what no message ever carries.
    IF octet_length(NEW.content) <= 10485760 AND attached_size(octet_length(NEW.content)) + message_overhead() > (SELECT d.max_message_size FROM deployment d) THEN
        RAISE EXCEPTION 'a file has at most % bytes, so that a message with it fits into the % bytes that mail servers take',
            (SELECT (d.max_message_size - message_overhead()) / 78 * 57 FROM deployment d),
            (SELECT d.max_message_size FROM deployment d)
            USING ERRCODE = 'PY400', TABLE = 'collect_payment_file', SCHEMA = 'pay', COLUMN = 'content',
                  CONSTRAINT = 'collect_payment_file_fits_message';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.number_collect_payment_file() IS 'Trigger: gives a new file the next version number of its name, and refuses one that no message could carry (PY400).';

CREATE OR REPLACE FUNCTION pay.add_collect_payment_file(company text, name text, media_type text, content bytea) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_id uuid;
    rule text;
    said text;
    missing text;
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = add_collect_payment_file.company) THEN
        RAISE EXCEPTION 'there is no company "%"', add_collect_payment_file.company USING ERRCODE = 'PY404';
    END IF;
    SELECT f.file_id INTO found_id
      FROM collect_payment_file f
     WHERE f.company = add_collect_payment_file.company AND f.name = add_collect_payment_file.name
       AND f.media_type = add_collect_payment_file.media_type
       AND f.sha256 = sha256(add_collect_payment_file.content)
       AND f.version = (SELECT max(n.version) FROM collect_payment_file n
                         WHERE n.company = f.company AND n.name = f.name);
    IF found_id IS NULL THEN
        INSERT INTO collect_payment_file (company, name, media_type, content)
        VALUES (add_collect_payment_file.company, add_collect_payment_file.name,
                add_collect_payment_file.media_type, add_collect_payment_file.content)
        RETURNING file_id INTO found_id;
    END IF;
    RETURN found_id;
EXCEPTION WHEN check_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.add_collect_payment_file(text, text, text, bytea) IS
    'Stores a file for payment requests and returns its id; the content of the newest version again returns that version''s id.';

CREATE OR REPLACE TRIGGER collect_payment_file_number BEFORE INSERT ON pay.collect_payment_file
    FOR EACH ROW EXECUTE FUNCTION pay_private.number_collect_payment_file();

CREATE OR REPLACE TRIGGER collect_payment_file_fixed BEFORE UPDATE ON pay.collect_payment_file
    FOR EACH ROW WHEN (
        current_user <> 'pay_owner'
        OR (OLD.file_id, OLD.company, OLD.media_type, OLD.version, OLD.created_at)
           IS DISTINCT FROM (NEW.file_id, NEW.company, NEW.media_type, NEW.version, NEW.created_at))
    EXECUTE FUNCTION pay_private.refuse_change('a collect payment file never changes; add a new version');

CREATE OR REPLACE FUNCTION pay.unsuppress(email text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM suppression s
     WHERE lower(s.email COLLATE "C") IN (lower(unsuppress.email COLLATE "C"), pseudonym(unsuppress.email));
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION pay.unsuppress(text) IS
    'Removes an address from the suppression list, also an erased one, which is listed by its pseudonym; false = it was not listed.';
