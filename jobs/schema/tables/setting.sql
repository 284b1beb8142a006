-- SPDX-License-Identifier: MIT
-- Settings of a company (wanted, carried out, shown by Stripe) and the pictures uploaded to Stripe.

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
COMMENT ON TABLE pay_private.setting IS 'One row per company and setting that was ever requested: the desired value, the one sent, and the one that Stripe shows.';
COMMENT ON COLUMN pay_private.setting.company IS 'The company.';
COMMENT ON COLUMN pay_private.setting.name IS 'Which setting; logo and icon hold the SHA-256 of the picture in the newest checkout brand.';
COMMENT ON COLUMN pay_private.setting.desired IS 'The desired value; JSON null, [] or {} = withdrawn.';
COMMENT ON COLUMN pay_private.setting.version IS 'Counts how often it was asked for.';
COMMENT ON COLUMN pay_private.setting.desired_at IS 'When it was last asked for.';
COMMENT ON COLUMN pay_private.setting.requested_by IS 'Database user that asked.';
COMMENT ON COLUMN pay_private.setting.state IS 'pending, applied or refused, by the account account_id.';
COMMENT ON COLUMN pay_private.setting.account_id IS 'Stripe account that state is about; another account of the company starts as pending.';
COMMENT ON COLUMN pay_private.setting.pushed IS 'The value that was sent to Stripe: itself, or the id of the file.';
COMMENT ON COLUMN pay_private.setting.refusal IS 'Stripe''s words when it refused.';
COMMENT ON COLUMN pay_private.setting.settled_at IS 'When it was applied or refused.';
COMMENT ON COLUMN pay_private.setting.actual IS 'The value that Stripe showed last.';
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
COMMENT ON COLUMN pay_private.stripe_file.purpose IS 'Stripe''s purpose of the file.';
COMMENT ON COLUMN pay_private.stripe_file.sha256 IS 'SHA-256 of the bytes, in hexadecimal.';
COMMENT ON COLUMN pay_private.stripe_file.file_id IS 'Stripe''s id of the file.';
COMMENT ON COLUMN pay_private.stripe_file.created_at IS 'When it was uploaded.';
