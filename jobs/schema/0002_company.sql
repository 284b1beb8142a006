-- SPDX-License-Identifier: MIT
-- Companies, their brands, their collect payment files, and the addresses that nobody writes to.

CREATE TABLE pay.company (
    company text PRIMARY KEY
        CONSTRAINT company_id_text CHECK (length(company) BETWEEN 1 AND 200 AND company !~ '[\u0001-\u001f\u007f-\u009f]'),
    name pay.header_text NOT NULL CONSTRAINT company_name_given CHECK (btrim(name) <> ''),
    email pay.email,
    locale pay.locale NOT NULL DEFAULT 'en',
    country pay.country,
    default_currency pay.currency CONSTRAINT company_currency_known REFERENCES pay_private.currency,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pay.company IS 'The platform''s customers, one row each; all else hangs on their id.';
COMMENT ON COLUMN pay.company.company IS 'The platform''s own id of the company, opaque to paysync.';
COMMENT ON COLUMN pay.company.name IS 'Name as payers see it where no brand says otherwise.';
COMMENT ON COLUMN pay.company.email IS 'Where payers'' answers and notices go.';
COMMENT ON COLUMN pay.company.locale IS 'Language of mails to payers where a request says none.';
COMMENT ON COLUMN pay.company.country IS 'Country of the business, for a new Stripe account.';
COMMENT ON COLUMN pay.company.default_currency IS 'Currency that an application offers first.';
COMMENT ON COLUMN pay.company.enabled IS 'Whether the platform lets this company use payments; while false, commands and payment requests are refused (PY403).';
COMMENT ON COLUMN pay.company.created_at IS 'When the row was made.';
COMMENT ON COLUMN pay.company.updated_at IS 'When register_company last changed it.';
COMMENT ON CONSTRAINT company_id_text ON pay.company IS 'a company id has 1 to 200 characters and no control characters';
COMMENT ON CONSTRAINT company_name_given ON pay.company IS 'a company''s name is not blank';
COMMENT ON CONSTRAINT company_currency_known ON pay.company IS 'the default currency is one that Stripe charges in';

CREATE TABLE pay.branding (
    company text NOT NULL CONSTRAINT branding_company_known REFERENCES pay.company,
    kind text NOT NULL CONSTRAINT branding_kind CHECK (kind IN ('onboard', 'checkout')),
    version integer NOT NULL CONSTRAINT branding_version_positive CHECK (version > 0),
    display_name pay.header_text,
    primary_color text CONSTRAINT branding_primary_color_hex CHECK (primary_color ~ '^#[0-9a-f]{6}$'),
    secondary_color text CONSTRAINT branding_secondary_color_hex CHECK (secondary_color ~ '^#[0-9a-f]{6}$'),
    logo bytea CONSTRAINT branding_logo_size CHECK (octet_length(logo) BETWEEN 1 AND 524288),
    logo_media_type text CONSTRAINT branding_logo_type CHECK (logo_media_type IN ('image/png', 'image/jpeg')),
    icon bytea CONSTRAINT branding_icon_size CHECK (octet_length(icon) BETWEEN 1 AND 524288),
    icon_media_type text CONSTRAINT branding_icon_type CHECK (icon_media_type IN ('image/png', 'image/jpeg')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (company, kind, version),
    CONSTRAINT branding_logo_with_type CHECK ((logo IS NULL) = (logo_media_type IS NULL)),
    CONSTRAINT branding_icon_with_type CHECK ((icon IS NULL) = (icon_media_type IS NULL))
);
COMMENT ON TABLE pay.branding IS
    'Versions of a company''s two brands; the newest counts, and a sent mail keeps the number of the one it was made with.';
COMMENT ON COLUMN pay.branding.company IS 'Whose brand.';
COMMENT ON COLUMN pay.branding.kind IS 'onboard = what the company sees while connecting, checkout = what its payers see.';
COMMENT ON COLUMN pay.branding.version IS 'Counts from 1 for each company and kind.';
COMMENT ON COLUMN pay.branding.display_name IS 'Name shown instead of the company''s own.';
COMMENT ON COLUMN pay.branding.primary_color IS 'Colour as #rrggbb, lower case (Stripe''s branding settings).';
COMMENT ON COLUMN pay.branding.secondary_color IS 'Colour as #rrggbb, lower case (Stripe''s branding settings).';
COMMENT ON COLUMN pay.branding.logo IS 'Picture, at most 512 KiB (Stripe''s limit).';
COMMENT ON COLUMN pay.branding.logo_media_type IS 'image/png or image/jpeg, the types that Stripe takes.';
COMMENT ON COLUMN pay.branding.icon IS 'Square picture, at most 512 KiB (Stripe''s limit).';
COMMENT ON COLUMN pay.branding.icon_media_type IS 'image/png or image/jpeg, the types that Stripe takes.';
COMMENT ON COLUMN pay.branding.created_at IS 'When this version was made.';
COMMENT ON CONSTRAINT branding_kind ON pay.branding IS 'the kind of a brand is onboard or checkout';
COMMENT ON CONSTRAINT branding_primary_color_hex ON pay.branding IS 'the primary colour is written #rrggbb';
COMMENT ON CONSTRAINT branding_secondary_color_hex ON pay.branding IS 'the secondary colour is written #rrggbb';
COMMENT ON CONSTRAINT branding_logo_size ON pay.branding IS 'a logo has at most 512 KiB';
COMMENT ON CONSTRAINT branding_logo_type ON pay.branding IS 'a logo is image/png or image/jpeg';
COMMENT ON CONSTRAINT branding_icon_size ON pay.branding IS 'an icon has at most 512 KiB';
COMMENT ON CONSTRAINT branding_icon_type ON pay.branding IS 'an icon is image/png or image/jpeg';
COMMENT ON CONSTRAINT branding_logo_with_type ON pay.branding IS 'a logo comes with its media type';
COMMENT ON CONSTRAINT branding_icon_with_type ON pay.branding IS 'an icon comes with its media type';

CREATE TABLE pay.collect_payment_file (
    file_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    company text NOT NULL CONSTRAINT collect_payment_file_company_known REFERENCES pay.company,
    name pay.header_text NOT NULL
        CONSTRAINT collect_payment_file_name_plain CHECK (btrim(name) NOT IN ('', '.', '..') AND name !~ '[/\\]'),
    media_type text NOT NULL CONSTRAINT collect_payment_file_media_type CHECK (media_type IN (
        'application/pdf', 'image/png', 'image/jpeg', 'text/plain', 'text/csv', 'application/msword',
        'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/vnd.ms-excel',
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/vnd.oasis.opendocument.text',
        'application/vnd.oasis.opendocument.spreadsheet')),
    content bytea NOT NULL
        CONSTRAINT collect_payment_file_size CHECK (octet_length(content) BETWEEN 1 AND 10485760),
    size integer NOT NULL GENERATED ALWAYS AS (octet_length(content)) STORED,
    sha256 bytea NOT NULL GENERATED ALWAYS AS (sha256(content)) STORED,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT collect_payment_file_version_unique UNIQUE (company, name, version),
    CONSTRAINT collect_payment_file_of_company UNIQUE (company, file_id)
);
-- The usual types are compressed already.
ALTER TABLE pay.collect_payment_file ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE pay.collect_payment_file IS
    'Files that go with payment requests, such as invoices; a file never changes, a new content is a new version.';
COMMENT ON COLUMN pay.collect_payment_file.file_id IS 'What a payment request refers to.';
COMMENT ON COLUMN pay.collect_payment_file.company IS 'Whose file; a request can only carry a file of its own company.';
COMMENT ON COLUMN pay.collect_payment_file.name IS 'File name as the payer sees it, without folders.';
COMMENT ON COLUMN pay.collect_payment_file.media_type IS 'Type of the content: PDF, PNG, JPEG, plain text, CSV, Word, Excel or OpenDocument.';
COMMENT ON COLUMN pay.collect_payment_file.content IS 'The bytes, at most 10 MiB.';
COMMENT ON COLUMN pay.collect_payment_file.size IS 'Bytes of the content.';
COMMENT ON COLUMN pay.collect_payment_file.sha256 IS 'SHA-256 of the content.';
COMMENT ON COLUMN pay.collect_payment_file.version IS 'Counts from 1 for each company and name; given by the database.';
COMMENT ON COLUMN pay.collect_payment_file.created_at IS 'When this version was stored.';
COMMENT ON CONSTRAINT collect_payment_file_name_plain ON pay.collect_payment_file IS 'a file''s name is not blank and has no folder in it';
COMMENT ON CONSTRAINT collect_payment_file_media_type ON pay.collect_payment_file IS
    'a file is PDF, PNG, JPEG, plain text, CSV, Word, Excel or OpenDocument, named by its media type';
COMMENT ON CONSTRAINT collect_payment_file_size ON pay.collect_payment_file IS 'a file has 1 byte to 10 MiB';

CREATE FUNCTION pay_private.number_collect_payment_file() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    -- Two uploads of one name at once wait for each other instead of taking the same number.
    PERFORM pg_advisory_xact_lock(hashtextextended('collect_payment_file ' || NEW.company || '/' || NEW.name, 0));
    NEW.version := 1 + coalesce((SELECT max(f.version) FROM collect_payment_file f
                                  WHERE f.company = NEW.company AND f.name = NEW.name), 0);
    NEW.created_at := now();
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.number_collect_payment_file() IS 'Trigger: gives a new file the next version number of its name.';
CREATE TRIGGER collect_payment_file_number BEFORE INSERT ON pay.collect_payment_file
    FOR EACH ROW EXECUTE FUNCTION pay_private.number_collect_payment_file();
CREATE TRIGGER collect_payment_file_fixed BEFORE UPDATE ON pay.collect_payment_file
    FOR EACH ROW EXECUTE FUNCTION pay_private.refuse_change('a collect payment file never changes; add a new version');

CREATE TABLE pay.suppression (
    suppression_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email pay.email NOT NULL,
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX suppression_email_unique ON pay.suppression (lower(email));
COMMENT ON TABLE pay.suppression IS
    'Addresses that no mail is sent to, whatever their case: the daemon adds dead mailboxes, applications may add and remove rows.';
COMMENT ON COLUMN pay.suppression.suppression_id IS 'Number of the row.';
COMMENT ON COLUMN pay.suppression.email IS 'The address.';
COMMENT ON COLUMN pay.suppression.reason IS 'Why, in words.';
COMMENT ON COLUMN pay.suppression.created_at IS 'Since when.';

CREATE FUNCTION pay.register_company(
    company text, name text DEFAULT NULL, email text DEFAULT NULL, locale text DEFAULT NULL,
    country text DEFAULT NULL, default_currency text DEFAULT NULL, enabled boolean DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    rule text;
    said text;
    missing text;
BEGIN
    INSERT INTO company AS c (company, name, email, locale, country, default_currency, enabled)
    VALUES (register_company.company, coalesce(register_company.name, register_company.company),
            register_company.email, coalesce(register_company.locale, 'en'), register_company.country,
            register_company.default_currency, coalesce(register_company.enabled, true))
    ON CONFLICT (company) DO UPDATE
       SET name = coalesce(register_company.name, c.name),
           email = coalesce(register_company.email, c.email),
           locale = coalesce(register_company.locale, c.locale),
           country = coalesce(register_company.country, c.country),
           default_currency = coalesce(register_company.default_currency, c.default_currency),
           enabled = coalesce(register_company.enabled, c.enabled),
           updated_at = now();
EXCEPTION WHEN check_violation OR not_null_violation OR foreign_key_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.register_company(text, text, text, text, text, text, boolean) IS
    'Makes a company known, or changes what is given; NULL leaves a value as it is.';

CREATE FUNCTION pay.set_branding(
    company text, kind text, display_name text DEFAULT NULL, primary_color text DEFAULT NULL,
    secondary_color text DEFAULT NULL, logo bytea DEFAULT NULL, logo_media_type text DEFAULT NULL,
    icon bytea DEFAULT NULL, icon_media_type text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    newest branding;
    wanted branding;
    rule text;
    said text;
    missing text;
BEGIN
    PERFORM FROM company c WHERE c.company = set_branding.company FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no company "%"', set_branding.company USING ERRCODE = 'PY404';
    END IF;
    SELECT b.* INTO newest FROM branding b
     WHERE b.company = set_branding.company AND b.kind = set_branding.kind
     ORDER BY b.version DESC LIMIT 1;
    wanted := newest;
    wanted.display_name := set_branding.display_name;
    wanted.primary_color := lower(set_branding.primary_color);
    wanted.secondary_color := lower(set_branding.secondary_color);
    wanted.logo := set_branding.logo;
    wanted.logo_media_type := set_branding.logo_media_type;
    wanted.icon := set_branding.icon;
    wanted.icon_media_type := set_branding.icon_media_type;
    IF newest.version IS NOT NULL AND wanted IS NOT DISTINCT FROM newest THEN
        RETURN newest.version;
    END IF;
    INSERT INTO branding (company, kind, version, display_name, primary_color, secondary_color, logo,
                          logo_media_type, icon, icon_media_type)
    VALUES (set_branding.company, set_branding.kind, coalesce(newest.version, 0) + 1, wanted.display_name,
            wanted.primary_color, wanted.secondary_color, wanted.logo, wanted.logo_media_type, wanted.icon,
            wanted.icon_media_type);
    RETURN coalesce(newest.version, 0) + 1;
EXCEPTION WHEN check_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.set_branding(text, text, text, text, text, bytea, text, bytea, text) IS
    'Sets a company''s whole brand of one kind and answers its version; what is not given is taken away, the same again makes no new version.';

CREATE FUNCTION pay.add_collect_payment_file(company text, name text, media_type text, content bytea) RETURNS uuid
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
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
    'Stores a file for payment requests and answers its id; the newest version again answers the id it has.';
