-- SPDX-License-Identifier: MIT
-- A company's own texts of its mails. A text that could not be filled in later is refused when it is stored, with its place.

CREATE OR REPLACE FUNCTION pay_private.template_asks(kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN kind IN ('request', 'reminder', 'debit_failed');
COMMENT ON FUNCTION pay_private.template_asks(text) IS 'Whether mails of this kind ask for a payment, and so contain its link.';

CREATE OR REPLACE FUNCTION pay_private.template_names(kind text, place text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT ARRAY['COMPANY', 'CONTACT', 'DESCRIPTION', 'AMOUNT', 'RECIPIENT', 'DUE', 'OVERDUE', 'AHEAD', 'COLOR', 'LANG']
        || CASE WHEN template_asks(kind) OR kind = 'layout' THEN ARRAY['TOTAL', 'ALREADY_PAID', 'FILE'] END
        -- A subject is one line that mail servers write into their logs: no words of several lines, no payment link.
        || CASE WHEN (template_asks(kind) OR kind = 'layout') AND place <> 'subject' THEN ARRAY['MESSAGE', 'URL'] END
        || CASE WHEN NOT template_asks(kind) THEN ARRAY['PAID', 'PAID_ON', 'METHOD', 'CHARGE', 'PAYER'] END
        || CASE WHEN NOT template_asks(kind) AND place <> 'subject' THEN ARRAY['RECEIPT_URL'] END
        || CASE WHEN kind IN ('refund', 'refund_notice', 'layout') THEN ARRAY['REFUNDED', 'REFUNDED_ON', 'REFUND', 'REASON'] END
        || CASE WHEN kind IN ('dispute_notice', 'layout') THEN ARRAY['DISPUTED', 'DISPUTE', 'REASON', 'ANSWER_BY'] END
        || CASE WHEN kind = 'layout' THEN ARRAY['SUBJECT', 'LOGO', 'ASKS', 'CONFIRMS', 'BODY'] END
$$;
COMMENT ON FUNCTION pay_private.template_names(text, text) IS
    'The names that a template of this kind may use in this place (subject, body_text or body_html).';

CREATE OR REPLACE FUNCTION pay_private.template_outside_conditions(template text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    depth integer := 0;
    shown text := '';
    part text;
BEGIN
    FOR part IN SELECT m[1] FROM regexp_matches(template, '(\{\{[#/]?[A-Z_]+\}\}|[^{]+|\{)', 'g') m LOOP
        IF left(part, 3) = '{{#' THEN
            depth := depth + 1;
        ELSIF left(part, 3) = '{{/' THEN
            depth := depth - 1;
        ELSIF depth = 0 THEN
            shown := shown || part;
        END IF;
    END LOOP;
    RETURN shown;
END $$;
COMMENT ON FUNCTION pay_private.template_outside_conditions(text) IS 'What every message of a template has: all that stands in no section.';

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

-- A tag with its attributes. Values stand in quotes, so that they are escaped for their place.
CREATE OR REPLACE FUNCTION pay_private.html_tag() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '<(?:!doctype\s[^<>]*|/[a-z][a-z0-9]*\s*|[a-z][a-z0-9]*(?:\s+[a-z_][a-z0-9_:.-]*(?:\s*=\s*(?:"[^"<]*"|''[^''<]*''|[^\s"''<>=`{}/]+))?)*\s*/?)>';
COMMENT ON FUNCTION pay_private.html_tag() IS 'The regular expression of a well-formed tag (case is ignored).';

CREATE OR REPLACE FUNCTION pay_private.template_html_problem(names text[], template text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    -- Comments are for mail programs only: [if mso] and the like.
    without_comments constant text := regexp_replace(template, '<!--.*?-->', '', 'g');
    tags constant text[] := ARRAY(SELECT m[1] FROM regexp_matches(without_comments, '(' || html_tag() || ')', 'gi') m);
    tag text;
    attribute text[];
BEGIN
    IF EXISTS (SELECT FROM regexp_matches(template, '<!--(.*?)-->', 'g') m WHERE m[1] ~ '\{\{') THEN
        RETURN 'a value does not stand in a comment';
    ELSIF without_comments ~* '<\s*/?\s*(script|style|iframe|frame|frameset|object|embed|applet|form|input|button|select|option|textarea|meta|base|link|title|xmp|plaintext|noscript|noembed|noframes|template|svg|math)\M' THEN
        RETURN 'mail programs do not take <script>, <style>, <form> and the like';
    ELSIF without_comments ~* '<[^>]*[\s/"'']on[a-z]+\s*=' THEN
        RETURN 'mail programs do not take on…= attributes';
    -- Elsewhere in a tag, a value could end it.
    ELSIF without_comments ~ '<\s*/?\{\{|<[A-Za-z/]([^<>"'']|"[^"]*"|''[^'']*'')*\{\{' THEN
        RETURN 'within a tag, a value stands between quotes';
    ELSIF regexp_replace(without_comments, html_tag(), '', 'gi') ~ '<[A-Za-z/!?]' THEN
        RETURN 'a tag is not closed by >, or a quote in it is open';
    ELSIF regexp_replace(without_comments, html_tag(), '', 'gi') ~ '<(\S|$)' THEN
        RETURN 'a < that begins no tag is written &lt;';
    END IF;
    FOREACH tag IN ARRAY tags LOOP
        IF regexp_replace(tag, '"[^"]*"|''[^'']*''', '', 'g') ~* '[\s/]on[a-z]' THEN
            RETURN 'mail programs do not take on…= attributes';
        END IF;
        FOR attribute IN
            SELECT ARRAY[lower(m[1]), coalesce(m[2], m[3], m[4])]
              FROM regexp_matches(tag, '\s([a-z_][a-z0-9_:.-]*)\s*=\s*(?:"([^"]*)"|''([^'']*)''|([^\s"''<>]+))', 'gi') m
        LOOP
            IF attribute[1] IN ('src', 'href', 'background')
               AND attribute[2] !~* '^(https://|mailto:|\{\{(URL|RECEIPT_URL)\}\}$|cid:\{\{LOGO\}\}@paysync\.logo$)'
               OR attribute[1] IN ('action', 'formaction', 'srcset', 'poster', 'data', 'ping', 'cite', 'longdesc', 'xlink:href') THEN
                RETURN 'an address starts with https:// or mailto:, or is {{URL}}, {{RECEIPT_URL}} or cid:{{LOGO}}@paysync.logo';
            ELSIF attribute[2] ~ '\{\{(URL|RECEIPT_URL)\}\}'
                  AND (attribute[1] <> 'href' OR attribute[2] !~ '^\{\{(URL|RECEIPT_URL)\}\}$') THEN
                RETURN 'a link stands alone in href, or in the text';
            ELSIF attribute[2] ~ '\{\{[#/]?MESSAGE\}\}' THEN
                RETURN '{{MESSAGE}} stands in the text, not in a tag';
            ELSIF template_tags_problem(names, attribute[2]) IS NOT NULL THEN
                RETURN 'a section begins and ends within one attribute, or outside of tags';
            END IF;
        END LOOP;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION pay_private.template_html_problem(text[], text) IS
    'The first error in the HTML of a template: something that runs, a foreign address, a tag that is not complete, or a value where it cannot be escaped. NULL = none.';

CREATE OR REPLACE FUNCTION pay_private.html_text(template text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
    SELECT regexp_replace(regexp_replace(template, '<!--.*?-->', '', 'g'), html_tag(), '', 'gi')
$$;
COMMENT ON FUNCTION pay_private.html_text(text) IS 'The text of some HTML, without its tags and comments.';

CREATE OR REPLACE FUNCTION pay_private.layout_head_problem(names text[], head text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    -- The head of a document may contain elements that the body may not.
    elements constant text := '<(?:style[^<>{}]*>([^<]*)</style|title>([^<]*)</title)\s*>';
    rest constant text := regexp_replace(regexp_replace(head, '<!--.*?-->', '', 'g'), elements, '', 'gi');
BEGIN
    RETURN CASE
        WHEN EXISTS (SELECT FROM regexp_matches(head, '<!--(.*?)-->', 'g') m WHERE m[1] ~ '\{\{')
            THEN 'a value does not stand in a comment'
        WHEN rest ~* '<\s*/?\s*(script|base|noscript|template|object|style|title|textarea|iframe|svg|math)\M'
            THEN 'the head of a layout has no <script> and no <base>, and its <style> and <title> are closed'
        WHEN head ~* '<[^>]*[\s/"'']on[a-z]+\s*=' THEN 'mail programs do not take on…= attributes'
        WHEN regexp_replace(rest, html_tag(), '', 'gi') ~ '<[A-Za-z/!?]' THEN 'a tag in the head of the layout is not closed'
        WHEN regexp_replace(rest, '<html\s+lang\s*=\s*"\{\{LANG\}\}"', '', 'i') ~ '\{\{'
            THEN 'a value in the head of a layout stands in <title> or <style>'
        WHEN (SELECT bool_or(template_tags_problem(names, coalesce(m[1], m[2])) IS NOT NULL
                             OR coalesce(m[1], m[2]) ~ '\{\{[#/]?(BODY|MESSAGE|URL|RECEIPT_URL)\}\}')
                FROM regexp_matches(head, elements, 'gi') m)
            THEN 'in <title> and <style> stand whole sections, and no links or words of several lines'
    END;
END $$;
COMMENT ON FUNCTION pay_private.layout_head_problem(text[], text) IS 'The first error in the head of a layout; NULL = none.';

CREATE OR REPLACE FUNCTION pay_private.template_problem(kind text, place text, template text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    names constant text[] := template_names(kind, place);
    body constant text := CASE WHEN kind = 'layout' THEN regexp_replace(template, '^.*?</head\s*>', '', 'i') ELSE template END;
    said text;
BEGIN
    said := CASE
        WHEN octet_length(template) > 65536 THEN 'at most 64 KiB'
        WHEN btrim(template, E' \n\r\t') = '' THEN 'not blank'
        WHEN template ~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]' THEN 'no control characters'
        -- So that the size of a message is known before it is made.
        WHEN (length(template) - length(replace(template, '{{MESSAGE}}', ''))) / length('{{MESSAGE}}') > 1
            THEN 'a text has {{MESSAGE}} in it once at most'
        WHEN (SELECT count(*) FROM regexp_matches(template, '\{\{[A-Z_]+\}\}', 'g')) > 100 THEN 'a text has 100 values in it at most'
        WHEN place = 'subject' AND template ~ '[\r\n\u2028-\u202e\u2066-\u2069]' THEN 'one line'
        WHEN place = 'subject' AND length(template) > 500 THEN 'a subject has at most 500 characters'
        WHEN place <> 'subject' AND template_asks(kind) AND strpos(template, '{{URL}}') = 0
            THEN 'a mail that asks for a payment has {{URL}} in it'
        WHEN place = 'body_html' AND kind = 'layout' AND (length(template) - length(replace(template, '{{BODY}}', ''))) / 8 <> 1
            THEN 'a layout has {{BODY}} in it, once'
        ELSE template_tags_problem(names, template)
    END;
    IF said IS NULL AND place = 'body_html' THEN
        said := coalesce(CASE WHEN kind = 'layout' AND body <> template
                              THEN layout_head_problem(names, left(template, length(template) - length(body))) END,
                         template_html_problem(names, body));
    END IF;
    -- What every message needs stands where no missing value can take it away.
    RETURN coalesce(said, CASE
        WHEN place = 'subject'
             AND btrim(regexp_replace(template_outside_conditions(template), '\{\{(CONTACT|RECIPIENT|DUE|OVERDUE|AHEAD|ALREADY_PAID|FILE|METHOD|REASON|ANSWER_BY)\}\}', '', 'g')) = ''
            THEN 'a subject is never blank: it has words, or a value that is always there, outside of sections'
        WHEN place = 'body_text' AND template_asks(kind) AND strpos(template_outside_conditions(template), '{{URL}}') = 0
            THEN '{{URL}} stands outside of sections, so that no message lacks its link'
        WHEN place = 'body_html' AND template_asks(kind)
             AND strpos(template_outside_conditions(html_text(template)), '{{URL}}') = 0
             AND template_outside_conditions(regexp_replace(template, '<!--.*?-->', '', 'g')) !~* '<a\s[^<>]*href\s*=\s*["'']\{\{URL\}\}["'']'
            THEN '{{URL}} stands outside of sections, in the text or as <a href="{{URL}}">, so that no message lacks its link'
        WHEN place = 'body_html' AND kind = 'layout' AND strpos(template_outside_conditions(html_text(body)), '{{BODY}}') = 0
            THEN '{{BODY}} stands in the body of the layout, outside of tags, comments and sections'
    END);
END $$;
COMMENT ON FUNCTION pay_private.template_problem(text, text, text) IS
    'What is wrong with a template of this kind in this place (subject, body_text or body_html); NULL = every message can be made of it, and has its link.';

CREATE OR REPLACE FUNCTION pay_private.check_mail_template() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pay_private, pg_temp AS $$
DECLARE
    place text;
    template text;
    said text;
BEGIN
    FOR place, template IN VALUES ('subject', NEW.subject), ('body_text', NEW.body_text), ('body_html', NEW.body_html)
    LOOP
        -- HTML knows upper and lower case of ASCII alone, whatever the database's locale says of an i.
        said := CASE WHEN template IS NOT NULL THEN template_problem(NEW.kind, place, template COLLATE "C") END;
        IF said IS NOT NULL THEN
            RAISE EXCEPTION '%: %', place, said USING ERRCODE = 'PY400', TABLE = 'mail_template', SCHEMA = 'pay',
                COLUMN = place, CONSTRAINT = 'mail_template_text';
        END IF;
    END LOOP;
    NEW.changed_at := now();
    NEW.changed_by := session_user;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION pay_private.check_mail_template() IS
    'Trigger: refuses a text of which not every message could be made, or that could lack its link (PY400), and names the column.';

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
       AND (t.locale = '' OR starts_with(replace(lower(mail_texts.locale COLLATE "C"), '_', '-') || '-', lower(t.locale COLLATE "C") || '-'))
     ORDER BY length(t.locale) DESC
     LIMIT 1
$$;
COMMENT ON FUNCTION pay_private.mail_texts(text, text, text) IS
    'A company''s own texts in the closest language (for de-AT: de-AT, then de, then any); no row if it has none.';
