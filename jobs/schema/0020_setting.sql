-- SPDX-License-Identifier: MIT
-- Settings and brands of a company: what is wanted, what was carried out, and what Stripe shows.

CREATE TABLE pay_private.setting (
    company text NOT NULL CONSTRAINT setting_company_known REFERENCES pay.company,
    name text NOT NULL CONSTRAINT setting_name CHECK (name IN (
        'default_currency', 'statement_descriptor', 'payment_methods', 'application_fee_percent',
        'application_fee_fixed', 'primary_color', 'secondary_color', 'logo', 'icon')),
    desired jsonb NOT NULL,
    version integer NOT NULL DEFAULT 1,
    desired_at timestamptz NOT NULL DEFAULT now(),
    requested_by text NOT NULL DEFAULT session_user,
    state text NOT NULL DEFAULT 'pending' CONSTRAINT setting_state CHECK (state IN ('pending', 'applied', 'refused')),
    account_id text,
    pushed text,
    refusal text,
    settled_at timestamptz,
    actual text,
    actual_at timestamptz,
    PRIMARY KEY (company, name),
    CONSTRAINT setting_refused_has_words CHECK (state <> 'refused' OR refusal IS NOT NULL)
);
COMMENT ON TABLE pay_private.setting IS 'One row per company and setting that was ever asked for: desired, carried out, and as Stripe shows it.';
COMMENT ON COLUMN pay_private.setting.company IS 'Whose setting.';
COMMENT ON COLUMN pay_private.setting.name IS 'Which setting; logo and icon hold the SHA-256 of the picture in the newest checkout brand.';
COMMENT ON COLUMN pay_private.setting.desired IS 'What is wanted; JSON null, [] or {} = taken back.';
COMMENT ON COLUMN pay_private.setting.version IS 'Counts how often it was asked for.';
COMMENT ON COLUMN pay_private.setting.desired_at IS 'When it was last asked for.';
COMMENT ON COLUMN pay_private.setting.requested_by IS 'Database user that asked.';
COMMENT ON COLUMN pay_private.setting.state IS 'pending, applied or refused, by the account account_id.';
COMMENT ON COLUMN pay_private.setting.account_id IS 'Stripe account that state is about; another account of the company starts as pending.';
COMMENT ON COLUMN pay_private.setting.pushed IS 'What Stripe was told: the value itself, or the id of the file.';
COMMENT ON COLUMN pay_private.setting.refusal IS 'Stripe''s words when it refused.';
COMMENT ON COLUMN pay_private.setting.settled_at IS 'When it was applied or refused.';
COMMENT ON COLUMN pay_private.setting.actual IS 'What Stripe showed last.';
COMMENT ON COLUMN pay_private.setting.actual_at IS 'Since when Stripe shows that.';

CREATE TABLE pay_private.stripe_file (
    account_id text NOT NULL,
    purpose text NOT NULL CONSTRAINT stripe_file_purpose CHECK (purpose IN ('business_logo', 'business_icon')),
    sha256 text NOT NULL,
    file_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, purpose, sha256)
);
COMMENT ON TABLE pay_private.stripe_file IS 'Pictures that were uploaded to Stripe, each content once per account.';
COMMENT ON COLUMN pay_private.stripe_file.account_id IS 'Stripe account that has the file.';
COMMENT ON COLUMN pay_private.stripe_file.purpose IS 'What Stripe uses it for.';
COMMENT ON COLUMN pay_private.stripe_file.sha256 IS 'SHA-256 of the bytes, in hexadecimal.';
COMMENT ON COLUMN pay_private.stripe_file.file_id IS 'Stripe''s id of the file.';
COMMENT ON COLUMN pay_private.stripe_file.created_at IS 'When it was uploaded.';

CREATE FUNCTION pay_private.stripe_keeps(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT name NOT IN ('payment_methods', 'application_fee_percent', 'application_fee_fixed')
$$;
COMMENT ON FUNCTION pay_private.stripe_keeps(text) IS
    'Whether a setting is one of the account at Stripe; the others are ours and go into each payment link.';

CREATE FUNCTION pay_private.want_setting(company text, name text, desired jsonb) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    INSERT INTO setting AS s (company, name, desired, state, settled_at)
    SELECT want_setting.company, want_setting.name, want_setting.desired,
           CASE WHEN stripe_keeps(want_setting.name) THEN 'pending' ELSE 'applied' END,
           CASE WHEN NOT stripe_keeps(want_setting.name) THEN now() END
     WHERE want_setting.desired IS NOT NULL
    ON CONFLICT (company, name) DO UPDATE
       SET desired = excluded.desired, version = s.version + 1, desired_at = now(), requested_by = session_user,
           state = excluded.state, settled_at = excluded.settled_at, refusal = NULL;
$$;
COMMENT ON FUNCTION pay_private.want_setting(text, text, jsonb) IS 'Asks for a setting; NULL leaves it as it is, the same again asks again.';

CREATE VIEW pay.settings AS
SELECT s.company, s.name AS setting, s.desired, s.version, s.desired_at, s.requested_by,
       CASE WHEN pay_private.stripe_keeps(s.name) AND (i.account_id IS NULL OR i.account_id IS DISTINCT FROM s.account_id)
            THEN 'pending' ELSE s.state END AS state,
       s.refusal, s.settled_at, s.actual, s.actual_at,
       coalesce(s.state = 'applied' AND pay_private.stripe_keeps(s.name) AND i.account_id = s.account_id
                AND s.actual IS DISTINCT FROM s.pushed, false) AS drift
  FROM pay_private.setting s
  LEFT JOIN pay_private.integration i ON i.company = s.company AND i.current;
COMMENT ON VIEW pay.settings IS 'Settings and brand parts that were asked for: desired, carried out, and as Stripe shows them.';
COMMENT ON COLUMN pay.settings.company IS 'The company.';
COMMENT ON COLUMN pay.settings.setting IS 'Which setting; logo and icon hold the SHA-256 of the picture.';
COMMENT ON COLUMN pay.settings.desired IS 'What is wanted; JSON null, [] or {} = taken back.';
COMMENT ON COLUMN pay.settings.version IS 'Counts how often it was asked for.';
COMMENT ON COLUMN pay.settings.desired_at IS 'When it was last asked for.';
COMMENT ON COLUMN pay.settings.requested_by IS 'Database user that asked.';
COMMENT ON COLUMN pay.settings.state IS 'pending (also until the company is connected), applied, or refused by Stripe.';
COMMENT ON COLUMN pay.settings.refusal IS 'Stripe''s words when it refused.';
COMMENT ON COLUMN pay.settings.settled_at IS 'When it was applied or refused.';
COMMENT ON COLUMN pay.settings.actual IS 'What Stripe showed last: the value, or the id of a file; NULL for settings that are ours.';
COMMENT ON COLUMN pay.settings.actual_at IS 'Since when Stripe shows that.';
COMMENT ON COLUMN pay.settings.drift IS 'Whether it was applied and Stripe shows something else by now; asking again applies it again.';

-- Called with every new observation of an account: what Stripe shows is kept, and nothing is overwritten silently.
CREATE FUNCTION pay_private.note_settings(account_id text, shown jsonb) RETURNS void
LANGUAGE sql SET search_path = pay, pay_private, pg_temp AS $$
    UPDATE setting s
       SET actual = note_settings.shown ->> s.name, actual_at = now()
      FROM integration i
     WHERE i.account_id = note_settings.account_id AND i.current AND s.company = i.company
       AND s.account_id = i.account_id AND stripe_keeps(s.name)
       AND s.actual IS DISTINCT FROM note_settings.shown ->> s.name;
$$;
COMMENT ON FUNCTION pay_private.note_settings(text, jsonb) IS 'Notes what an account shows of the settings that were asked for.';

CREATE FUNCTION pay.update_settings(
    company text, default_currency text DEFAULT NULL, statement_descriptor text DEFAULT NULL,
    payment_methods text[] DEFAULT NULL, application_fee_percent numeric DEFAULT NULL,
    application_fee_fixed jsonb DEFAULT NULL, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted constant jsonb := jsonb_strip_nulls(jsonb_build_object(
        'default_currency', lower(update_settings.default_currency),
        'statement_descriptor', update_settings.statement_descriptor,
        'payment_methods', to_jsonb(update_settings.payment_methods),
        'application_fee_percent', update_settings.application_fee_percent,
        'application_fee_fixed', update_settings.application_fee_fixed));
    before bigint;
    id uuid;
    said text;
BEGIN
    said := CASE
        WHEN wanted = '{}' THEN 'at least one setting is given'
        WHEN wanted ->> 'default_currency' <> ''
             AND NOT EXISTS (SELECT FROM currency u WHERE u.code = wanted ->> 'default_currency')
            THEN 'default_currency is one that Stripe charges in'
        WHEN wanted ->> 'statement_descriptor' <> ''
             AND (wanted ->> 'statement_descriptor' !~ '^[ -~]{5,22}$' OR wanted ->> 'statement_descriptor' !~ '[A-Za-z]'
                  OR wanted ->> 'statement_descriptor' ~ '[<>\\''"*]')
            THEN 'statement_descriptor has 5 to 22 Latin characters with a letter among them, and none of < > \ '' " *'
        WHEN EXISTS (SELECT FROM jsonb_array_elements_text(wanted -> 'payment_methods') m WHERE m !~ '^[a-z0-9_]{2,40}$')
             OR jsonb_array_length(wanted -> 'payment_methods') > 20
            THEN 'payment_methods are at most 20 of Stripe''s names, such as card or sepa_debit'
        WHEN update_settings.application_fee_percent NOT BETWEEN 0 AND 100
             OR round(update_settings.application_fee_percent, 2) <> update_settings.application_fee_percent
            THEN 'application_fee_percent lies between 0 and 100 and has at most two decimals'
        WHEN jsonb_typeof(wanted -> 'application_fee_fixed') <> 'object'
            THEN 'application_fee_fixed is an object of currencies and minor units, such as {"eur": 50}'
    END;
    IF said IS NULL AND EXISTS (
        SELECT FROM jsonb_each(wanted -> 'application_fee_fixed') f
         WHERE NOT EXISTS (SELECT FROM currency u WHERE u.code = f.key)
            OR jsonb_typeof(f.value) <> 'number' OR f.value::text !~ '^[0-9]{1,12}$') THEN
        said := 'application_fee_fixed is an object of currencies and minor units, such as {"eur": 50}';
    END IF;
    IF said IS NOT NULL THEN
        RAISE EXCEPTION '%', said USING ERRCODE = 'PY400';
    END IF;
    SELECT coalesce(max(c.seq), 0) INTO before FROM command c WHERE c.company = update_settings.company;
    id := enqueue_command(update_settings.company, 'update_settings', request_key, arguments => wanted);
    -- The same request key again is the same wish, not a new one.
    IF EXISTS (SELECT FROM command c WHERE c.command_id = id AND c.seq > before) THEN
        PERFORM want_setting(update_settings.company, w.key, CASE WHEN w.value = '""' THEN 'null' ELSE w.value END)
           FROM jsonb_each(wanted) w;
    END IF;
    RETURN id;
END $$;
COMMENT ON FUNCTION pay.update_settings(text, text, text, text[], numeric, jsonb, text) IS
    'Asks for settings and queues carrying them out; NULL leaves one as it is, an empty text, array or object, or 0 takes it back.';

CREATE FUNCTION pay_private.picture_size(picture bytea, OUT width integer, OUT height integer)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    at integer := 2;
    marker integer;
BEGIN
    IF substr(picture, 1, 8) = '\x89504e470d0a1a0a' AND octet_length(picture) > 24 THEN
        width := get_byte(picture, 18) * 256 + get_byte(picture, 19);
        height := get_byte(picture, 22) * 256 + get_byte(picture, 23);
    ELSIF substr(picture, 1, 2) = '\xffd8' THEN
        -- The segments up to the frame header, which holds the size.
        WHILE at + 9 < octet_length(picture) AND get_byte(picture, at) = 255 LOOP
            marker := get_byte(picture, at + 1);
            IF marker BETWEEN 192 AND 207 AND marker NOT IN (196, 200, 204) THEN
                height := get_byte(picture, at + 5) * 256 + get_byte(picture, at + 6);
                width := get_byte(picture, at + 7) * 256 + get_byte(picture, at + 8);
                RETURN;
            END IF;
            at := at + 2 + get_byte(picture, at + 2) * 256 + get_byte(picture, at + 3);
        END LOOP;
    END IF;
END $$;
COMMENT ON FUNCTION pay_private.picture_size(bytea) IS 'Width and height of a PNG or JPEG in pixels; NULL for anything else.';

CREATE FUNCTION pay_private.check_pictures() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    logo record;
    icon record;
    said text;
BEGIN
    SELECT * INTO logo FROM picture_size(NEW.logo);
    SELECT * INTO icon FROM picture_size(NEW.icon);
    said := CASE
        WHEN NEW.logo IS NOT NULL AND (logo.width < 128 OR logo.height < 128) IS NOT FALSE
            THEN 'a logo is a PNG or JPEG of at least 128 by 128 pixels'
        WHEN NEW.icon IS NOT NULL AND (icon.width < 128 OR icon.width <> icon.height) IS NOT FALSE
            THEN 'an icon is a square PNG or JPEG of at least 128 by 128 pixels'
    END;
    IF said IS NOT NULL THEN
        RAISE EXCEPTION '%', said USING ERRCODE = 'PY400', TABLE = 'branding', SCHEMA = 'pay',
            CONSTRAINT = 'branding_picture';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.check_pictures() IS 'Trigger: refuses pictures that Stripe would refuse later (Stripe''s branding settings).';
CREATE TRIGGER branding_pictures BEFORE INSERT ON pay.branding
    FOR EACH ROW WHEN (NEW.logo IS NOT NULL OR NEW.icon IS NOT NULL) EXECUTE FUNCTION pay_private.check_pictures();

CREATE FUNCTION pay.update_branding(
    company text, kind text, display_name text DEFAULT NULL, primary_color text DEFAULT NULL,
    secondary_color text DEFAULT NULL, logo bytea DEFAULT NULL, logo_media_type text DEFAULT NULL,
    icon bytea DEFAULT NULL, icon_media_type text DEFAULT NULL, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    brand_version constant integer := set_branding(
        update_branding.company, update_branding.kind, update_branding.display_name, update_branding.primary_color,
        update_branding.secondary_color, update_branding.logo, update_branding.logo_media_type, update_branding.icon,
        update_branding.icon_media_type);
    wanted constant jsonb := jsonb_build_object('kind', update_branding.kind, 'version', brand_version);
    before bigint;
    id uuid;
BEGIN
    SELECT coalesce(max(c.seq), 0) INTO before FROM command c WHERE c.company = update_branding.company;
    id := enqueue_command(update_branding.company, 'update_branding', request_key, arguments => wanted);
    IF update_branding.kind = 'checkout'
       AND EXISTS (SELECT FROM command c WHERE c.command_id = id AND c.seq > before) THEN
        PERFORM want_setting(update_branding.company, w.name, coalesce(to_jsonb(w.value), 'null'))
           FROM (VALUES ('primary_color', lower(update_branding.primary_color)),
                        ('secondary_color', lower(update_branding.secondary_color)),
                        ('logo', encode(sha256(update_branding.logo), 'hex')),
                        ('icon', encode(sha256(update_branding.icon), 'hex'))) w (name, value)
          WHERE w.value IS NOT NULL
             OR EXISTS (SELECT FROM setting s WHERE s.company = update_branding.company AND s.name = w.name);
    END IF;
    RETURN id;
END $$;
COMMENT ON FUNCTION pay.update_branding(text, text, text, text, text, bytea, text, bytea, text, text) IS
    'Sets a company''s whole brand as set_branding does and queues telling Stripe; Stripe takes the checkout brand''s colours and pictures, and has no place for an onboard brand.';

-- What goes into each payment link.
CREATE FUNCTION pay_private.application_fee(company text, amount bigint, currency text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT least(application_fee.amount,
                 round(application_fee.amount * coalesce(max(s.desired::text::numeric)
                           FILTER (WHERE s.name = 'application_fee_percent' AND jsonb_typeof(s.desired) = 'number'), 0)
                       / 100)::bigint
                 + coalesce(max((s.desired ->> application_fee.currency)::bigint)
                                FILTER (WHERE s.name = 'application_fee_fixed'), 0))
      FROM setting s
     WHERE s.company = application_fee.company AND s.name IN ('application_fee_percent', 'application_fee_fixed')
$$;
COMMENT ON FUNCTION pay_private.application_fee(text, bigint, text) IS
    'The platform''s share of a payment, in minor units: percentage, rounded half up, plus the fixed part of the currency, at most the amount.';

CREATE VIEW pay_private.request_detail AS
SELECT r.request_id, r.company, r.to_email, r.to_name, r.cc::text[] AS cc, r.reply_to, r.amount, r.currency,
       r.description, r.message, r.due_on, coalesce(r.locale, co.locale) AS locale, r.multi_party,
       ARRAY(SELECT e.key FROM jsonb_each_text(r.metadata) e ORDER BY e.key) AS metadata_names,
       ARRAY(SELECT e.value FROM jsonb_each_text(r.metadata) e ORDER BY e.key) AS metadata_values,
       coalesce(b.display_name, co.name, r.company) AS company_name, co.email AS company_email,
       b.primary_color AS brand_color, coalesce(b.version, 0) AS brand_version,
       i.account_id, i.stage, coalesce(i.livemode, false) AS livemode, l.link_id, l.url AS link_url,
       (SELECT count(*) FROM pay_private.payment_link n WHERE n.request_id = r.request_id) AS links_made,
       ARRAY(SELECT jsonb_array_elements_text(s.desired) FROM pay_private.setting s
              WHERE s.company = r.company AND s.name = 'payment_methods') AS payment_methods,
       coalesce(pay_private.application_fee(r.company, r.amount, r.currency), 0) AS application_fee
  FROM pay.payment_request r
  JOIN pay.company co ON co.company = r.company
  LEFT JOIN pay_private.integration i ON i.company = r.company AND i.current
  LEFT JOIN LATERAL (SELECT b.display_name, b.primary_color, b.version FROM pay.branding b
                      WHERE b.company = r.company AND b.kind = 'checkout' ORDER BY b.version DESC LIMIT 1) b ON true
  LEFT JOIN pay_private.payment_link l ON l.request_id = r.request_id AND l.active AND l.wanted_active
      AND l.account_id = i.account_id;
COMMENT ON VIEW pay_private.request_detail IS
    'A payment request with all that making its link and writing about it needs: company, brand, integration, live link.';
COMMENT ON COLUMN pay_private.request_detail.request_id IS 'Id of the request.';
COMMENT ON COLUMN pay_private.request_detail.company IS 'Who asks for the money.';
COMMENT ON COLUMN pay_private.request_detail.to_email IS 'The payer''s address.';
COMMENT ON COLUMN pay_private.request_detail.to_name IS 'The payer''s name.';
COMMENT ON COLUMN pay_private.request_detail.cc IS 'Who gets a copy.';
COMMENT ON COLUMN pay_private.request_detail.reply_to IS 'Where the payer''s answer goes.';
COMMENT ON COLUMN pay_private.request_detail.amount IS 'What to pay, in minor units.';
COMMENT ON COLUMN pay_private.request_detail.currency IS 'Three lower-case letters.';
COMMENT ON COLUMN pay_private.request_detail.description IS 'What it is for.';
COMMENT ON COLUMN pay_private.request_detail.message IS 'Words to the payer.';
COMMENT ON COLUMN pay_private.request_detail.due_on IS 'Day by which it should be paid.';
COMMENT ON COLUMN pay_private.request_detail.locale IS 'Language of the mails.';
COMMENT ON COLUMN pay_private.request_detail.multi_party IS 'Whether several people pay by the same link.';
COMMENT ON COLUMN pay_private.request_detail.metadata_names IS 'Names of the application''s own data.';
COMMENT ON COLUMN pay_private.request_detail.metadata_values IS 'Their values, in the same order.';
COMMENT ON COLUMN pay_private.request_detail.company_name IS 'Name as payers see it.';
COMMENT ON COLUMN pay_private.request_detail.company_email IS 'The company''s address.';
COMMENT ON COLUMN pay_private.request_detail.brand_color IS 'Main colour of the checkout brand.';
COMMENT ON COLUMN pay_private.request_detail.brand_version IS 'Version of the checkout brand; 0 = none.';
COMMENT ON COLUMN pay_private.request_detail.account_id IS 'Stripe account of the company''s current integration.';
COMMENT ON COLUMN pay_private.request_detail.stage IS 'Stage of that integration; NULL = none.';
COMMENT ON COLUMN pay_private.request_detail.livemode IS 'Whether it belongs to Stripe''s live mode.';
COMMENT ON COLUMN pay_private.request_detail.link_id IS 'The live payment link on that account.';
COMMENT ON COLUMN pay_private.request_detail.link_url IS 'Where the payer pays.';
COMMENT ON COLUMN pay_private.request_detail.links_made IS 'How many links the request ever had.';
COMMENT ON COLUMN pay_private.request_detail.payment_methods IS 'Ways to pay that the company chose; empty = Stripe chooses.';
COMMENT ON COLUMN pay_private.request_detail.application_fee IS 'The platform''s share, in minor units; 0 = none.';
