-- SPDX-License-Identifier: MIT
-- Requirements of Stripe, one row each, and the words for people.

CREATE TABLE pay_private.requirement (
    account_id text NOT NULL CONSTRAINT requirement_integration_known REFERENCES pay_private.integration,
    requirement text NOT NULL,
    status text NOT NULL CONSTRAINT requirement_status CHECK (status IN (
        'past_due', 'currently_due', 'pending_verification', 'future_due', 'eventually_due', 'met')),
    deadline timestamptz,
    error_code text,
    error_reason text,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    met_at timestamptz,
    PRIMARY KEY (account_id, requirement),
    CONSTRAINT requirement_met_has_time CHECK ((status = 'met') = (met_at IS NOT NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE pay_private.requirement IS
    'Every requirement that Stripe ever had for an account, and its state; a trigger derives it from the observation.';
COMMENT ON COLUMN pay_private.requirement.account_id IS 'The account.';
COMMENT ON COLUMN pay_private.requirement.requirement IS 'Stripe''s name of it, for example business_profile.url.';
COMMENT ON COLUMN pay_private.requirement.status IS
    'The most urgent list of Stripe''s that it is on, or met once it is on none.';
COMMENT ON COLUMN pay_private.requirement.deadline IS 'Until when it must be given; NULL = Stripe says none.';
COMMENT ON COLUMN pay_private.requirement.error_code IS 'Why what was sent is refused, for programs; NULL = it is not.';
COMMENT ON COLUMN pay_private.requirement.error_reason IS 'Why what was sent is refused, in Stripe''s words.';
COMMENT ON COLUMN pay_private.requirement.first_seen_at IS 'When it was first wanted.';
COMMENT ON COLUMN pay_private.requirement.last_seen_at IS 'When an observation that was written last had it.';
COMMENT ON COLUMN pay_private.requirement.met_at IS 'When it was found to be wanted no longer.';

CREATE TABLE pay_private.requirement_word (
    position integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pattern text NOT NULL,
    topic text NOT NULL,
    words text NOT NULL
);
COMMENT ON TABLE pay_private.requirement_word IS
    'Plain words for Stripe''s names of requirements. If several patterns match, the lowest position counts.';
COMMENT ON COLUMN pay_private.requirement_word.position IS 'Order in which patterns are tried.';
COMMENT ON COLUMN pay_private.requirement_word.pattern IS 'A pattern of LIKE; those of persons begin with the person''s id.';
COMMENT ON COLUMN pay_private.requirement_word.topic IS 'business, identity, public_profile, bank or terms.';
COMMENT ON COLUMN pay_private.requirement_word.words IS 'The text that an application shows, in English.';

INSERT INTO pay_private.requirement_word (pattern, topic, words) VALUES
    ('tos_acceptance%', 'terms', 'Accept Stripe''s terms of service'),
    ('external_account%', 'bank', 'A bank account for payouts'),
    ('business_profile.mcc', 'business', 'The industry of the business'),
    ('business_profile.url', 'public_profile', 'The website of the business, or a description of what it sells'),
    ('business_profile.product_description', 'public_profile', 'A description of what the business sells'),
    ('business_profile.support%', 'public_profile', 'How customers reach the business'),
    ('business_profile.name', 'public_profile', 'The name under which customers know the business'),
    ('business_profile%', 'public_profile', 'The public profile of the business'),
    ('settings.payments.statement_descriptor', 'public_profile', 'The name on the customers'' statements'),
    ('business_type', 'business', 'The legal form of the business'),
    ('company.tax_id%', 'business', 'The tax number of the business'),
    ('company.name', 'business', 'The legal name of the business'),
    ('company.address%', 'business', 'The address of the business'),
    ('company.phone', 'business', 'The phone number of the business'),
    ('company.owners_provided', 'business', 'Confirmation that all owners are named'),
    ('company.directors_provided', 'business', 'Confirmation that all directors are named'),
    ('company.executives_provided', 'business', 'Confirmation that all executives are named'),
    ('company.verification.document%', 'identity', 'A document that proves the business'),
    ('company%', 'business', 'Details of the business'),
    ('documents%', 'identity', 'A document'),
    ('%.verification.document%', 'identity', 'An identity document'),
    ('%.verification.additional_document%', 'identity', 'A proof of address'),
    ('%.dob.%', 'identity', 'The date of birth'),
    ('%.first_name', 'identity', 'The first name'),
    ('%.last_name', 'identity', 'The last name'),
    ('%.email', 'identity', 'The e-mail address of the person'),
    ('%.phone', 'identity', 'The phone number of the person'),
    ('%.address.%', 'identity', 'The address of the person'),
    ('%.ssn_last_4', 'identity', 'The last four digits of the Social Security number'),
    ('%.id_number', 'identity', 'The national identity number'),
    ('%.relationship.%', 'identity', 'The person''s part in the business'),
    ('representative%', 'identity', 'Details of the person who acts for the business'),
    ('owners%', 'identity', 'Details of the owners'),
    ('directors%', 'identity', 'Details of the directors'),
    ('executives%', 'identity', 'Details of the executives');
