-- SPDX-License-Identifier: MIT
-- A company's own texts of its mails. A text that could not be filled in later is refused when it is stored, with its place.

CREATE OR REPLACE FUNCTION pay_private.template_names(kind text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT ARRAY['COMPANY', 'CONTACT', 'DESCRIPTION', 'AMOUNT', 'RECIPIENT', 'DUE', 'OVERDUE', 'AHEAD', 'COLOR', 'LANG']
        || CASE WHEN template_names.kind IN ('request', 'reminder', 'layout') THEN ARRAY['MESSAGE', 'URL', 'FILE'] END
        || CASE WHEN template_names.kind IN ('receipt', 'notice', 'layout')
                THEN ARRAY['PAID', 'PAID_ON', 'METHOD', 'CHARGE', 'RECEIPT_URL', 'PAYER'] END
        || CASE WHEN template_names.kind = 'layout' THEN ARRAY['SUBJECT', 'LOGO', 'ASKS', 'CONFIRMS', 'BODY'] END
$$;
COMMENT ON FUNCTION pay_private.template_names(text) IS 'The names that a template of this kind may use.';

CREATE OR REPLACE FUNCTION pay_private.template_tags_problem(names text[], template text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    tag text;
    open text[] := '{}';
BEGIN
    IF regexp_replace(template, '\{\{[#/]?[A-Z_]+\}\}', '', 'g') ~ '\{\{|\}\}' THEN
        RETURN 'a tag is written {{NAME}}, {{#NAME}} or {{/NAME}}, in capitals and without blanks';
    END IF;
    FOR tag IN SELECT m[1] FROM regexp_matches(template, '\{\{([#/]?[A-Z_]+)\}\}', 'g') m LOOP
        IF ltrim(tag, '#/') <> ALL (names) THEN
            RETURN format('there is no {{%s}} in mails of this kind', ltrim(tag, '#/'));
        ELSIF left(tag, 1) = '#' THEN
            open := open || substr(tag, 2);
        ELSIF left(tag, 1) = '/' AND open[cardinality(open)] IS DISTINCT FROM substr(tag, 2) THEN
            RETURN format('{{%s}} closes nothing that is open there', tag);
        ELSIF left(tag, 1) = '/' THEN
            open := trim_array(open, 1);
        END IF;
    END LOOP;
    IF cardinality(open) > 0 THEN
        RETURN format('{{#%s}} is not closed', open[cardinality(open)]);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.template_tags_problem(text[], text) IS
    'The first error in the tags of a template: a tag that is unknown, or a section that is not closed in its order. NULL = none.';

CREATE OR REPLACE FUNCTION pay_private.template_html_problem(template text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT CASE
        WHEN template ~* '<\s*/?\s*(script|style|iframe|object|embed|form|input|meta|base|link)\M'
            THEN 'mail programs do not take <script>, <style>, <form> and the like'
        WHEN template ~* '<[^>]*\son[a-z]+\s*=' THEN 'mail programs do not take on…= attributes'
        WHEN regexp_replace(template, '\m(src|href|background)\s*=\s*["''](https://|mailto:|\{\{(URL|RECEIPT_URL)\}\}|cid:\{\{LOGO\}\})',
                            '', 'gi') ~* '<[^>]*\m(src|href|background)\s*='
            THEN 'an address starts with https:// or mailto:, or is {{URL}}, {{RECEIPT_URL}} or cid:{{LOGO}}@paysync.logo'
        -- A value is allowed in text or in a quoted attribute; elsewhere it could end the tag.
        WHEN template ~ '<\s*/?\{\{|<[A-Za-z/]([^<>"'']|"[^"]*"|''[^'']*'')*\{\{' THEN 'within a tag, a value stands between quotes'
        WHEN template ~ '<[A-Za-z/]([^<>"'']|"[^"]*"|''[^'']*'')*$' THEN 'a tag is not closed by >'
    END
$$;
COMMENT ON FUNCTION pay_private.template_html_problem(text) IS
    'The first error in the HTML of a template: something that runs, a foreign address, or a value where it cannot be escaped. NULL = none.';

CREATE OR REPLACE FUNCTION pay_private.check_mail_template() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    asks constant boolean := NEW.kind IN ('request', 'reminder');
    -- The head of a document may contain elements that the body may not.
    html constant text := CASE WHEN NEW.kind = 'layout'
        THEN regexp_replace(NEW.body_html, '^.*?</head>', '', 'i') ELSE NEW.body_html END;
    place text;
    template text;
    said text;
BEGIN
    FOR place, template IN VALUES ('subject', NEW.subject), ('body_text', NEW.body_text), ('body_html', NEW.body_html)
    LOOP
        said := CASE
            WHEN template IS NULL THEN NULL
            WHEN octet_length(template) > 65536 THEN 'at most 64 KiB'
            WHEN btrim(template, E' \n\r\t') = '' THEN 'not blank'
            WHEN template ~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]' THEN 'no control characters'
            WHEN place = 'subject' AND template ~ '[\r\n]' THEN 'one line'
            WHEN place <> 'subject' AND asks AND strpos(template, '{{URL}}') = 0
                THEN 'a mail that asks for a payment has {{URL}} in it'
            WHEN place = 'body_html' AND NEW.kind = 'layout'
                 AND (length(template) - length(replace(template, '{{BODY}}', ''))) / 8 <> 1
                THEN 'a layout has {{BODY}} in it, once'
            ELSE coalesce(template_tags_problem(template_names(NEW.kind), template),
                          CASE WHEN place = 'body_html' THEN template_html_problem(html) END)
        END;
        IF said IS NOT NULL THEN
            RAISE EXCEPTION '%: %', place, said USING ERRCODE = 'PY400', TABLE = 'mail_template', SCHEMA = 'pay',
                COLUMN = place, CONSTRAINT = 'mail_template_text';
        END IF;
    END LOOP;
    NEW.changed_at := now();
    NEW.changed_by := session_user;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.check_mail_template() IS 'Trigger: refuses a text that could not be filled in later (PY400) and names the column.';

CREATE OR REPLACE TRIGGER mail_template_check BEFORE INSERT OR UPDATE ON pay.mail_template
    FOR EACH ROW EXECUTE FUNCTION pay_private.check_mail_template();

CREATE OR REPLACE FUNCTION pay.set_mail_template(
    company text, kind text, subject text DEFAULT NULL, body_text text DEFAULT NULL, body_html text DEFAULT NULL,
    locale text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
#variable_conflict use_column
DECLARE
    rule text;
    said text;
    missing text;
BEGIN
    IF NOT EXISTS (SELECT FROM company c WHERE c.company = set_mail_template.company) THEN
        RAISE EXCEPTION 'there is no company "%"', set_mail_template.company USING ERRCODE = 'PY404';
    END IF;
    IF num_nonnulls(set_mail_template.subject, set_mail_template.body_text, set_mail_template.body_html) = 0 THEN
        DELETE FROM mail_template t
         WHERE t.company = set_mail_template.company AND t.kind = set_mail_template.kind
           AND t.locale = coalesce(set_mail_template.locale, '');
        RETURN;
    END IF;
    INSERT INTO mail_template (company, kind, locale, subject, body_text, body_html)
    VALUES (set_mail_template.company, set_mail_template.kind, coalesce(set_mail_template.locale, ''),
            set_mail_template.subject, set_mail_template.body_text, set_mail_template.body_html)
    ON CONFLICT (company, kind, locale) DO UPDATE
       SET subject = excluded.subject, body_text = excluded.body_text, body_html = excluded.body_html;
EXCEPTION WHEN check_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, said = MESSAGE_TEXT, missing = COLUMN_NAME;
    PERFORM bad_argument(rule, said, missing);
END $$;
COMMENT ON FUNCTION pay.set_mail_template(text, text, text, text, text, text) IS
    'Sets a company''s own texts of one kind of mail, for messages composed from now on. A text that is not given is taken from the operator''s templates; without any text the row is deleted. PY400 names the text and what is wrong with it.';

CREATE OR REPLACE FUNCTION pay_private.mail_texts(
    company text, kind text, locale text, OUT locale_of_text text, OUT subject text, OUT body_text text,
    OUT body_html text) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT t.locale, t.subject, t.body_text, t.body_html
      FROM mail_template t
     WHERE t.company = mail_texts.company AND t.kind = mail_texts.kind
       AND (t.locale = '' OR starts_with(replace(lower(mail_texts.locale), '_', '-') || '-', lower(t.locale) || '-'))
     ORDER BY length(t.locale) DESC
     LIMIT 1
$$;
COMMENT ON FUNCTION pay_private.mail_texts(text, text, text) IS
    'A company''s own texts in the closest language (for de-AT: de-AT, then de, then any); no row if it has none.';
