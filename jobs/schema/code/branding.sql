-- SPDX-License-Identifier: MIT
-- A company's two brands and the checks of their pictures.

CREATE OR REPLACE FUNCTION pay_private.picture_size(picture bytea, OUT width integer, OUT height integer)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    at integer := 2;
    marker integer;
BEGIN
    IF substr(picture, 1, 8) = '\x89504e470d0a1a0a' AND octet_length(picture) > 24 THEN
        width := get_byte(picture, 18) * 256 + get_byte(picture, 19);
        height := get_byte(picture, 22) * 256 + get_byte(picture, 23);
    ELSIF substr(picture, 1, 2) = '\xffd8' THEN
        -- Skip the segments up to the frame header, which has the size.
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

CREATE OR REPLACE FUNCTION pay_private.check_pictures() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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

CREATE OR REPLACE TRIGGER branding_pictures BEFORE INSERT ON pay.branding
    FOR EACH ROW WHEN (NEW.logo IS NOT NULL OR NEW.icon IS NOT NULL) EXECUTE FUNCTION pay_private.check_pictures();

CREATE OR REPLACE FUNCTION pay.set_branding(
    company text, kind text, display_name text DEFAULT NULL, primary_color text DEFAULT NULL,
    secondary_color text DEFAULT NULL, logo bytea DEFAULT NULL, logo_media_type text DEFAULT NULL,
    icon bytea DEFAULT NULL, icon_media_type text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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
    'Sets a company''s whole brand of one kind and returns its version. A value that is not given is removed; the same values again make no new version.';

CREATE OR REPLACE FUNCTION pay.update_branding(
    company text, kind text, display_name text DEFAULT NULL, primary_color text DEFAULT NULL,
    secondary_color text DEFAULT NULL, logo bytea DEFAULT NULL, logo_media_type text DEFAULT NULL,
    icon bytea DEFAULT NULL, icon_media_type text DEFAULT NULL, request_key text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
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
        PERFORM set_desired_setting(update_branding.company, w.name, coalesce(to_jsonb(w.value), 'null'))
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
    'Sets a company''s whole brand as set_branding does, and queues the command that sends it to Stripe. Stripe accepts the colours and pictures of the checkout brand; it has no onboard brand.';

CREATE OR REPLACE FUNCTION pay_private.company_overhead(company text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT coalesce((SELECT attached_size(octet_length(b.logo)) FROM branding b
                      WHERE b.company = company_overhead.company AND b.kind = 'checkout'
                      ORDER BY b.version DESC LIMIT 1), 0)
           -- Quoted-printable may need three bytes for one.
           + 3 * coalesce((SELECT max(octet_length(coalesce(t.body_text, '')) + octet_length(coalesce(t.body_html, '')))
                             FROM mail_template t WHERE t.company = company_overhead.company AND t.kind <> 'layout'), 0)
           + 3 * coalesce((SELECT max(octet_length(t.body_html))
                             FROM mail_template t WHERE t.company = company_overhead.company AND t.kind = 'layout'), 0)
$$;
COMMENT ON FUNCTION pay_private.company_overhead(text) IS
    'Bytes that the logo of the newest checkout brand and the company''s own texts may add to a message.';
