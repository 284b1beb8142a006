-- SPDX-License-Identifier: MIT
-- Companies, their brands, their collect payment files, their mail templates, and the suppression list.

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
    updated_at timestamptz NOT NULL DEFAULT now(),
    admin_emails pay.email[] NOT NULL DEFAULT '{}'
        CONSTRAINT company_admin_emails_count
        CHECK (cardinality(admin_emails) <= 20 AND array_position(admin_emails, NULL) IS NULL),
    mail_account text CONSTRAINT company_mail_account_name CHECK (mail_account ~ '^[a-z0-9_-]{1,40}$'),
    time_zone text CONSTRAINT company_time_zone_name CHECK (length(time_zone) <= 64),
    send_from time,
    send_until time,
    muted_mails text[] NOT NULL DEFAULT '{}'
        CONSTRAINT company_muted_mails_kinds CHECK (
            array_position(muted_mails, NULL) IS NULL
            AND muted_mails <@ ARRAY['reminder', 'receipt', 'notice', 'refund', 'refund_notice', 'dispute_notice', 'debit_failed']),
    CONSTRAINT company_sending_hours CHECK (
        (send_from IS NULL) = (send_until IS NULL) AND send_until - send_from >= interval '15 minutes')
);
CREATE INDEX company_by_mail_account ON pay.company (mail_account);
COMMENT ON TABLE pay.company IS 'The platform''s customers, one row each; all other tables refer to their id.';
COMMENT ON COLUMN pay.company.company IS 'The platform''s own id of the company, opaque to paysync.';
COMMENT ON COLUMN pay.company.name IS 'Name as payers see it where no brand says otherwise.';
COMMENT ON COLUMN pay.company.email IS 'Where payers'' answers and notices go.';
COMMENT ON COLUMN pay.company.locale IS 'Language of mails to payers where a request says none.';
COMMENT ON COLUMN pay.company.country IS 'Country of the business, for a new Stripe account.';
COMMENT ON COLUMN pay.company.default_currency IS 'Currency that an application offers first.';
COMMENT ON COLUMN pay.company.enabled IS 'Whether the platform lets this company use payments; while false, commands and payment requests are refused (PY403).';
COMMENT ON COLUMN pay.company.created_at IS 'When the row was made.';
COMMENT ON COLUMN pay.company.updated_at IS 'When register_company last changed it.';
COMMENT ON COLUMN pay.company.admin_emails IS 'Addresses that are notified of payments; empty = the company''s address.';
COMMENT ON COLUMN pay.company.mail_account IS
    'By which mail account of the daemon''s configuration the company''s mails go; NULL = the default one.';
COMMENT ON COLUMN pay.company.time_zone IS
    'Time zone in which due days, reminders and days of payments are meant, such as Europe/Vienna; NULL = the daemon''s default.';
COMMENT ON COLUMN pay.company.send_from IS 'Reminders go out from this time of the company''s day on; NULL = the daemon''s default.';
COMMENT ON COLUMN pay.company.send_until IS 'And before this one; 24:00 = the end of the day.';
COMMENT ON COLUMN pay.company.muted_mails IS
    'Kinds of mail that the company does not want sent: reminder, receipt, notice, refund, refund_notice, dispute_notice, debit_failed.';
COMMENT ON CONSTRAINT company_time_zone_name ON pay.company IS 'a time zone is a name such as Europe/Vienna';
COMMENT ON CONSTRAINT company_sending_hours ON pay.company IS 'sending hours have a begin and an end 15 minutes later or more';
COMMENT ON CONSTRAINT company_muted_mails_kinds ON pay.company IS
    'mails that can be muted are reminder, receipt, notice, refund, refund_notice, dispute_notice and debit_failed';
COMMENT ON CONSTRAINT company_id_text ON pay.company IS 'a company id has 1 to 200 characters and no control characters';
COMMENT ON CONSTRAINT company_name_given ON pay.company IS 'a company''s name is not blank';
COMMENT ON CONSTRAINT company_currency_known ON pay.company IS 'the default currency is one that Stripe charges in';
COMMENT ON CONSTRAINT company_mail_account_name ON pay.company IS
    'the name of a mail account has at most 40 lower-case letters, digits, - and _';
COMMENT ON CONSTRAINT company_admin_emails_count ON pay.company IS 'a company has at most 20 addresses of administrators, none of them NULL';

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
COMMENT ON COLUMN pay.branding.company IS 'The company.';
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
-- The usual file types are compressed already.
ALTER TABLE pay.collect_payment_file ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE pay.collect_payment_file IS
    'Files that go with payment requests, such as invoices; a file never changes, a new content is a new version.';
COMMENT ON COLUMN pay.collect_payment_file.file_id IS 'The id by which a payment request refers to the file.';
COMMENT ON COLUMN pay.collect_payment_file.company IS 'The company that owns the file; a request can only carry a file of its own company.';
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

CREATE TABLE pay.suppression (
    suppression_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email pay.email NOT NULL,
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX suppression_email_unique ON pay.suppression (lower(email COLLATE "C"));
COMMENT ON TABLE pay.suppression IS
    'Addresses that nothing is sent to, ignoring case: the daemon adds dead mailboxes, applications may add and remove rows.';
COMMENT ON COLUMN pay.suppression.suppression_id IS 'Number of the row.';
COMMENT ON COLUMN pay.suppression.email IS 'The address, or the pseudonym of one that was erased.';
COMMENT ON COLUMN pay.suppression.reason IS 'Why, in words.';
COMMENT ON COLUMN pay.suppression.created_at IS 'Since when.';

CREATE TABLE pay.mail_template (
    company text NOT NULL CONSTRAINT mail_template_company_known REFERENCES pay.company,
    kind text NOT NULL CONSTRAINT mail_template_kind
        CHECK (kind IN ('request', 'reminder', 'receipt', 'notice', 'refund', 'refund_notice', 'dispute_notice',
                        'debit_failed', 'layout')),
    locale text NOT NULL DEFAULT '' CONSTRAINT mail_template_locale
        CHECK (locale = '' OR locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    subject text,
    body_text text,
    body_html text,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT session_user,
    PRIMARY KEY (company, kind, locale),
    CONSTRAINT mail_template_says_something CHECK (num_nonnulls(subject, body_text, body_html) > 0),
    CONSTRAINT mail_template_layout CHECK (kind <> 'layout' OR num_nonnulls(subject, body_text) = 0)
);
COMMENT ON TABLE pay.mail_template IS
    'A company''s own texts, one row per kind of message and language; a text that a row leaves out is taken from the operator''s templates.';
COMMENT ON COLUMN pay.mail_template.company IS 'The company.';
COMMENT ON COLUMN pay.mail_template.kind IS 'Kind of mail, or layout: the HTML document around all kinds.';
COMMENT ON COLUMN pay.mail_template.locale IS 'Language as in de or de-AT (BCP 47); empty = every language without a row of its own.';
COMMENT ON COLUMN pay.mail_template.subject IS 'Subject, one line.';
COMMENT ON COLUMN pay.mail_template.body_text IS 'The readable body.';
COMMENT ON COLUMN pay.mail_template.body_html IS 'The HTML that stands in the layout; of a layout, the whole document with {{BODY}} in it.';
COMMENT ON COLUMN pay.mail_template.changed_at IS 'When it was last set.';
COMMENT ON COLUMN pay.mail_template.changed_by IS 'Database user that set it.';
COMMENT ON CONSTRAINT mail_template_kind ON pay.mail_template IS 'the kind is request, reminder, receipt, notice, refund, refund_notice, dispute_notice, debit_failed or layout';
COMMENT ON CONSTRAINT mail_template_locale ON pay.mail_template IS 'a language is written like de or de-AT';
COMMENT ON CONSTRAINT mail_template_says_something ON pay.mail_template IS 'a subject, a text or an HTML body is given';
COMMENT ON CONSTRAINT mail_template_layout ON pay.mail_template IS 'a layout is HTML alone';
